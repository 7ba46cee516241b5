/**
 * The judge of read committed, read atomic and causal consistency, complete and near-linear.
 *
 * A history of registers with unique values keeps such a level exactly when some order of all
 * transactions, the commit order, extends sessions and reads and obeys one axiom. All three say: if
 * a transaction reads key `x` from `a`, and `b`, which also writes `x`, is visible to the read,
 * then
 * `b` commits before `a`. They differ in what is visible:
 *
 * | level | visible to a read of `c` |
 * | --- | --- |
 * | read-committed | whom an earlier read of `c` has read from |
 * | read-atomic | whom `c` reads from, and the earlier transactions of its session |
 * | causal | whoever reaches `c` by reads and sessions |
 *
 * So the orders that the axiom asks for are added as edges, only enough of them for the others to
 * follow, and the level holds exactly when the graph is acyclic.
 *
 * Source: Biswas and Enea, OOPSLA 2019 (the axioms); AWDIT, PLDI 2025 (how few edges suffice). For
 * `n` operations in `k` sessions: read-committed and read-atomic O(n^1.5), causal O(n k log n).
 */
import { HistoryFault } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import { type Coverage, nothingTested, type Verdict, type Violation } from '../verdict.ts';
import {
  type CommitOrder,
  causalOrders,
  readAtomicOrders,
  readCommittedOrders,
} from './commit-orders.ts';
import { findComponents } from './components.ts';
import { type DependencyGraph, EdgeKind, EdgeList } from './dependency-graph.ts';
import { explainDirect, type Finding, toViolation } from './explanation.ts';
import { clockEntryCount, HappensBefore, MAX_CLOCK_ENTRIES } from './happens-before.ts';
import {
  GENESIS,
  type SessionHistory,
  sessionHistoryTask,
  toSessionHistory,
} from './session-history.ts';
import { PathFinder } from './shortest-path.ts';
import { shrinkHistory } from './sub-history.ts';
import { describeTransaction, nameOf, type Transaction } from './transaction.ts';

/** The levels of this judge, weakest first: each is implied by the next. */
export const WEAK_LEVELS = ['read-committed', 'read-atomic', 'causal'] as const;

/** A level of this judge. */
export type WeakLevel = (typeof WEAK_LEVELS)[number];

/**
 * What a history that fails a level shows, if its reads and sessions form no cycle by themselves.
 */
const ANOMALIES = {
  'read-committed': 'non-monotonic-read',
  'read-atomic': 'fractured-read',
  causal: 'stale-causal-read',
} as const satisfies Readonly<Record<WeakLevel, string>>;

/** What it shows if they do, at every level. */
const CAUSALITY_CYCLE = 'causality-cycle';

/** The names that this judge gives, beside those of single transactions. */
export const WEAK_ANOMALY_NAMES: readonly string[] = [...Object.values(ANOMALIES), CAUSALITY_CYCLE];

/**
 * The verdict on a history of registers at one level.
 *
 * `unknown` where values are not unique (`undecided`), where there are more sessions than memory
 * for clocks (`memory`), and where no key was read that was written (`nothing-tested`).
 *
 * @throws HistoryFault when a transaction appends, deletes or reads by predicate
 */
export function judgeWeakIsolation(
  transactions: readonly Transaction[],
  level: WeakLevel,
): Verdict {
  return finishTask(weakIsolationTask(transactions, level));
}

/**
 * The same judgement in slices. Done at once, each a fraction of the whole: finding the components
 * of the graph, and laying out its edges.
 */
export function* weakIsolationTask(
  transactions: readonly Transaction[],
  level: WeakLevel,
): Task<Verdict> {
  const pace = new Pace(`${level} (rw-register)`);
  for (const transaction of transactions) {
    refuseOthers(transaction);
    if (pace.isOver()) yield pace.progress;
  }
  const history = yield* sessionHistoryTask(transactions, pace);
  const coverage = coverageOfSessions(`${level} (rw-register)`, transactions, history);
  if (history.ambiguousCount > 0) {
    const sentence = `${history.ambiguousCount} writes gave a key a value that it was given before`;
    return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
  }
  if (level === 'causal' && clockEntryCount(history) > MAX_CLOCK_ENTRIES) {
    const count = `${history.nodeCount} transactions in ${history.sessions.length} sessions`;
    const sentence = `${count} need more than ${MAX_CLOCK_ENTRIES} clock entries`;
    return { type: 'unknown', coverage, reason: { code: 'memory', sentence } };
  }
  const finding = yield* violationTask(transactions, history, level, pace);
  if (finding !== undefined) {
    const violations = [shrunk(finding, transactions, level)];
    return { type: 'invalid', coverage, decidedBy: 'commit order', violations };
  }
  if (history.testedReadCount === 0) {
    return nothingTested(coverage, 'no transaction read a key that was written');
  }
  return { type: 'valid', coverage, decidedBy: 'commit order' };
}

