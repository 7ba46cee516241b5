/**
 * Judges what a session, here a process, may expect of its own operations on a key.
 *
 * - read your writes: a read does not see less than the process itself wrote before;
 * - monotonic reads: a read does not see less than the process saw before;
 * - monotonic writes: writes take effect in the order in which the process made them;
 * - writes follow reads: a write takes effect after the writes that the process saw before it.
 *
 * Each says of two writes of a key which one is the newer. A guarantee holds when all that it says
 * can be true at once: when there is no cycle, and nothing is said to be older than the initial
 * value. Where the system tells versions, they are held against it as well. Values must be unique
 * per key, since a read tells by its value which write it saw; keys where they are not are left
 * out, and named. What the guarantees say across keys is causal consistency, which the judge of
 * transactions decides.
 *
 * Cost: linear, but where a session reads back values that are older than its last ones. Source:
 * Terry et al., Session guarantees for weakly consistent replicated data, 1994.
 */
import { type HistoryEvent, pairSlices, type RecordedOperation, type Value } from '../history.ts';
import { canonical, describeOperation } from '../model.ts';
import { ObservedWrites } from '../observed-writes.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';

/** The guarantees, by the names that reports use. */
export const SESSION_GUARANTEES = [
  'read-your-writes',
  'monotonic-reads',
  'monotonic-writes',
  'writes-follow-reads',
] as const;

/** One of the guarantees. */
export type SessionGuarantee = (typeof SESSION_GUARANTEES)[number];

/** What a caller may set. */
export interface SessionOptions {
  /** Which must hold; all of them. */
  readonly guarantees?: readonly SessionGuarantee[];
  /** What a key holds that nobody wrote; null. */
  readonly initial?: Value;
  /** The version that a write made, where the system tells: greater is newer. */
  readonly version?: (write: RecordedOperation) => number | undefined;
  /** The session of a process; the process itself. `c1` for `c1.2`, for example. */
  readonly session?: (process: string) => string;
}

/** One write is newer than another, because of two operations of a process. */
interface Newer {
  readonly from: string;
  readonly to: string;
  readonly because: readonly [RecordedOperation, RecordedOperation];
}

/**
 * An edge of the graph of what is newer. Its nodes are writes, by value, and knots: a knot is newer
 * than a number of writes, so that what is newer than the knot is newer than all of them.
 */
interface Edge {
  readonly from: string;
  readonly to: string;
  /** The operation that the edge comes from, unless it comes from a knot. */
  readonly before: RecordedOperation | undefined;
  /** The operation that the edge leads to, unless it leads to a knot. */
  readonly after: RecordedOperation | undefined;
}

/** Judges `read` and `write` operations of registers. */
export function checkSessions(
  history: readonly HistoryEvent[],
  options: SessionOptions = {},
): Verdict {
  return finishSlices(sessionSlices(history, options));
}

/** The same in slices. */
export function* sessionSlices(
  history: readonly HistoryEvent[],
  options: SessionOptions = {},
): Slices<Verdict> {
  const operations = yield* pairSlices(history);
  const pace = new Pace('sessions');
  const initial = canonical(options.initial ?? null);
  const byKey = yield* groupByKey(operations, pace);
  const violations: Violation[] = [];
  const skipped: string[] = [];
  let testedCount = 0;
  for (const [key, part] of byKey) {
    if (!(yield* hasUniqueValues(part, initial, pace))) {
      skipped.push(`key ${key ?? 'of no name'}: a value was written twice`);
      continue;
    }
    testedCount += part.filter(({ end }) => end === 'ok').length;
    const garbage = garbageIn(part, initial);
    if (garbage !== undefined) violations.push(garbage);
    for (const { anomaly, shown } of yield* faultsOf(part, initial, options, pace)) {
      if (violations.length >= MAX_VIOLATIONS) break;
      violations.push(explain(anomaly, shown, yield* ObservedWrites.among(part)));
    }
  }
  const coverage = yield* coverageSlices('session guarantees', operations, skipped);
  if (skipped.length === byKey.size && byKey.size > 0) {
    const sentence = 'no key has unique values';
    return { type: 'unknown', coverage, reason: { code: 'undecided', sentence } };
  }
  return concluded({
    coverage,
    decidedBy: 'cycles',
    violations,
    testedCount,
    nothing: 'of no key with unique values is an operation known to have happened',
  });
}

