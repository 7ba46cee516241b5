/**
 * A tiny store that runs transactions of several clients at one time, as soundly as it is told to.
 *
 * It is driven by a list of integers, so that fast-check can shrink what it does. Isolation is that
 * of the store's kind; `mistake` breaks it in a known way.
 */
import fc from 'fast-check';
import type { MicroOperation, Transaction, Value } from '../../src/index.ts';

/** How transactions are kept apart. */
export type StoreKind =
  /** Each runs at one moment between its invocation and its completion. */
  | 'strict-serializable'
  /** Each reads a snapshot of its beginning; the first committer wins. */
  | 'snapshot'
  /** Each step reads what is committed at that moment; writes are applied at the commit. */
  | 'read-committed'
  /** Each step reads and writes the one state there is, and an abort takes nothing back. */
  | 'none';

/** What a history is drawn from. */
export interface StorePlan {
  readonly kind: StoreKind;
  readonly workload: 'list-append' | 'rw-register';
  readonly processCount: number;
  readonly keyCount: number;
  readonly transactionCount: number;
  /** Snapshots are this many commits old, for a store with stale reads; 0. */
  readonly staleness?: number;
  /** Answers every choice; read round and round. */
  readonly draws: readonly number[];
}

/** What plans may be like; every kind of store and every workload where nothing is said. */
export interface PlanRange {
  readonly kinds?: readonly StoreKind[];
  readonly workloads?: readonly StorePlan['workload'][];
  readonly processCount: number;
  readonly keyCount: number;
  readonly transactionCount: { readonly min: number; readonly max: number };
}

/** Plans with up to so many processes, keys and transactions. */
export function storePlans({
  kinds = ['strict-serializable', 'snapshot', 'read-committed', 'none'],
  workloads = ['list-append', 'rw-register'],
  processCount,
  keyCount,
  transactionCount,
}: PlanRange): fc.Arbitrary<Required<StorePlan>> {
  return fc.record({
    kind: fc.constantFrom(...kinds),
    workload: fc.constantFrom(...workloads),
    processCount: fc.integer({ min: 1, max: processCount }),
    keyCount: fc.integer({ min: 1, max: keyCount }),
    transactionCount: fc.integer(transactionCount),
    staleness: fc.nat(2),
    draws: fc.array(fc.nat(1 << 30), { minLength: 50, maxLength: 50 }),
  });
}

interface Running {
  readonly id: number;
  readonly process: string;
  readonly invokedAt: number;
  readonly steps: MicroOperation[];
  readonly done: MicroOperation[];
  readonly snapshot: ReadonlyMap<string, Value>;
  readonly version: number;
  readonly local: Map<string, Value>;
  at: number;
}

/** The history of a store that runs a plan. */
export function runStore(plan: StorePlan): Transaction[] {
  return new SimulatedStore(plan).run();
}

class SimulatedStore {
  readonly #plan: StorePlan;
  readonly #transactions: Transaction[] = [];
  readonly #running: (Running | undefined)[];
  readonly #states: Map<string, Value>[] = [new Map()];
  readonly #lastWrites = new Map<string, number>();
  #draw = 0;
  #position = 0;
  #value = 0;
  #begun = 0;
  #incarnation = 0;

  constructor(plan: StorePlan) {
    this.#plan = plan;
    this.#running = Array.from({ length: plan.processCount }, () => undefined);
  }

