/**
 * The hash of a store, in slices, while others run.
 */
import type { Host } from '@mangrove/host';
import { HashRead } from '../core/hash-kv.ts';
import type { KvResult } from '../core/kv-request.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';
import type { KvStore } from '../core/store.ts';
import type { Ask } from './ask.ts';
import { RequestFailure } from './request-failure.ts';
import { inSlices } from './sliced-work.ts';

/** How many keys or versions are looked at between two looks at the clock. */
const COUNT_PER_STEP = 256;

/** How many such steps one slice has at most. */
const STEPS_MAX = 16;

/** The hash of what can be read at `asked`; `NO_REVISION` is the present. */
export async function hashOf(
  host: Host,
  store: KvStore,
  asked: Revision,
  ask: Ask,
): Promise<KvResult & { type: 'hash' }> {
  const revision = asked === NO_REVISION ? store.revision : asked;
  const refusal = store.refusalOfRevision(revision);
  if (refusal !== undefined) throw new RequestFailure(refusal, true);
  const read = new HashRead(store, revision);
  const step = () => read.step(COUNT_PER_STEP);
  const hash = await inSlices(host, store, step, { stepsMax: STEPS_MAX, ask });
  return { type: 'hash', hash, revision, compactRevision: read.compactRevision };
}
