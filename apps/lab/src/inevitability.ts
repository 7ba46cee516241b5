/**
 * When did a failure become inevitable? The run is repeated up to a moment, choice by choice, and
 * left to chance from then on, many times: the share that fails in the same way is how likely the
 * failure was at that moment.
 *
 * Faults and operations stay as planned; what is drawn anew is delays, losses, and whatever nodes
 * draw themselves, as waits before elections. Where the share rises, something happened that could
 * not be undone.
 */
import type { Plan } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';
import { type Failure, failsLike, failureOf } from './failure.ts';
import type { Inevitability, InevitabilityPoint, RunEvidence } from './run-report.ts';
import { anomaliesOf } from './verdict.ts';
import type { WorkerPool } from './worker-pool.ts';

/** What is asked, and how long one tries. */
export interface InevitabilityOptions {
  /** A failing run, with all its choices. */
  readonly evidence: RunEvidence;
  /** Whether runs are held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean | undefined;
  /** The most runs from each moment. Default: 20. */
  readonly runMax?: number | undefined;
  /** After so long no more runs are begun, ms. Default: 20,000. */
  readonly timeMs?: number | undefined;
  readonly onProgress?: ((points: readonly InevitabilityPoint[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How many stretches the run is looked at in, and in how many the steepest of them. */
const STRETCHES = 12;
const FINE_STRETCHES = 5;

/** Which share of the time the first look may take. */
const COARSE_SHARE = 0.7;

/**
 * Asks at moments from the beginning of the run to its failure. Throws `InvalidArgument` where the
 * run did not fail.
 */
export async function findInevitability(
  pool: WorkerPool,
  options: InevitabilityOptions,
): Promise<Inevitability> {
  const { evidence, timeMs = 20_000 } = options;
  const failure = failureOf(evidence.verdict);
  if (failure === undefined)
    throw new InvalidArgument('evidence', 'a run that held', 'a failing one');
  const startMs = performance.now();
  const untilMs = anomaliesOf(evidence.verdict)[0]?.atMs ?? evidence.endMs;
  const inquiry = new Inquiry(pool, failure, options);
  await inquiry.ask(momentsOf(0, untilMs, STRETCHES), startMs + COARSE_SHARE * timeMs);
  const [fromMs, toMs] = steepest(inquiry.points());
  const fine = momentsOf(fromMs, toMs, FINE_STRETCHES).slice(1, -1);
  await inquiry.ask(fine, startMs + timeMs);
  const points = inquiry.points();
  const last = points.findLastIndex(({ runCount, failureCount }) => failureCount < runCount);
  const inevitableMs = points[last + 1]?.atMs;
  return {
    anomaly: failure.class,
    points,
    ...(inevitableMs === undefined ? {} : { inevitableMs }),
  };
}

/** The ends of `count` equal stretches, to the microsecond, each moment once. */
function momentsOf(fromMs: number, untilMs: number, count: number): readonly number[] {
  const moments = Array.from({ length: count + 1 }, (_, place) => {
    return Math.round((fromMs + ((untilMs - fromMs) * place) / count) * 1000) / 1000;
  });
  return [...new Set(moments)];
}

/** The two neighbours between which the share of failures rises most. */
function steepest(points: readonly InevitabilityPoint[]): readonly [number, number] {
  const shares = points.map(({ runCount, failureCount }) => failureCount / runCount);
  const rises = shares.slice(1).map((share, index) => share - (shares[index] ?? 0));
  const place = rises.indexOf(Math.max(...rises));
  return [points[place]?.atMs ?? 0, points[place + 1]?.atMs ?? 0];
}

/** Runs from several moments, and what came of them. */
class Inquiry {
  private readonly pool: WorkerPool;
  private readonly failure: Failure;
  private readonly options: InevitabilityOptions;
  private readonly known = new Map<number, InevitabilityPoint>();
  private runCount = 0;

  constructor(pool: WorkerPool, failure: Failure, options: InevitabilityOptions) {
    this.pool = pool;
    this.failure = failure;
    this.options = options;
  }

  points(): readonly InevitabilityPoint[] {
    return [...this.known.values()].sort((a, b) => a.atMs - b.atMs);
  }

  /** A run from each moment in turn, so that all have as many when the time is over. */
  async ask(momentsMs: readonly number[], endMs: number): Promise<void> {
    const { evidence, runMax = 20, onProgress, signal } = this.options;
    const prefixes = await this.prefixesOf(evidence.plan, momentsMs);
    for (let round = 0; round < runMax; round++) {
      if (signal?.aborted === true || (round > 0 && performance.now() >= endMs)) return;
      await Promise.all(prefixes.map(([atMs, plan]) => this.runFrom(atMs, plan)));
      onProgress?.(this.points());
    }
  }

  private async prefixesOf(plan: Plan, choiceTimesMs: readonly number[]) {
    const recording = { isRecordingChoices: true, choiceTimesMs };
    const { choicesUntil = [] } = await this.pool.runPlan(plan, recording);
    return choiceTimesMs.map((atMs, place) => {
      // A run that ends with its failure is over at that moment: all its choices were made.
      const choices = choicesUntil[place] ?? plan.choices;
      return [atMs, { ...plan, choices }] as const;
    });
  }

  private async runFrom(atMs: number, plan: Plan): Promise<void> {
    const { isWatched = false } = this.options;
    this.runCount += 1;
    const seed = Math.imul((plan.seed ?? 0) + this.runCount, 0x9e3779b1) >>> 0;
    const { verdict } = await this.pool.runPlan({ ...plan, seed }, { isWatched });
    const { runCount, failureCount } = this.known.get(atMs) ?? { runCount: 0, failureCount: 0 };
    const failed = failsLike(verdict, this.failure) ? 1 : 0;
    const count = { runCount: runCount + 1, failureCount: failureCount + failed };
    this.known.set(atMs, { atMs, ...count });
  }
}
