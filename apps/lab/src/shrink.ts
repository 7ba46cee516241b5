/**
 * Shrinking: makes a failing plan smaller while it fails in the same way.
 *
 * Delta debugging over the plan's data: whole faults, operations, clients and replicas, then the
 * lengths of what is left. A smaller plan is another run, so it may fail by luck or not at all;
 * each is tried with the choices of the last one that failed and, where that does not help, with
 * fresh ones. Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input"
 * (2002).
 */
import type { Choices, Fault, Plan, PlannedOperation } from '@mangrove/experiment';
import { SeededRandom } from '@mangrove/host';
import { type PlanSize, type RunEvidence, type ShrinkStep, sizeOf } from './run-report.ts';
import type { AnomalyClass } from './verdict.ts';
import type { WorkerPool } from './worker-pool.ts';

/** What is made smaller, and how long one tries. */
export interface ShrinkOptions {
  readonly plan: Plan;
  /** The smaller plan must fail like this. */
  readonly anomaly: AnomalyClass;
  /** Whether runs are held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean | undefined;
  /** The most runs; then the smallest plan so far is the result. Default: 4000. */
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

const NO_CHOICES: Choices = { links: {}, draws: {} };

/**
 * How many fresh seeds a candidate is tried with, where the old choices do not fail: few while that
 * leads on, many once it does not.
 */
const FRESH_SEEDS = { one: 1, few: 3, many: 40 } as const;

/** How many small plans are tried first, in the hope of a short cut. */
const LEAP_COUNT = 400;

/** Shrinks `plan`; rejects where it does not fail as it is said to. */
export async function shrink(pool: WorkerPool, options: ShrinkOptions): Promise<Shrunk> {
  const shrinker = new Shrinker(pool, options);
  const plan = await shrinker.run();
  const { isWatched = false } = options;
  const recording = { isRecording: true, isRecordingChoices: true };
  const evidence = await pool.runPlan(plan, { isWatched, ...recording });
  return { evidence, steps: shrinker.steps };
}

/** A way to make a plan smaller: candidates, the boldest first, each with what it leaves out. */
type Pass = (plan: Plan) => Iterable<readonly [what: string, candidate: Plan]>;

class Shrinker {
  readonly steps: ShrinkStep[] = [];
  private readonly pool: WorkerPool;
  private readonly options: ShrinkOptions;
  private readonly startMs = performance.now();
  private runCount = 0;
  private plan: Plan;

  constructor(pool: WorkerPool, options: ShrinkOptions) {
    this.pool = pool;
    this.options = options;
    this.plan = options.plan;
  }

  async run(): Promise<Plan> {
    if (!(await this.fails(this.plan))) {
      throw new Error(
        `the plan does not fail by ${this.options.anomaly}: there is nothing to shrink`,
      );
    }
    await this.exhaust(leaps, FRESH_SEEDS.one);
    let isSmaller = true;
    while (isSmaller && !this.isOver) {
      isSmaller = await this.exhaustAll([...OMISSIONS, closerOperations], FRESH_SEEDS.few);
      if (!isSmaller) isSmaller = await this.exhaustAll(OMISSIONS, FRESH_SEEDS.many);
    }
    await this.exhaustAll(ADJUSTMENTS, FRESH_SEEDS.few);
    return this.plan;
  }

  private get isOver(): boolean {
    const { maxRuns = 4000, signal } = this.options;
    return this.runCount >= maxRuns || signal?.aborted === true;
  }

  private async exhaustAll(passes: readonly Pass[], freshCount: number): Promise<boolean> {
    let hasShrunk = false;
    for (const pass of passes) if (await this.exhaust(pass, freshCount)) hasShrunk = true;
    return hasShrunk;
  }

  /** Goes through the candidates of a pass, again from the start whenever one fails as wanted. */
  private async exhaust(pass: Pass, freshCount: number): Promise<boolean> {
    let hasShrunk = false;
    for (let isSmaller = true; isSmaller && !this.isOver; ) {
      isSmaller = false;
      for (const [what, candidate] of pass(this.plan)) {
        if (this.isOver) break;
        const kept = await this.firstThatFails(candidate, freshCount);
        this.note(what, kept);
        if (kept === undefined) continue;
        this.plan = kept;
        isSmaller = true;
        hasShrunk = true;
        break;
      }
    }
    return hasShrunk;
  }

