/**
 * How long the judges take, and how much memory, on hostile histories of their whole size: crowds
 * of 10,000 operations on one object, all under way at one time, and a million operations that
 * never end. Steps are bounded, so `unknown` is a lawful verdict; to be late is not.
 *
 * Beside it, in the same run: making operations of the same events.
 */
import process from 'node:process';
import { type HistoryEvent, pairOperations } from '../src/index.ts';
import { type BenchRow, boundedRow } from './bench-row.ts';
import { crowdHistory, judgeHostile, openHistory } from './hostile-histories.ts';

const NAME = 'check-hostile';
const MOST_MS = 30_000;
const MOST_MIB = 1024;
const MAX_STEPS = 1_000_000;
const CROWDS: readonly string[] = [
  ...['register', 'kv', 'counter', 'set', 'fifo-queue', 'mutex', 'queue', 'set-full', 'sessions'],
  ...['staleness', 'mutual-exclusion', 'rate-bound', 'causal', 'serializable'],
];

/** Milliseconds and mebibytes. */
export const bench = {
  name: NAME,
  run(report: (row: BenchRow) => void): Promise<void> {
    for (const name of CROWDS) {
      judge(report, `${name}, a crowd of 10,000`, name, crowdHistory(name, 10_000));
    }
    const opens = openHistory('append', 1_000_000, ['get', [-1]]);
    const peakMib = judge(report, 'kv, a million open operations', 'kv', opens);
    const memory = 'kv, a million open operations: the most memory that the process had';
    report(boundedRow(NAME, memory, peakMib, MOST_MIB, 'MiB', MOST_MIB));
    return Promise.resolve();
  },
};

/** Reports the time; returns the most memory, in mebibytes, that the process had until then. */
function judge(
  report: (row: BenchRow) => void,
  what: string,
  name: string,
  history: readonly HistoryEvent[],
): number {
  const start = performance.now();
  const { type } = judgeHostile(name, history, { maxSteps: MAX_STEPS });
  const ours = performance.now() - start;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  const again = performance.now();
  pairOperations(history);
  const reference = performance.now() - again;
  report(boundedRow(NAME, `${what}: ${type}`, ours, reference, 'ms', MOST_MS));
  return peakMib;
}