function refuseOthers({ id, operations }: Transaction): void {
  const other = operations.find(({ type }) => type !== 'read' && type !== 'write');
  if (other === undefined) return;
  throw new HistoryFault(nameOf(id), `has a step of type ${other.type}, but must read and write`);
}

/** What is wrong with a history at a level, the plainest first. */
export function* violationTask(
  transactions: readonly Transaction[],
  history: SessionHistory,
  level: WeakLevel,
  pace: Pace,
): Task<Finding | undefined> {
  const [anomaly] = history.anomalies;
  if (anomaly !== undefined) return explainDirect(transactions, anomaly);
  const edges = new EdgeList(history.nodeCount);
  yield* addSessionsAndReads(edges, history, pace);
  const causes = edges.toGraph(history.nodeCount);
  yield pace.progress;
  const circular = findCycle(causes);
  const explain = new CycleExplanation(transactions, history, causes);
  if (circular !== undefined) return explain.finding(CAUSALITY_CYCLE, circular);
  const orders: CommitOrder[] = [];
  yield pace.progress;
  for (const order of yield* ordersTask(history, level, causes, pace)) {
    if (pace.isOver()) yield pace.progress;
    edges.add(order.first, order.second, EdgeKind.ww, order.key, orders.length);
    orders.push(order);
  }
  const graph = edges.toGraph(history.nodeCount);
  yield pace.progress;
  const cycle = findCycle(graph);
  if (cycle === undefined) return undefined;
  return explain.finding(ANOMALIES[level], cycle, orders, level);
}

function* addSessionsAndReads(edges: EdgeList, history: SessionHistory, pace: Pace): Task<void> {
  for (let node = 1; node < history.nodeCount; node++) {
    if (pace.isOver(1 + (history.reads[node] ?? []).length)) yield pace.progress;
    edges.add(history.before[node] as number, node, EdgeKind.process);
    const seen = new Set<number>();
    for (const { key, writer } of history.reads[node] ?? []) {
      if (seen.has(writer)) continue;
      seen.add(writer);
      edges.add(writer, node, EdgeKind.wr, key);
    }
  }
}

function* ordersTask(
  history: SessionHistory,
  level: WeakLevel,
  causes: DependencyGraph,
  pace: Pace,
): Task<Iterable<CommitOrder>> {
  if (level === 'read-committed') return readCommittedOrders(history);
  if (level === 'read-atomic') return readAtomicOrders(history);
  // Acyclic: each node is a component, and sinks have the lowest numbers.
  const { componentOf } = findComponents(causes);
  const order = Array.from(componentOf.keys()).sort(
    (a, b) => (componentOf[b] as number) - (componentOf[a] as number),
  );
  const happensBefore = new HappensBefore(history);
  for (const node of order) {
    happensBefore.add(node);
    if (pace.isOver(history.sessions.length >>> 2)) yield pace.progress;
  }
  return causalOrders(history, happensBefore);
}

/** One step of a cycle, by node. */
interface Step {
  readonly source: number;
  readonly target: number;
  readonly kind: number;
  readonly key: number;
  /** The index of the commit order, where it is one. */
  readonly order: number;
}

/** How many edges of a cyclic component are tried for a short cycle. */
const MAX_TRIES = 64;

/** A short cycle of a graph, if it has one. */
function findCycle(graph: DependencyGraph): Step[] | undefined {
  const { componentOf, sizes } = findComponents(graph);
  if (sizes.length === graph.nodeCount) return undefined;
  const finder = new PathFinder({
    ...graph,
    isFree: () => false,
    isAllowed: () => true,
  });
  let best: number[] | undefined;
  let tries = 0;
  const sources = new Int32Array(graph.edgeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    sources.fill(node, graph.first[node], graph.first[node + 1]);
  }
  for (let edge = 0; edge < graph.edgeCount && tries < MAX_TRIES; edge++) {
    const [source, target] = [sources[edge] as number, graph.targets[edge] as number];
    if (componentOf[source] !== componentOf[target]) continue;
    tries++;
    const walk = [edge, ...(finder.find(target, source) ?? [])];
    if (best === undefined || walk.length < best.length) best = walk;
  }
  return best?.map((edge) => ({
    source: sources[edge] as number,
    target: graph.targets[edge] as number,
    kind: graph.kinds[edge] as number,
    key: graph.befores[edge] as number,
    order: graph.afters[edge] as number,
  }));
}

/** Cycles of commits in words. */
class CycleExplanation {
  readonly #transactions: readonly Transaction[];
  readonly #history: SessionHistory;
  readonly #causes: DependencyGraph;

