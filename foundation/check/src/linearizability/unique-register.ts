/**
 * Decides in O(n log n) whether a register is linearizable in which no value is written twice.
 *
 * Each read then tells which write it saw. A write and the reads of its value are a cluster. The
 * value must be in the register from the first end in the cluster to the last beginning. If the
 * first end comes earlier, that span is a forward zone: nothing else may be in the register then.
 * If not, all operations of the cluster overlap at some moment, anywhere in its backward zone.
 *
 * ```
 *   write 1  |-----|                          write 2      |--------|
 *   read 1             |-----|                read 2          |--|
 *                  ^zzzz^ forward zone                        ^zz^ backward zone
 * ```
 *
 * The history is linearizable exactly when each read follows, or overlaps, its write; no two
 * forward zones overlap; and no backward zone lies inside a forward zone.
 *
 * Source: Gibbons and Korach, Testing shared memories, 1997, theorem 4.2 and section 4.1.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';

/** Why such a register is not linearizable. */
export type UniqueFault =
  | { readonly type: 'garbage-read'; readonly read: RecordedOperation }
  | {
      readonly type: 'future-read';
      readonly read: RecordedOperation;
      readonly write: RecordedOperation;
    }
  | { readonly type: 'overlap'; readonly outer: Zone; readonly inner: Zone };

/** The span in which a value must, or may, be in the register; by positions in the history. */
export interface Zone {
  readonly value: Value;
  /** Undefined for the value that the register begins with. */
  readonly write: RecordedOperation | undefined;
  /**
   * The operation of the cluster that ends first; undefined where that is the beginning of time.
   */
  readonly firstEnd: RecordedOperation | undefined;
  /**
   * The operation of the cluster that begins last; undefined where that is the beginning of time.
   */
  readonly lastBegin: RecordedOperation | undefined;
  readonly low: number;
  readonly high: number;
  readonly isForward: boolean;
}

/**
 * The first fault of a register; `linearizable` when there is none; undefined when a value is
 * written twice, or when there are operations other than reads and writes, so that this rule says
 * nothing.
 *
 * @param operations the operations of one register, in the order of their invocations
 */
export function judgeUniqueRegister(
  operations: readonly RecordedOperation[],
  initial: Value,
): 'linearizable' | UniqueFault | undefined {
  return finishSlices(uniqueRegisterSlices(operations, initial));
}

/** The same in slices; only the sorting of the zones is done at once. */
export function* uniqueRegisterSlices(
  operations: readonly RecordedOperation[],
  initial: Value,
): Slices<'linearizable' | UniqueFault | undefined> {
  const pace = new Pace('unique values');
  const clusters = yield* clusterSlices(operations, initial, pace);
  if (clusters === undefined) return undefined;
  if (!(clusters instanceof Map)) return clusters;
  const needed: Cluster[] = [];
  for (const cluster of clusters.values()) {
    if (pace.isOver()) yield;
    const isNeeded = cluster.write?.end !== 'open' || cluster.readCount > 0;
    if (isNeeded) needed.push(cluster);
  }
  const pair = yield* overlapSlices(needed, pace);
  if (pair === undefined) return 'linearizable';
  return { type: 'overlap', outer: zoneOf(pair[0]), inner: zoneOf(pair[1]) };
}

interface Cluster {
  readonly value: Value;
  readonly write: RecordedOperation | undefined;
  readCount: number;
  firstEnd: RecordedOperation | undefined;
  lastBegin: RecordedOperation | undefined;
  low: number;
  high: number;
}

const BEGINNING = -1;

function* clusterSlices(
  operations: readonly RecordedOperation[],
  initial: Value,
  pace: Pace,
): Slices<Map<Value, Cluster> | UniqueFault | undefined> {
  const clusters = new Map<Value, Cluster>();
  clusters.set(nameOf(initial), {
    value: initial,
    write: undefined,
    readCount: 0,
    firstEnd: undefined,
    lastBegin: undefined,
    low: BEGINNING,
    high: BEGINNING,
  });
  for (const operation of operations) {
    if (pace.isOver()) yield;
    if (operation.f !== 'read' && operation.f !== 'write') return undefined;
    if (operation.f === 'read' || operation.end === 'fail') continue;
    const name = nameOf(operation.argument ?? null);
    if (clusters.has(name)) return undefined;
    clusters.set(name, clusterOf(operation));
  }
  const fault = yield* joinSlices(operations, clusters, pace);
  return fault ?? clusters;
}

