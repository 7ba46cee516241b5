/**
 * Shrinking: makes a failing plan smaller while it fails in the same way.
 *
 *     cut the end -> leave out, boldly -> ever finer -> with much luck tried -> leap -> shorten
 *                        ^____________________________________________________|
 *
 * Delta debugging over the plan's data: whole kinds of faults, faults, operations, clients and
 * replicas, then the lengths of what is left. A smaller plan is another run, so it may fail by luck
 * or not at all: each is tried as it is and under other luck (`otherLuck`), little of it while that
 * leads on, much once it does not. Where nothing single can be left out any more, several things at
 * once are. With a planted bug, the code without it has to pass. Source: Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input" (2002).
 */
import type { HistoryEvent, Plan } from '@mangrove/experiment';
import { type Failure, failsLike, failureOf, judgedBy } from '../failure.ts';
import { type PlanSize, type RunEvidence, type ShrinkStep, sizeOf } from '../run-report.ts';
import type { AnomalyClass, Verdict } from '../verdict.ts';
import type { WorkerPool } from '../worker-pool.ts';
import { ADJUSTMENTS } from './adjustments.ts';
import {
  asBegun,
  askedByOne,
  failureEnd,
  lastAlone,
  namedOperationsOnly,
  nearFailure,
  soonerEnd,
  withoutIdling,
} from './evidence-guided.ts';
import { leaps } from './leaps.ts';
import { type Candidate, OMISSIONS, type Omission } from './omissions.ts';
import { otherLuck } from './other-luck.ts';