  /**
   * The candidate with the first choices under which it fails; as many at once as there are
   * threads.
   */
  private async firstThatFails(candidate: Plan, freshCount: number): Promise<Plan | undefined> {
    const seed = this.plan.seed ?? 0;
    const fresh = Array.from({ length: freshCount }, (_, index) => ({
      ...candidate,
      choices: NO_CHOICES,
      // By the count of candidates, not of runs: that one depends on how many threads there are.
      seed: (Math.imul(seed + index + 1, 0x9e3779b1) ^ this.steps.length) >>> 0,
    }));
    const variants = [candidate, ...fresh];
    while (variants.length > 0 && !this.isOver) {
      const some = variants.splice(0, this.pool.workerCount);
      const failing = await Promise.all(some.map((variant) => this.fails(variant)));
      const first = some[failing.indexOf(true)];
      if (first !== undefined) return first;
    }
    return undefined;
  }

  private async fails(plan: Plan): Promise<boolean> {
    this.runCount += 1;
    const { isWatched = false, anomaly } = this.options;
    const { verdict } = await this.pool.runPlan(plan, { isWatched });
    return verdict.answer === 'invalid' && verdict.anomaly === anomaly;
  }

  private note(what: string, kept: Plan | undefined): void {
    const size: PlanSize = sizeOf(kept ?? this.plan);
    const elapsedMs = performance.now() - this.startMs;
    const step = { run: this.runCount, what, isKept: kept !== undefined, size, elapsedMs };
    this.steps.push(step);
    this.options.onProgress?.(step);
  }
}

/** What can be left out. */
const OMISSIONS: readonly Pass[] = Object.freeze([
  (plan: Plan) => subsets('faults', plan.faults, (faults) => ({ ...plan, faults })),
  (plan: Plan) => subsets('operations', plan.operations, (operations) => ({ ...plan, operations })),
  withoutClients,
  withoutReplicas,
]);

/** What can be made shorter or plainer. */
const ADJUSTMENTS: readonly Pass[] = Object.freeze([
  shorterFaults,
  fewerLinks,
  earlierOperations,
  shorterPhase,
]);

/** Small plans drawn from the large one: a few of its faults, a few operations close together. */
function* leaps(plan: Plan): Iterable<readonly [string, Plan]> {
  const random = new SeededRandom(plan.seed ?? 0, 'leaps');
  const active = plan.operations.filter(({ atMs }) => atMs < plan.activeMs);
  for (let leap = 0; leap < LEAP_COUNT; leap++) {
    const chosen = new Set(random.shuffle(plan.faults).slice(0, random.below(4)));
    const faults = plan.faults.filter((fault) => chosen.has(fault));
    const start = random.below(Math.max(1, active.length - 1));
    const some = active.slice(start, start + random.between(2, 5));
    const firstMs = some[0]?.atMs ?? 0;
    const operations = some.map((each, index) => ({
      ...each,
      atMs: Math.min(each.atMs, firstMs + 10 * index),
    }));
    if (faults.length + operations.length >= plan.faults.length + plan.operations.length) return;
    const what = `all but ${faults.length} faults and ${operations.length} operations`;
    yield [what, { ...plan, faults, operations }];
  }
}

/** Leaves out halves of a list, then quarters, then single items. */
function* subsets<Item extends Fault | PlannedOperation>(
  name: string,
  items: readonly Item[],
  build: (left: readonly Item[]) => Plan,
): Iterable<readonly [string, Plan]> {
  for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < items.length; start += size) {
      const left = [...items.slice(0, start), ...items.slice(start + size)];
      const count = items.length - left.length;
      yield [`${count} of ${items.length} ${name}`, build(left)];
    }
  }
}

function* withoutClients(plan: Plan): Iterable<readonly [string, Plan]> {
  if (plan.clients.length === 1) return;
  for (const client of plan.clients) {
    const clients = plan.clients.filter((each) => each !== client);
    const operations = plan.operations.filter((each) => each.client !== client);
    yield [`client ${client}`, amongMembers({ ...plan, clients, operations })];
  }
  // What two clients do one of them can often do alone.
  for (const client of plan.clients.slice(1)) {
    const clients = plan.clients.filter((each) => each !== client);
    const operations = plan.operations.map((each) =>
      each.client === client ? { ...each, client: clients[0] as typeof client } : each,
    );
    yield [
      `client ${client}, whose operations ${clients[0]} does`,
      amongMembers({ ...plan, clients, operations }),
    ];
  }
}