/** A guarantee that is broken; or, where no single one is, that they are not kept together. */
interface Fault {
  readonly anomaly: SessionGuarantee | 'session-guarantees-together';
  readonly shown: Contradiction;
}

/**
 * What is wrong with the operations of a key. Guarantees of which each has an order of the writes
 * need one that is the same for all: p writes 1, then 2, and q reads 2, then 1. The reads are
 * monotonic where 2 is older, the writes where 1 is.
 */
function* faultsOf(
  part: readonly RecordedOperation[],
  initial: string,
  options: SessionOptions,
  pace: Pace,
): Slices<readonly Fault[]> {
  const faults: Fault[] = [];
  const kept: Claims[] = [];
  for (const guarantee of options.guarantees ?? SESSION_GUARANTEES) {
    const claims = yield* claimsOf(guarantee, part, options, pace);
    const shown = yield* faultOf(claims, initial, options, pace);
    if (shown === undefined) kept.push(claims);
    else faults.push({ anomaly: guarantee, shown });
  }
  if (faults.length > 0 || kept.length < 2) return faults;
  const cycle = yield* cycleIn(edgesOf(kept), pace);
  if (cycle === undefined) return faults;
  const shown = { cycle: pairsOf(cycle), but: 'each would be newer than the other' };
  return [{ anomaly: 'session-guarantees-together', shown }];
}

function* edgesOf(claims: readonly Claims[]): IterableIterator<Edge> {
  for (const { edges } of claims) yield* edges;
}

/** A read of what nobody wrote: of its place among the writes no guarantee says anything. */
function garbageIn(part: readonly RecordedOperation[], initial: string): Violation | undefined {
  const written = new Set([initial]);
  for (const operation of part) {
    if (operation.f === 'write' && operation.end !== 'fail') written.add(valueText(operation));
  }
  const read = part.find(
    (operation) =>
      operation.f === 'read' && operation.end === 'ok' && !written.has(valueText(operation)),
  );
  if (read === undefined) return undefined;
  const sentence = `${read.process} did ${describeOperation(read)}, which nobody wrote.`;
  return violationOf('garbage-read', [sentence], [read], read);
}

function* groupByKey(
  operations: readonly RecordedOperation[],
  pace: Pace,
): Slices<ReadonlyMap<string | undefined, readonly RecordedOperation[]>> {
  const groups = new Map<string | undefined, RecordedOperation[]>();
  for (const operation of operations) {
    if (pace.isOver()) yield;
    const group = groups.get(operation.key) ?? [];
    groups.set(operation.key, group);
    group.push(operation);
  }
  return groups;
}

/** Whether no value is written twice, and none that is there at first. */
function* hasUniqueValues(
  part: readonly RecordedOperation[],
  initial: string,
  pace: Pace,
): Slices<boolean> {
  const values = new Set([initial]);
  for (const operation of part) {
    if (pace.isOver()) yield;
    if (operation.f !== 'write' || operation.end === 'fail') continue;
    const value = canonical(operation.argument ?? null);
    if (values.has(value)) return false;
    values.add(value);
  }
  return true;
}

/** What a guarantee says of the writes of one key, from what each session did in its order. */
function* claimsOf(
  guarantee: SessionGuarantee,
  part: readonly RecordedOperation[],
  { session: sessionOf = (process) => process, version }: SessionOptions,
  pace: Pace,
): Slices<Claims> {
  const claims = new Claims(guarantee, versionsOf(part, version));
  const [earlierF, laterF] = KINDS[guarantee];
  for (const operation of part) {
    if (pace.isOver(2)) yield;
    const { f, end } = operation;
    if (end === 'fail' || (f === 'read' && end === 'open')) continue;
    const session = sessionOf(operation.process);
    if (f === laterF) claims.follow(session, operation);
    // What may not have happened need not be seen.
    if (f === earlierF && end === 'ok') claims.remember(session, operation);
  }
  return claims;
}

/** The versions of values: of the writes that made them. */
function versionsOf(
  part: readonly RecordedOperation[],
  version: SessionOptions['version'],
): ReadonlyMap<string, number> {
  const versions = new Map<string, number>();
  for (const operation of part) {
    if (operation.f !== 'write' || operation.end === 'fail') continue;
    const made = version?.(operation);
    if (made !== undefined) versions.set(valueText(operation), made);
  }
  return versions;
}

