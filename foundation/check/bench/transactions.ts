/**
 * How long the judges of transactions take for long histories, and how much memory.
 *
 * Beside each, in the same run: reading the same history out of its JSON text, which is the least
 * that any judge of a recorded history must do. Each judgement is a process of its own, so that its
 * peak of memory is its own; the peak includes the history.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './bench-row.ts';

/** What `judge-history.ts` prints. */
interface Measured {
  readonly judgeMs: number;
  readonly readMs: number;
  readonly peakMib: number;
  readonly verdict: string;
}

const CASES = [
  { name: 'list-append, 100,000 transactions, serializable', goalMs: 5000, verdict: 'valid' },
  { name: 'list-append, 100,000 transactions, snapshot', goalMs: 5000, verdict: 'invalid' },
  { name: 'rw-register, 100,000 transactions, serializable', goalMs: 5000, verdict: 'valid' },
  { name: 'causal, 100,000 operations, 50 sessions', goalMs: 5000, verdict: 'valid' },
  { name: 'read-atomic, 100,000 operations, 50 sessions', goalMs: 5000, verdict: 'valid' },
  { name: 'read-committed, 100,000 operations, 50 sessions', goalMs: 5000, verdict: 'valid' },
] as const;

const PEAK_MIB_MAX = 1024;

/** Milliseconds of judging and of reading, and mebibytes. */
export const bench = {
  name: 'transactions',
  run(report: (row: BenchRow) => void): Promise<void> {
    const program = fileURLToPath(new URL('./judge-history.ts', import.meta.url));
    for (const [index, { name, goalMs, verdict }] of CASES.entries()) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [program, String(index)], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      const measured: Measured = JSON.parse(stdout);
      if (measured.verdict !== verdict) {
        throw new Error(`${name} was judged ${measured.verdict}, but is ${verdict}`);
      }
      const head = { bench: 'transactions', unit: 'ms' };
      const { judgeMs, readMs, peakMib } = measured;
      report({
        ...head,
        case: `${name}, beside reading its JSON`,
        ours: judgeMs,
        reference: readMs,
        ratio: judgeMs / readMs,
        goal: `ours <= ${goalMs}`,
        met: judgeMs <= goalMs,
      });
      report({
        ...head,
        unit: 'MiB',
        case: `${name}, peak memory beside 1 GiB`,
        ours: peakMib,
        reference: PEAK_MIB_MAX,
        ratio: peakMib / PEAK_MIB_MAX,
        goal: `ratio <= 1`,
        met: peakMib <= PEAK_MIB_MAX,
      });
    }
    return Promise.resolve();
  },
};