function* withoutReplicas(plan: Plan): Iterable<readonly [string, Plan]> {
  if (plan.replicas.length === 1) return;
  for (const replica of plan.replicas) {
    const replicas = plan.replicas.filter((each) => each !== replica);
    const faults = plan.faults.filter((fault) => !('node' in fault) || fault.node !== replica);
    yield [`replica ${replica}`, amongMembers({ ...plan, replicas, faults })];
  }
}

/** The plan with faults of links between its members only: others make no plan. */
function amongMembers(plan: Plan): Plan {
  const members = new Set([...plan.replicas, ...plan.clients]);
  const faults = plan.faults.flatMap((fault): readonly Fault[] => {
    if (!('from' in fault)) return [fault];
    const from = fault.from.filter((node) => members.has(node));
    const to = fault.to.filter((node) => members.has(node));
    return from.length === 0 || to.length === 0 ? [] : [{ ...fault, from, to }];
  });
  return { ...plan, faults };
}

function* shorterFaults(plan: Plan): Iterable<readonly [string, Plan]> {
  for (const [index, fault] of plan.faults.entries()) {
    if (!('untilMs' in fault)) continue;
    const lengthMs = fault.untilMs - fault.atMs;
    if (lengthMs < 20) continue;
    const untilMs = Math.round(fault.atMs + lengthMs / 2);
    const faults = plan.faults.with(index, { ...fault, untilMs });
    yield [`half of the ${fault.type} at ${fault.atMs} ms`, { ...plan, faults }];
  }
}

/** Takes single nodes out of the links that a fault concerns. */
function* fewerLinks(plan: Plan): Iterable<readonly [string, Plan]> {
  for (const [index, fault] of plan.faults.entries()) {
    if (!('from' in fault)) continue;
    for (const end of ['from', 'to'] as const) {
      for (const node of fault[end]) {
        const left = fault[end].filter((each) => each !== node);
        if (left.length === 0) continue;
        const faults = plan.faults.with(index, { ...fault, [end]: left });
        yield [`${node} of the ${fault.type} at ${fault.atMs} ms`, { ...plan, faults }];
      }
    }
  }
}

/** Halves the time between an operation and the one before it; all later ones move too. */
function* closerOperations(plan: Plan): Iterable<readonly [string, Plan]> {
  for (const [index, operation] of plan.operations.entries()) {
    const before = plan.operations[index - 1];
    if (before === undefined || operation.atMs >= plan.activeMs) continue;
    const gapMs = operation.atMs - before.atMs;
    if (gapMs < 8) continue;
    const byMs = Math.floor(gapMs / 2);
    const operations = plan.operations.map((each, place) =>
      place < index || each.atMs >= plan.activeMs ? each : { ...each, atMs: each.atMs - byMs },
    );
    yield [`${byMs} ms before the ${operation.f} at ${operation.atMs} ms`, { ...plan, operations }];
  }
}

/** Moves the first operation, and with it all, to the beginning. */
function* earlierOperations(plan: Plan): Iterable<readonly [string, Plan]> {
  const first = Math.min(
    ...plan.operations.map(({ atMs }) => atMs),
    ...plan.faults.map((fault) => ('atMs' in fault ? fault.atMs : 0)),
  );
  if (!Number.isFinite(first) || first < 20) return;
  const by = first - 5;
  const operations = plan.operations.map((each) => ({ ...each, atMs: each.atMs - by }));
  const faults = plan.faults.map((fault): Fault => {
    if (!('atMs' in fault)) return fault;
    const moved = { ...fault, atMs: fault.atMs - by };
    return 'untilMs' in moved ? { ...moved, untilMs: moved.untilMs - by } : moved;
  });
  yield [`${by} ms before anything happens`, { ...plan, operations, faults }];
}

function* shorterPhase(plan: Plan): Iterable<readonly [string, Plan]> {
  const lastMs = Math.max(
    0,
    ...plan.operations.map(({ atMs }) => atMs),
    ...plan.faults.map((fault) => ('untilMs' in fault ? fault.untilMs : 0)),
  );
  const activeMs = Math.ceil(lastMs + 1);
  if (activeMs < plan.activeMs) yield ['the calm after the last event', { ...plan, activeMs }];
}