/** What comes earlier, and what comes later, in each guarantee. */
const KINDS: Readonly<Record<SessionGuarantee, readonly [string, string]>> = {
  'read-your-writes': ['write', 'read'],
  'monotonic-reads': ['read', 'read'],
  'monotonic-writes': ['write', 'write'],
  'writes-follow-reads': ['read', 'write'],
};

/** What a session did earlier: its values, each with a knot, and the newest by version. */
interface Earlier {
  readonly operations: RecordedOperation[];
  readonly values: string[];
  /** Where a value comes first in `values`. */
  readonly firsts: Map<string, number>;
  newest: RecordedOperation | undefined;
}

/** Collects edges. Belongs to one key and guarantee. */
class Claims {
  readonly edges: Edge[] = [];
  /** Pairs of which versions say the opposite. */
  readonly against: Newer[] = [];
  readonly #earlier = new Map<string, Earlier>();
  readonly #guarantee: SessionGuarantee;
  readonly #versions: ReadonlyMap<string, number>;

  constructor(guarantee: SessionGuarantee, versions: ReadonlyMap<string, number>) {
    this.#guarantee = guarantee;
    this.#versions = versions;
  }

  /** What follows in the session is at least as new as this. */
  remember(session: string, operation: RecordedOperation): void {
    const earlier = this.#earlier.get(session) ?? nothing();
    this.#earlier.set(session, earlier);
    const value = valueText(operation);
    if (earlier.values.at(-1) === value) return;
    const index = earlier.values.push(value) - 1;
    earlier.operations.push(operation);
    if (!earlier.firsts.has(value)) earlier.firsts.set(value, index);
    const knot = this.#knotOf(session, index);
    this.edges.push({ from: value, to: knot, before: operation, after: undefined });
    if (index > 0) {
      const from = this.#knotOf(session, index - 1);
      this.edges.push({ from, to: knot, before: undefined, after: undefined });
    }
    const version = this.#versions.get(value);
    if (version === undefined) return;
    if (version >= (this.#versionOf(earlier.newest) ?? version)) earlier.newest = operation;
  }

  /** This is at least as new as whatever the session did earlier. */
  follow(session: string, after: RecordedOperation): void {
    const earlier = this.#earlier.get(session);
    if (earlier === undefined) return;
    const { operations, values, firsts, newest } = earlier;
    const to = valueText(after);
    // A value is as new as itself: the knots that hold it would say that it is newer.
    const clear = firsts.get(to) ?? values.length;
    if (clear > 0) {
      const from = this.#knotOf(session, clear - 1);
      this.edges.push({ from, to, before: undefined, after });
    }
    for (let index = clear + 1; index < values.length; index++) {
      const [from, before] = [values[index] ?? '', operations[index]];
      if (from !== to) this.edges.push({ from, to, before, after });
    }
    const [before, version] = [this.#versionOf(newest), this.#versions.get(to)];
    if (newest === undefined || before === undefined || version === undefined) return;
    if (before > version) {
      this.against.push({ from: valueText(newest), to, because: [newest, after] });
    }
  }

  /**
   * The pair of an operation of the session and `after`, which says that the value of `after` is
   * newer.
   */
  pairWith(session: string, after: RecordedOperation): Newer | undefined {
    const before = this.#earlier.get(session)?.operations.find((it) => it.id < after.id);
    return before && { from: valueText(before), to: valueText(after), because: [before, after] };
  }

  // Knots of other guarantees are others: they hold other operations.
  #knotOf(session: string, index: number): string {
    return `${this.#guarantee}: knot ${index} of ${session}`;
  }

  #versionOf(operation: RecordedOperation | undefined): number | undefined {
    return operation && this.#versions.get(valueText(operation));
  }
}

function nothing(): Earlier {
  return { operations: [], values: [], firsts: new Map(), newest: undefined };
}

function valueText({ f, argument, result }: RecordedOperation): string {
  return canonical((f === 'write' ? argument : result) ?? null);
}

/** What contradicts itself, and why. */
interface Contradiction {
  readonly cycle: readonly Newer[];
  readonly but: string;
}

function* faultOf(
  claims: Claims,
  initial: string,
  { session: sessionOf = (process) => process }: SessionOptions,
  pace: Pace,
): Slices<Contradiction | undefined> {
  const [against] = claims.against;
  if (against !== undefined) return { cycle: [against], but: 'its version is the older one' };
  const begin = claims.edges.find(({ to, after }) => to === initial && after !== undefined);
  if (begin?.after !== undefined) {
    const pair = claims.pairWith(sessionOf(begin.after.process), begin.after);
    if (pair !== undefined) return { cycle: [pair], but: 'the initial value is the oldest' };
  }
  const cycle = yield* cycleIn(claims.edges, pace);
  return cycle && { cycle: pairsOf(cycle), but: 'each would be newer than the other' };
}

/** The edges of a cycle without its knots: each pair goes from a write to the next write. */
function pairsOf(cycle: readonly Edge[]): readonly Newer[] {
  const start = cycle.findIndex(({ before }) => before !== undefined);
  const pairs: Newer[] = [];
  let [from, before] = ['', cycle[start]?.before];
  for (let step = 0; step < cycle.length; step++) {
    const edge = cycle[(start + step) % cycle.length];
    if (edge?.before !== undefined) [from, before] = [edge.from, edge.before];
    if (edge?.after === undefined || before === undefined) continue;
    pairs.push({ from, to: edge.to, because: [before, edge.after] });
  }
  return pairs;
}

/** The edges of some cycle, in order; undefined where there is none. */
function* cycleIn(edges: Iterable<Edge>, pace: Pace): Slices<readonly Edge[] | undefined> {
  const next = new Map<string, Edge[]>();
  for (const edge of edges) {
    if (pace.isOver()) yield;
    const list = next.get(edge.from) ?? [];
    next.set(edge.from, list);
    list.push(edge);
  }
  const done = new Set<string>();
  for (const start of next.keys()) {
    const cycle = done.has(start) ? undefined : yield* cycleFrom(start, next, done, pace);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Depth first, without recursion: a session may be long. */
function* cycleFrom(
  start: string,
  next: ReadonlyMap<string, readonly Edge[]>,
  done: Set<string>,
  pace: Pace,
): Slices<readonly Edge[] | undefined> {
  const path: { readonly name: string; readonly via: Edge | undefined; at: number }[] = [
    { name: start, via: undefined, at: 0 },
  ];
  const onPath = new Map<string, number>([[start, 0]]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (pace.isOver()) yield;
    const edge = next.get(top.name)?.[top.at++];
    if (edge === undefined) {
      done.add(top.name);
      onPath.delete(top.name);
      path.pop();
      continue;
    }
    const seenAt = onPath.get(edge.to);
    if (seenAt !== undefined) {
      const vias = path.slice(seenAt + 1).flatMap(({ via }) => (via === undefined ? [] : [via]));
      return [...vias, edge];
    }
    if (done.has(edge.to)) continue;
    onPath.set(edge.to, path.length);
    path.push({ name: edge.to, via: edge, at: 0 });
  }
  return undefined;
}

const SAYS: Readonly<Record<SessionGuarantee, string>> = {
  'read-your-writes': 'so what it read is newer than what it had written',
  'monotonic-reads': 'so what it read is newer than what it had read before',
  'monotonic-writes': 'so the second write is newer than the first',
  'writes-follow-reads': 'so what it wrote is newer than what it had read',
};

/** The guarantee that says something of two operations of a session. */
function guaranteeOf(before: RecordedOperation, after: RecordedOperation): SessionGuarantee {
  if (before.f === 'write') return after.f === 'write' ? 'monotonic-writes' : 'read-your-writes';
  return after.f === 'write' ? 'writes-follow-reads' : 'monotonic-reads';
}

function explain(
  anomaly: Fault['anomaly'],
  { cycle, but }: Contradiction,
  observed: ObservedWrites,
): Violation {
  const operations = new Map(cycle.flatMap(({ because }) => because.map((it) => [it.id, it])));
  const shown = observed.with([...operations.values()]);
  const sentences = cycle.map(
    ({ because: [before, after] }) =>
      `${after.process} did ${describeOperation(before)} and then ${describeOperation(after)}, ` +
      `${SAYS[guaranteeOf(before, after)]}.`,
  );
  const arrows = cycle.map(({ because: [before, after] }) => {
    return { from: before.id, to: after.id, label: 'is older than' };
  });
  return violationOf(
    anomaly,
    [...sentences, `That cannot be: ${but}.`],
    shown,
    cycle.at(-1)?.because[1],
    arrows,
  );
}
