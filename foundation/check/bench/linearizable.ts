/**
 * How long the judge of linearizability takes, and how much memory, on histories of a size that
 * people have.
 *
 * Each case is a process of its own, so that its peak of memory is its own; the peak includes the
 * history. Beside the time, in the same run: making operations of the same events, which is the
 * least that any judge does.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type BenchRow, boundedRow } from './bench-row.ts';

/** What `judge-recording.ts` prints. */
interface Measured {
  readonly judgeMs: number;
  readonly referenceMs: number;
  readonly peakMib: number;
  readonly verdict: string;
}

const CASES = [
  { name: 'kv with append, 50 clients, 5,000 operations', goalMs: 2_000, verdict: 'valid' },
  { name: 'the same with a lost append, explained', goalMs: 2_000, verdict: 'invalid' },
  { name: 'a register, 1,000,000 operations, unique values', goalMs: 10_000, verdict: 'valid' },
  { name: 'a register, 1,000,000 open writes, and a read', goalMs: 10_000, verdict: 'valid' },
] as const;

const PEAK_MIB_MAX = 1024;

/** Milliseconds and mebibytes. */
export const bench = {
  name: 'check-linearizable',
  run(report: (row: BenchRow) => void): Promise<void> {
    const program = fileURLToPath(new URL('./judge-recording.ts', import.meta.url));
    for (const [index, { name, goalMs, verdict }] of CASES.entries()) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [program, String(index)], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      const measured: Measured = JSON.parse(stdout);
      if (measured.verdict !== verdict) {
        throw new Error(`${name} was judged ${measured.verdict}, but is ${verdict}`);
      }
      const { judgeMs, referenceMs, peakMib } = measured;
      const timed = `${name}, beside pairing its events`;
      report(boundedRow('check-linearizable', timed, judgeMs, referenceMs, 'ms', goalMs));
      const peak = `${name}, peak memory beside 1 GiB`;
      report(boundedRow('check-linearizable', peak, peakMib, PEAK_MIB_MAX, 'MiB', PEAK_MIB_MAX));
    }
    return Promise.resolve();
  },
};
