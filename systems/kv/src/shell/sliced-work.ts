/**
 * Work in slices, with others in between: requests that look at much, answers that are long.
 */
import type { Host } from '@mangrove/host';
import type { KvStore } from '../core/store.ts';
import type { Work } from '../core/work.ts';
import type { Ask } from './ask.ts';
import { RequestFailure } from './request-failure.ts';
import { SliceClock } from './slice-clock.ts';

/** How work is cut, and who may give it up. */
export interface SlicedWorkOptions {
  /** How many steps a slice has at most; each does what takes well below a millisecond. */
  readonly stepsMax: number;
  readonly ask: Pick<Ask, 'isGivenUp'>;
}

/**
 * Calls `step` until it gives something. The store is pinned from the first slice to the last, so
 * that what is compacted meanwhile is still there. Rejects with `RequestFailure`: `aborted`, and
 * with whatever `step` throws.
 */
export async function inSlices<Result>(
  host: Host,
  store: KvStore,
  step: () => Result | undefined,
  options: SlicedWorkOptions,
): Promise<Result> {
  const result = oneSlice(host, step, options.stepsMax);
  if (result !== undefined) return result;
  const release = store.pin();
  try {
    return await inLaterSlices(host, step, options);
  } finally {
    release();
  }
}

/** The same without a store, from the next turn on: what asks for it took its share of this one. */
export async function inLaterSlices<Result>(
  host: Host,
  step: () => Result | undefined,
  { stepsMax, ask }: SlicedWorkOptions,
): Promise<Result> {
  for (;;) {
    await host.timers.sleep(0);
    if (ask.isGivenUp) throw new RequestFailure('aborted', true);
    const result = oneSlice(host, step, stepsMax);
    if (result !== undefined) return result;
  }
}

/** The steps of `work`, which gives something. */
export function stepsOf<Result>(work: Work<Result>): () => Result | undefined {
  return () => {
    const { done, value } = work.next();
    return done === true ? value : undefined;
  };
}

function oneSlice<Result>(
  host: Host,
  step: () => Result | undefined,
  stepsMax: number,
): Result | undefined {
  const slice = new SliceClock(host, stepsMax);
  for (;;) {
    const result = step();
    if (result !== undefined || slice.isOver()) return result;
  }
}