/** What is made smaller, and how long one tries. */
export interface ShrinkOptions {
  readonly plan: Plan;
  /** The plan fails like this; a smaller one must too, and by the same judge (`failsLike`). */
  readonly anomaly: AnomalyClass;
  /** Whether runs are held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean | undefined;
  /**
   * Threads of the code without the planted bug. A smaller plan that fails there too is of no use:
   * one replica alone is stuck whatever is planted. Missing where nothing is planted, or to let
   * such plans count. What is asked there does not count as runs.
   */
  readonly clean?: WorkerPool | undefined;
  /**
   * The most runs; then the smallest plan so far is the result. A run of few events counts as a
   * part of one, a tenth at least. Default: 3000.
   */
  readonly maxRuns?: number | undefined;
  readonly onProgress?: ((step: ShrinkStep) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The smallest failing plan that was reached. */
export interface Shrunk {
  /** With its trace, and with all choices, so that it replays without its seed. */
  readonly evidence: RunEvidence;
  readonly steps: readonly ShrinkStep[];
}

/** A plan that fails as it is to, and what its run showed. */
export interface Failing {
  readonly plan: Plan;
  /** Of the judge by whom it is to fail. */
  readonly verdict: Verdict;
  readonly history: readonly HistoryEvent[];
}

/** From so many events on, a run counts as a whole one. */
const WHOLE_RUN_EVENTS = 2500;

/** The least that a run counts as. */
const LEAST_COST = 0.1;

/** Under how much other luck a candidate is tried where it does not fail as it is. */
const LUCK = { none: 0, little: 3, more: 12, much: 40 } as const;

/**
 * After so many whole runs that led to nothing smaller, one gives up: enough to leave out all that
 * there is one by one, with luck, where that is more.
 */
const PATIENCE = 250;
const PATIENCE_EACH = 8;

/** In how many parts lists are left out at first, and in how many more once none of them can be. */
const FEWEST_PARTS = 8;
const FINER = 4;

/** Plans with more faults and operations than this are tried with less luck: they run long. */
const LARGE = 60;

/** Whose runs cost no more than this are tried with so many times the luck. */
const CHEAP = { cost: 0.2, times: 3 } as const;

/**
 * Shrinks `plan`; rejects where it does not fail as it is said to. Where the clean code fails that
 * plan too, it is not asked any more: the failure is not of the bug, and no smaller one will be.
 */
export async function shrink(pool: WorkerPool, options: ShrinkOptions): Promise<Shrunk> {
  const { isWatched = false, anomaly } = options;
  const first = await pool.runPlan(options.plan, { isWatched });
  const failure = failureOf(first.verdict);
  if (failure?.class !== anomaly) {
    throw new Error(`the plan does not fail by ${anomaly}: there is nothing to shrink`);
  }
  const clean = (await failsIn(options.clean, first.plan, isWatched)) ? undefined : options.clean;
  const failing = failingOf(options.plan, first, failure);
  const shrinker = new Shrinker(pool, { ...options, clean }, failure, failing);
  const plan = await shrinker.run();
  const recording = { isRecording: true, isRecordingChoices: true };
  const evidence = await pool.runPlan(plan, { isWatched, ...recording });
  return { evidence, steps: shrinker.steps };
}

class Shrinker {
  readonly steps: ShrinkStep[] = [];
  private readonly pool: WorkerPool;
  private readonly options: ShrinkOptions;
  private readonly startMs = performance.now();
  private runCount = 0;
  /** In whole runs. */
  private spent = 0;
  /** How much was spent when the plan last became smaller. */
  private spentAtSuccess = 0;
  /** What the last run that failed as wanted cost. */
  private cost = 1;
  /** How plans are to fail. */
  private readonly failure: Failure;
  private failing: Failing;

  constructor(pool: WorkerPool, options: ShrinkOptions, failure: Failure, failing: Failing) {
    this.pool = pool;
    this.options = options;
    this.failure = failure;
    this.failing = failing;
  }

  async run(): Promise<Plan> {
    await this.attempt(withoutIdling(this.failing), LUCK.none);
    await this.attempt(soonerEnd(this.failing), LUCK.little);
    // What is small needs no short cut.
    if (this.isLarge) await this.attemptAny(lastAlone(this.failing), LUCK.little);
    let partCount = FEWEST_PARTS;
    for (let luck: number = LUCK.little; !this.isOver; ) {
      // What was left out may free what could not be left out before.
      if (await this.leaveOut(luck, partCount)) continue;
      if (partCount < weightOf(this.failing.plan)) partCount *= FINER;
      else if (await this.leap()) luck = LUCK.little;
      else if (luck === LUCK.much) break;
      else luck = luck === LUCK.little ? LUCK.more : LUCK.much;
    }
    this.spentAtSuccess = this.spent;
    for (const adjust of ADJUSTMENTS) await this.exhaust(adjust);
    return this.failing.plan;
  }

  private get isOver(): boolean {
    const { maxRuns = 3000, signal } = this.options;
    const patience = Math.max(PATIENCE, PATIENCE_EACH * weightOf(this.failing.plan));
    const isInVain = this.spent - this.spentAtSuccess >= patience;
    return isInVain || this.spent >= maxRuns || signal?.aborted === true;
  }

  private get isLarge(): boolean {
    return weightOf(this.failing.plan) > LARGE;
  }

  /** Goes once through all that can be left out, in so many parts; whether anything could. */
  private async leaveOut(luck: number, partCount: number): Promise<boolean> {
    const before = weightOf(this.failing.plan);
    await this.attempt(failureEnd(this.failing), LUCK.none);
    await this.attempt(asBegun(this.failing), LUCK.none);
    await this.attemptAny(askedByOne(this.failing), LUCK.little);
    await this.attempt(namedOperationsOnly(this.failing), Math.max(luck, LUCK.more));
    await this.attemptAny(nearFailure(this.failing), LUCK.little);
    for (const omission of OMISSIONS) {
      await this.sweep(omission, luck, partCount);
      await this.attempt(failureEnd(this.failing), LUCK.none);
    }
    return weightOf(this.failing.plan) < before;
  }

  /**
   * Leaves out halves of a list, then quarters, down to its `partCount`th part or single items, and
   * goes on where it was each time something could be left out.
   */
  private async sweep(
    { name, items, without }: Omission,
    luck: number,
    partCount: number,
  ): Promise<void> {
    const count = items(this.failing.plan).length;
    const least = Math.ceil(count / partCount);
    let size = Math.ceil(count / 2);
    for (let isLast = size === 0; !isLast && !this.isOver; size = Math.ceil(size / 2)) {
      isLast = size <= least;
      let start = 0;
      while (start < items(this.failing.plan).length && !this.isOver) {
        const { plan } = this.failing;
        const all = items(plan);
        const out = all.slice(start, start + size);
        const what = size === 1 ? `${name}: ${out[0]}` : `${name}: ${out.length} of ${all.length}`;
        const candidates = without(plan, new Set(out)).map((each): Candidate => [what, each]);
        if (!(await this.attemptAny(candidates, luck))) start += size;
      }
    }
  }

  /** Several things at once, at random: the way out where nothing single can be left out. */
  private async leap(): Promise<boolean> {
    for (const candidate of leaps(this.failing.plan)) {
      if (this.isOver) return false;
      if (await this.attempt(candidate, LUCK.little)) return true;
    }
    return false;
  }

  /** Adjusts, again from the start whenever a candidate fails as wanted. */
  private async exhaust(adjust: (plan: Plan) => Iterable<Candidate>): Promise<void> {
    for (let isAdjusted = true; isAdjusted && !this.isOver; ) {
      isAdjusted = false;
      for (const candidate of adjust(this.failing.plan)) {
        if (this.isOver || isAdjusted) break;
        isAdjusted = await this.attempt(candidate, LUCK.little);
      }
    }
  }

  private async attemptAny(candidates: Iterable<Candidate>, luck: number): Promise<boolean> {
    for (const candidate of candidates) if (await this.attempt(candidate, luck)) return true;
    return false;
  }

  /** Keeps the candidate where it fails as wanted, as it is or under so much other luck. */
  private async attempt(candidate: Candidate | undefined, luck: number): Promise<boolean> {
    if (candidate === undefined || this.isOver) return false;
    const [what, plan] = candidate;
    const isCheap = this.cost <= CHEAP.cost;
    const tries = weightOf(plan) > LARGE ? Math.min(1, luck) : luck * (isCheap ? CHEAP.times : 1);
    // By the count of candidates: so luck is the same whatever the number of threads.
    const luckier = otherLuck(plan, this.steps.length);
    const variants = [plan, ...Array.from({ length: tries }, (_, index) => luckier(index))];
    const kept = await this.firstThatFails(variants);
    if (kept !== undefined) {
      this.failing = kept;
      this.spentAtSuccess = this.spent;
    }
    this.note(what, kept !== undefined);
    return kept !== undefined;
  }

  /**
   * As many at once as there are threads; which is kept, and what it costs, does not differ. So the
   * bound of runs is looked at between candidates only.
   */
  private async firstThatFails(variants: readonly Plan[]): Promise<Failing | undefined> {
    const { workerCount } = this.pool;
    const { signal } = this.options;
    for (let start = 0; start < variants.length && !signal?.aborted; start += workerCount) {
      const results = await this.runAll(variants.slice(start, start + workerCount));
      const place = results.findIndex(({ failing }) => failing !== undefined);
      const counted = place < 0 ? results : results.slice(0, place + 1);
      this.runCount += counted.length;
      for (const { cost } of counted) this.spent += cost;
      const kept = results[place];
      if (kept === undefined) continue;
      this.cost = kept.cost;
      return kept.failing;
    }
    return undefined;
  }

  private async runAll(plans: readonly Plan[]): Promise<readonly Tried[]> {
    const { isWatched = false, clean } = this.options;
    return await Promise.all(
      plans.map(async (plan) => {
        const run = await this.pool.runPlan(plan, { isWatched });
        const { verdict, eventCount = WHOLE_RUN_EVENTS } = run;
        const cost = Math.max(LEAST_COST, Math.min(1, eventCount / WHOLE_RUN_EVENTS));
        const isWanted =
          failsLike(verdict, this.failure) && !(await failsIn(clean, run.plan, isWatched));
        return { cost, failing: isWanted ? failingOf(plan, run, this.failure) : undefined };
      }),
    );
  }

  private note(what: string, isKept: boolean): void {
    const size: PlanSize = sizeOf(this.failing.plan);
    const elapsedMs = performance.now() - this.startMs;
    const step = { run: this.runCount, what, isKept, size, elapsedMs };
    this.steps.push(step);
    this.options.onProgress?.(step);
  }
}

/** What came of a run. */
interface Tried {
  readonly cost: number;
  /** Undefined where it did not fail as wanted. */
  readonly failing: Failing | undefined;
}

function failingOf(plan: Plan, { verdict, history }: RunEvidence, failure: Failure): Failing {
  return { plan, verdict: judgedBy(verdict, failure), history };
}

/** Whether that code, if any, fails the plan, in whatever way. */
async function failsIn(
  clean: WorkerPool | undefined,
  plan: Plan,
  isWatched: boolean,
): Promise<boolean> {
  return (await clean?.runPlan(plan, { isWatched }))?.verdict.answer === 'invalid';
}

/** How much there is in a plan: what shrinking makes less. */
function weightOf({ faults, operations, clients, replicas }: Plan): number {
  return faults.length + operations.length + clients.length + replicas.length;
}