/** Puts each read into the cluster of its value. */
function* joinSlices(
  operations: readonly RecordedOperation[],
  clusters: ReadonlyMap<Value, Cluster>,
  pace: Pace,
): Slices<UniqueFault | undefined> {
  for (const operation of operations) {
    if (pace.isOver()) yield;
    if (operation.f !== 'read' || operation.end !== 'ok') continue;
    const cluster = clusters.get(nameOf(operation.result ?? null));
    if (cluster === undefined) return { type: 'garbage-read', read: operation };
    const { write } = cluster;
    if (write !== undefined && operation.completedAt < write.invokedAt) {
      return { type: 'future-read', read: operation, write };
    }
    join(cluster, operation);
  }
  return undefined;
}

/** A name under which equal values are found: the value itself, or the text of a composite one. */
function nameOf(value: Value): Value {
  return typeof value === 'object' && value !== null ? `json ${canonical(value)}` : tagged(value);
}

/** A string cannot be taken for the text of a composite value. */
function tagged(value: Value): Value {
  return typeof value === 'string' ? `text ${value}` : value;
}

function clusterOf(write: RecordedOperation): Cluster {
  return {
    value: write.argument ?? null,
    write,
    readCount: 0,
    firstEnd: write,
    lastBegin: write,
    low: write.completedAt,
    high: write.invokedAt,
  };
}

function join(cluster: Cluster, read: RecordedOperation): void {
  cluster.readCount++;
  if (read.completedAt < cluster.low) {
    cluster.low = read.completedAt;
    cluster.firstEnd = read;
  }
  if (read.invokedAt > cluster.high) {
    cluster.high = read.invokedAt;
    cluster.lastBegin = read;
  }
}

/** `low` of a cluster is its first end, `high` its last beginning; a zone has them in order. */
function zoneOf(cluster: Cluster): Zone {
  const { value, write, firstEnd, lastBegin } = cluster;
  const [low, high] = [fromOf(cluster), toOf(cluster)];
  return { value, write, firstEnd, lastBegin, low, high, isForward: isForward(cluster) };
}

function isForward({ low, high }: Cluster): boolean {
  return low < high;
}

/** Where the zone begins. Of a million clusters only two are made zones. */
function fromOf({ low, high }: Cluster): number {
  return Math.min(low, high);
}

function toOf({ low, high }: Cluster): number {
  return Math.max(low, high);
}

/** Two whose forward zones overlap, or one whose backward zone is inside a forward one. */
function* overlapSlices(
  clusters: readonly Cluster[],
  pace: Pace,
): Slices<readonly [outer: Cluster, inner: Cluster] | undefined> {
  const forward = clusters.filter(isForward).sort((a, b) => fromOf(a) - fromOf(b));
  for (const [index, inner] of forward.entries()) {
    if (pace.isOver()) yield;
    const outer = forward[index - 1];
    if (outer !== undefined && fromOf(inner) < toOf(outer)) return [outer, inner];
  }
  for (const inner of clusters) {
    if (pace.isOver()) yield;
    if (isForward(inner)) continue;
    const outer = lastBefore(forward, fromOf(inner));
    if (outer !== undefined && toOf(inner) < toOf(outer)) return [outer, inner];
  }
  return undefined;
}

/** The last whose zone begins before `position`: they are in order and do not overlap. */
function lastBefore(forward: readonly Cluster[], position: number): Cluster | undefined {
  let [from, to] = [0, forward.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const cluster = forward[middle];
    if (cluster !== undefined && fromOf(cluster) < position) from = middle + 1;
    else to = middle;
  }
  return forward[from - 1];
}
