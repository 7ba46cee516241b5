/**
 * The commits that an axiom of weak isolation orders: `first` before `second`, because `reader`
 * read
 * `key` from `second` although `first`, which writes it too, was visible to it.
 *
 * Not all of them are listed, but enough for the others to follow along sessions.
 */
import type { HappensBefore } from './happens-before.ts';
import { GENESIS, type SessionHistory, type SessionRead } from './session-history.ts';

/** One order of two commits, by node. */
export interface CommitOrder {
  readonly first: number;
  readonly second: number;
  readonly key: number;
  readonly reader: number;
}

/**
 * Read committed: visible is whom an earlier read of the same transaction has read from.
 *
 * It is enough to order a writer once, at the first read from it, with the next read of each of its
 * keys, and each read of a key with the next one. O(n^1.5): of two sets the smaller is walked.
 */
export function* readCommittedOrders(history: SessionHistory): Generator<CommitOrder, void, void> {
  for (let reader = 1; reader < history.nodeCount; reader++) {
    for (const order of ordersWithin(history, history.reads[reader] ?? [])) {
      yield { ...order, reader };
    }
  }
}

/** The orders that the reads of one transaction ask for, the last reads first. */
function* ordersWithin(
  history: SessionHistory,
  reads: readonly SessionRead[],
): Generator<Omit<CommitOrder, 'reader'>, void, void> {
  const firstPlace = new Map<number, number>();
  for (const [place, { writer }] of reads.entries()) {
    if (!firstPlace.has(writer)) firstPlace.set(writer, place);
  }
  /** By key, whom the next read of it reads from. */
  const next = new Map<number, number>();
  for (const [place, { key, writer: first }] of [...reads.entries()].reverse()) {
    const later = next.get(key);
    if (later !== undefined && later !== first) yield { first, second: later, key };
    if (firstPlace.get(first) === place) {
      const written = history.writes[first] as ReadonlySet<number>;
      for (const [shared, second] of sharedKeys(written, next)) {
        if (second !== first) yield { first, second, key: shared };
      }
    }
    next.set(key, first);
  }
}

/** Keys of both, with what the map says of them; walks the smaller one. */
function sharedKeys<Item>(
  written: ReadonlySet<number>,
  read: ReadonlyMap<number, Item>,
): [number, Item][] {
  if (written.size > read.size) return [...read].filter(([key]) => written.has(key));
  const shared: [number, Item][] = [];
  for (const key of written) {
    const item = read.get(key);
    if (item !== undefined) shared.push([key, item]);
  }
  return shared;
}

/**
 * Read atomic: visible is whom the transaction reads from, and its session before it.
 *
 * Of the session, the last writer of each key is enough. O(n^1.5), as above.
 */
export function* readAtomicOrders(history: SessionHistory): Generator<CommitOrder, void, void> {
  const [initial = [], ...sessions] = history.sessions;
  const before = new Map<number, number>();
  yield* sessionOrders(history, initial, before);
  for (const session of sessions) yield* sessionOrders(history, session, new Map(before));
}

/** @param lastWriter by key, the last transaction before the session that writes it; grows */
function* sessionOrders(
  history: SessionHistory,
  session: readonly number[],
  lastWriter: Map<number, number>,
): Generator<CommitOrder, void, void> {
  for (const reader of session) {
    const sources = sourcesByKey(history, reader);
    for (const [key, writers] of sources) {
      const first = lastWriter.get(key);
      if (first !== undefined) yield* ordersOf(first, writers, key, reader);
    }
    const visible = new Set((history.reads[reader] ?? []).map(({ writer }) => writer));
    for (const first of visible) {
      const keys = sharedKeys(history.writes[first] as ReadonlySet<number>, sources);
      for (const [key, writers] of keys) yield* ordersOf(first, writers, key, reader);
    }
    for (const key of history.writes[reader] as ReadonlySet<number>) lastWriter.set(key, reader);
  }
}

function* ordersOf(
  first: number,
  writers: ReadonlySet<number>,
  key: number,
  reader: number,
): Generator<CommitOrder, void, void> {
  for (const second of writers) if (second !== first) yield { first, second, key, reader };
}

/** By key, whom a transaction reads it from. */
function sourcesByKey(history: SessionHistory, reader: number): Map<number, Set<number>> {
  const sources = new Map<number, Set<number>>();
  for (const { key, writer } of history.reads[reader] ?? []) {
    sources.set(key, (sources.get(key) ?? new Set()).add(writer));
  }
  return sources;
}

/**
 * Causal: visible is whoever happened before the reader.
 *
 * Of each session the last visible writer of the key is enough, and of all readers of one version
 * the one that sees furthest. O(n k log n) in `k` sessions.
 */
export function* causalOrders(
  history: SessionHistory,
  happensBefore: HappensBefore,
): Generator<CommitOrder, void, void> {
  const writers = writersByKey(history);
  for (const [key, bySource] of readersByVersion(history)) {
    for (const [second, readers] of bySource) {
      for (const [session, places] of writers.get(key) ?? []) {
        const { place, reader } = furthest(readers, places, session, happensBefore);
        const first = history.sessions[session]?.[place];
        if (first !== undefined && first !== second) yield { first, second, key, reader };
      }
    }
  }
}

/** Of the writers of a key in a session, the last one visible to a reader, and that reader. */
function furthest(
  readers: ReadonlySet<number>,
  places: readonly number[],
  session: number,
  happensBefore: HappensBefore,
): { readonly place: number; readonly reader: number } {
  let [best, witness] = [-1, GENESIS];
  for (const reader of readers) {
    const index = lastBelow(places, happensBefore.countBefore(reader, session));
    if (index > best) [best, witness] = [index, reader];
  }
  return { place: places[best] ?? -1, reader: witness };
}

/** By key and session, the places of the transactions that write the key, rising. */
function writersByKey(history: SessionHistory): Map<number, Map<number, number[]>> {
  const writers = new Map<number, Map<number, number[]>>();
  for (const [session, nodes] of history.sessions.entries()) {
    for (const [place, node] of nodes.entries()) {
      for (const key of history.writes[node] as ReadonlySet<number>) {
        const bySession = writers.get(key) ?? new Map<number, number[]>();
        writers.set(key, bySession);
        const places = bySession.get(session);
        if (places === undefined) bySession.set(session, [place]);
        else places.push(place);
      }
    }
  }
  return writers;
}

/** By key and writer, who read that version. */
function readersByVersion(history: SessionHistory): Map<number, Map<number, Set<number>>> {
  const readers = new Map<number, Map<number, Set<number>>>();
  for (const [reader, reads] of history.reads.entries()) {
    for (const { key, writer } of reads) {
      const bySource = readers.get(key) ?? new Map<number, Set<number>>();
      readers.set(key, bySource);
      bySource.set(writer, (bySource.get(writer) ?? new Set()).add(reader));
    }
  }
  return readers;
}

/** The index of the last of some rising numbers that is below `bound`; -1 when none is. */
function lastBelow(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