  constructor(
    transactions: readonly Transaction[],
    history: SessionHistory,
    causes: DependencyGraph,
  ) {
    this.#transactions = transactions;
    this.#history = history;
    this.#causes = causes;
  }

  finding(
    name: string,
    cycle: readonly Step[],
    orders: readonly CommitOrder[] = [],
    level: WeakLevel = 'causal',
  ): Finding {
    const involved = new Set<number>();
    const steps = cycle.map((step, index) => {
      const order = step.kind === EdgeKind.ww ? orders[step.order] : undefined;
      for (const node of [step.source, step.target, order?.reader ?? GENESIS]) involved.add(node);
      const why = order === undefined ? this.#whySeen(step) : this.#whyOrdered(order, level);
      const claim = `${this.#name(step.source)} precedes ${this.#name(step.target)}`;
      const isLast = index === cycle.length - 1;
      return isLast
        ? `Yet ${claim}, because ${why}: a contradiction.`
        : `${claim}, because ${why}.`;
    });
    involved.delete(GENESIS);
    const ids = [...involved]
      .map((node) => this.#history.ids[node] as number)
      .sort((a, b) => a - b);
    const lead = ids.map((id) => {
      const transaction = this.#transactions[id] as Transaction;
      return `${nameOf(id)}: ${describeTransaction(transaction)}`;
    });
    const arrows = cycle
      .filter(({ source, target }) => source !== GENESIS && target !== GENESIS)
      .map(({ source, target, kind }) => ({
        from: this.#history.ids[source] as number,
        to: this.#history.ids[target] as number,
        label: kind === EdgeKind.ww ? 'must commit first' : kind === EdgeKind.wr ? 'wr' : 'session',
      }));
    return { name, transactions: ids, sentences: [...lead, ...steps], arrows };
  }

  #name(node: number): string {
    if (node === GENESIS) return 'the state before all writes';
    return nameOf(this.#history.ids[node] as number);
  }

  #key(key: number): string {
    return this.#history.keyNames[key] as string;
  }

  #whySeen({ source, target, kind, key }: Step): string {
    if (kind === EdgeKind.wr) {
      return `${this.#name(target)} read ${this.#key(key)} from ${this.#name(source)}`;
    }
    if (source === GENESIS) return 'it is what the history begins with';
    const { process, isInitial } = this.#transactions[
      this.#history.ids[source] as number
    ] as Transaction;
    return isInitial ? 'it is what the history begins with' : `session ${process} did it first`;
  }

  #whyOrdered({ first, second, key, reader }: CommitOrder, level: WeakLevel): string {
    const read = `${this.#name(reader)} read ${this.#key(key)} from ${this.#name(second)}`;
    const wrote = `${this.#name(first)}, which writes it too`;
    if (level === 'read-committed') {
      return `${read} after it had read from ${wrote}`;
    }
    return `${read} although it could see ${wrote} (${this.#path(first, reader)})`;
  }

  #path(from: number, to: number): string {
    const finder = new PathFinder({
      ...this.#causes,
      isFree: () => false,
      isAllowed: () => true,
    });
    const path = finder.find(from, to) ?? [];
    const nodes = [from, ...path.map((edge) => this.#causes.targets[edge] as number)];
    return nodes.map((node) => this.#name(node)).join(' then ');
  }
}

/** The violation with the smallest sub-history that was found to show it. */
function shrunk(
  finding: Finding,
  transactions: readonly Transaction[],
  level: WeakLevel,
): Violation {
  const judge = (subset: readonly Transaction[]): ReadonlySet<string> => {
    const history = toSessionHistory(subset);
    const found = finishTask(violationTask(subset, history, level, new Pace(level)));
    return new Set(found === undefined ? [] : [found.name]);
  };
  const names = new Set([finding.name]);
  const keys = new Set(
    finding.transactions.flatMap((id) =>
      (transactions[id]?.operations ?? []).map((step) => ('key' in step ? step.key : '')),
    ),
  );
  const around = transactions.filter(({ operations }) =>
    operations.some((step) => step.type === 'write' && keys.has(step.key)),
  );
  const shown = shrinkHistory(
    transactions,
    finding.name,
    finding.transactions,
    around.map(({ id }) => id),
    names,
    judge,
  );
  return toViolation(finding, transactions, shown);
}

function coverageOfSessions(
  check: string,
  transactions: readonly Transaction[],
  history: SessionHistory,
): Coverage {
  const count = (end: Transaction['end']) =>
    transactions.filter((transaction) => transaction.end === end).length;
  return {
    check,
    operationCount: transactions.length,
    okCount: count('ok'),
    failCount: count('fail'),
    openCount: count('open'),
    keyCount: history.keyNames.length,
    isTested: history.testedReadCount > 0,
    notChecked: [],
  };
}
