/**
 * Reads that saw one write of a transaction and missed another one of it.
 *
 * Read atomic forbids it: all writes of a transaction become visible at once. It shows without a
 * cycle, and rules out more than the cycle of one anti-dependency that it also is.
 *
 * Source: Bailis et al., Scalable atomic visibility with RAMP transactions, SIGMOD 2014.
 */
import type { Pace, Slices } from '../task.ts';
import type { AnomalyList } from './inference.ts';
import { nameOf } from './transaction.ts';
import type { VersionTable } from './versions.ts';

/** A read of another's work, of a key that the reader had not touched before. */
export interface SeenWrite {
  readonly reader: number;
  readonly key: number;
  /** The transaction whose version was read; undefined when there is none to name. */
  readonly writer: number | undefined;
  /** The version that a transaction installed in the key, if it is known to be a later one. */
  missedOf(transaction: number): number | undefined;
}

/**
 * Reports fractured reads, one a reader. Time: for each reader, its sources times its reads; where
 * that is more than `MAX_PAIRS`, the first sources are looked at.
 */
export function* fracturedReadSlices(
  reads: Iterable<SeenWrite>,
  versions: VersionTable,
  anomalies: AnomalyList,
  pace: Pace,
): Slices<void> {
  const byReader = new Map<number, SeenWrite[]>();
  for (const read of reads) {
    if (pace.isOver()) yield;
    const group = byReader.get(read.reader);
    if (group === undefined) byReader.set(read.reader, [read]);
    else group.push(read);
  }
  for (const group of byReader.values()) {
    if (group.length > 1) reportOfReader(group, versions, anomalies);
    if (pace.isOver(group.length * group.length)) yield;
  }
}

function reportOfReader(
  reads: readonly SeenWrite[],
  versions: VersionTable,
  anomalies: AnomalyList,
): void {
  const sources = new Map<number, SeenWrite>();
  for (const read of reads) {
    if (read.writer === undefined || read.writer === read.reader) continue;
    if (!sources.has(read.writer)) sources.set(read.writer, read);
    if (sources.size * reads.length > MAX_PAIRS) break;
  }
  for (const [writer, { reader, key }] of sources) {
    const missed = findMissed(reads, writer);
    if (missed === undefined) continue;
    const seen = versions.keyNames[key] as string;
    anomalies.add({
      name: 'fractured-read',
      key: versions.keyNameOf(missed),
      transactions: [writer, reader],
      sentences: [
        `${nameOf(reader)} saw what ${nameOf(writer)} did to ${seen}`,
        `it did not see what ${nameOf(writer)} did to ${versions.keyNameOf(missed)}`,
      ],
    });
    return;
  }
}

/** A version of `writer` that one of the reads should have seen. */
function findMissed(reads: readonly SeenWrite[], writer: number): number | undefined {
  for (const read of reads) {
    const missed = read.missedOf(writer);
    if (missed !== undefined) return missed;
  }
  return undefined;
}

/** The most pairs of a source and a read that are looked at for one reader. */
const MAX_PAIRS = 1_000_000;
