/**
 * What a hunt has seen: sums that threads keep each for itself and that are added up at the end.
 */
import { BrokenInvariant } from '@mangrove/host';
import { type RunResult, runSeed } from './random-cluster.ts';

/** The seeds of one thread: `from`, and every `stride`-th after it, below `until`. */
export interface HuntShare {
  readonly from: number;
  readonly until: number;
  readonly stride: number;
  /** The least steps, and the least events before the quiet end, of a run. */
  readonly stepCount: number;
  readonly leastEventCount: number;
  /** Whether the first violation ends it. */
  readonly isFirstEnough: boolean;
}

/** What came of a share. */
export interface HuntTally {
  seedCount: number;
  eventCount: number;
  /** The fewest events that a run had. */
  eventCountMin: number;
  readonly counts: Map<string, number>;
  /** The first violation of each kind, by its seed. */
  readonly violations: Map<string, Violation>;
}

/** A run that went wrong. */
export interface Violation {
  readonly seed: number;
  readonly message: string;
}

/** A tally of nothing. */
export function emptyTally(): HuntTally {
  const [counts, violations] = [new Map<string, number>(), new Map<string, Violation>()];
  return { seedCount: 0, eventCount: 0, eventCountMin: Infinity, counts, violations };
}

/** Runs the seeds of a share. */
export function huntShare(share: HuntShare): HuntTally {
  const tally = emptyTally();
  for (let seed = share.from; seed < share.until; seed += share.stride) {
    tally.seedCount += 1;
    try {
      addResult(tally, runSeed(seed, share.stepCount, share.leastEventCount));
    } catch (cause) {
      addViolation(tally, { seed, message: findingIn(cause) });
      if (share.isFirstEnough) break;
    }
  }
  return tally;
}

/** Adds `part` to `whole`. */
export function addTally(whole: HuntTally, part: HuntTally): void {
  whole.seedCount += part.seedCount;
  whole.eventCount += part.eventCount;
  whole.eventCountMin = Math.min(whole.eventCountMin, part.eventCountMin);
  for (const [name, count] of part.counts) add(whole.counts, name, count);
  for (const violation of part.violations.values()) addViolation(whole, violation);
}

/** What a run found: a violation, or a member that stopped. Anything else is thrown on. */
function findingIn(cause: unknown): string {
  if (cause instanceof BrokenInvariant) return `stopped: ${cause.message}`;
  if (cause instanceof Error && cause.message.startsWith('violation: ')) return cause.message;
  throw cause;
}

function addResult(tally: HuntTally, result: RunResult): void {
  tally.eventCount += result.eventCount;
  tally.eventCountMin = Math.min(tally.eventCountMin, result.eventCount);
  add(tally.counts, 'entries committed', result.committedCount);
  add(tally.counts, 'leaders', result.electionCount);
  for (const [name, value] of Object.entries(result.counts)) add(tally.counts, name, value);
}

/** Violations that differ only in numbers are of one kind. */
function addViolation(tally: HuntTally, violation: Violation): void {
  const kind = violation.message.replaceAll(/\d+/g, '#');
  const known = tally.violations.get(kind);
  if (known === undefined || violation.seed < known.seed) tally.violations.set(kind, violation);
}

function add(counts: Map<string, number>, name: string, value: number): void {
  counts.set(name, (counts.get(name) ?? 0) + value);
}