  run(): Transaction[] {
    const { transactionCount, processCount } = this.#plan;
    while (this.#begun < transactionCount || this.#running.some((one) => one !== undefined)) {
      const slot = this.#next(processCount);
      const running = this.#running[slot];
      if (running === undefined) {
        if (this.#begun < transactionCount) this.#begin(slot);
        else for (const [other, one] of this.#running.entries()) if (one) this.#advance(other, one);
      } else this.#advance(slot, running);
    }
    return this.#transactions.sort((a, b) => a.id - b.id);
  }

  #next(bound: number): number {
    const { draws } = this.#plan;
    const drawn = draws[this.#draw++ % draws.length] ?? 0;
    // Mixed with the place, so that a short list does not repeat the same story.
    return ((drawn + Math.imul(this.#draw, 0x9e3779b1)) >>> 7) % bound;
  }

  #begin(slot: number): void {
    const count = 1 + this.#next(3);
    const steps = Array.from({ length: count }, (): MicroOperation => {
      const key = `k${this.#next(this.#plan.keyCount)}`;
      if (this.#next(2) === 0) return { type: 'read', key, value: null };
      const type = this.#plan.workload === 'list-append' ? 'append' : 'write';
      return { type, key, value: ++this.#value };
    });
    const version = Math.max(0, this.#states.length - 1 - (this.#plan.staleness ?? 0));
    const snapshot = this.#states[version] as ReadonlyMap<string, Value>;
    this.#running[slot] = {
      id: this.#begun++,
      process: `p${slot}.${this.#incarnation}`.replace(/\.0$/, ''),
      invokedAt: this.#position++,
      steps,
      done: [],
      snapshot,
      version,
      local: new Map(),
      at: 0,
    };
  }

  #advance(slot: number, running: Running): void {
    const { kind } = this.#plan;
    if (kind === 'strict-serializable') {
      if (running.at === 0) for (const step of running.steps) this.#do(running, step);
      running.at++;
      if (running.at === 1) this.#commit(running);
      else this.#finish(slot, running, this.#next(12) === 0 ? 'open' : 'ok');
      return;
    }
    const step = running.steps[running.at++];
    if (step !== undefined) {
      this.#do(running, step);
      return;
    }
    const isConflict =
      kind === 'snapshot' &&
      [...running.local.keys()].some((key) => (this.#lastWrites.get(key) ?? 0) > running.version);
    const fate = this.#next(12);
    if (isConflict || fate === 0) {
      this.#finish(slot, running, 'fail');
      return;
    }
    if (fate !== 1) this.#commit(running);
    this.#finish(slot, running, fate <= 2 ? 'open' : 'ok');
  }

  #do(running: Running, step: MicroOperation): void {
    if (step.type === 'read-predicate' || step.type === 'delete') return;
    const isShared = this.#plan.kind === 'none';
    const latest = this.#states.at(-1) as Map<string, Value>;
    const base = this.#plan.kind === 'snapshot' ? running.snapshot : latest;
    const local = isShared ? latest : running.local;
    const current = local.get(step.key) ?? base.get(step.key) ?? null;
    if (step.type === 'read') {
      running.done.push({ ...step, value: current });
      return;
    }
    const list = (Array.isArray(current) ? current : []) as readonly Value[];
    local.set(step.key, step.type === 'append' ? [...list, step.value] : step.value);
    running.done.push(step);
  }

  #commit(running: Running): void {
    const latest = this.#states.at(-1) as Map<string, Value>;
    const next = new Map(latest);
    for (const step of running.steps) {
      if (this.#plan.kind === 'none') break;
      if (step.type === 'write') next.set(step.key, step.value);
      if (step.type !== 'append') continue;
      const list = (next.get(step.key) ?? []) as readonly Value[];
      next.set(step.key, [...list, step.value]);
    }
    for (const key of running.local.keys()) this.#lastWrites.set(key, this.#states.length);
    this.#states.push(next);
  }

  #finish(slot: number, running: Running, end: Transaction['end']): void {
    const operations =
      end === 'ok' ? running.done : running.done.filter((step) => step.type !== 'read');
    this.#transactions.push({
      id: running.id,
      process: running.process,
      end,
      invokedAt: running.invokedAt,
      completedAt: end === 'open' ? Number.POSITIVE_INFINITY : this.#position++,
      isInitial: false,
      operations,
    });
    if (end === 'open') this.#incarnation++;
    this.#running[slot] = undefined;
  }
}
