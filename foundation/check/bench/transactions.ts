/**
 * How long the judges of transactions take for long histories, and how much memory. Beside each, in
 * the same run: reading the same history out of its JSON text, which is the least that any judge of
 * a recorded history must do.
 */
import { reportCase } from './apart.ts';
import type { BenchRow } from './bench-row.ts';

const CASES = [
  { name: 'list-append, 100,000 transactions, serializable', verdict: 'valid' },
  { name: 'list-append, 100,000 transactions, snapshot', verdict: 'invalid' },
  { name: 'rw-register, 100,000 transactions, serializable', verdict: 'valid' },
  { name: 'causal, 100,000 operations, 50 sessions', verdict: 'valid' },
  { name: 'read-atomic, 100,000 operations, 50 sessions', verdict: 'valid' },
  { name: 'read-committed, 100,000 operations, 50 sessions', verdict: 'valid' },
] as const;

/** Milliseconds and mebibytes. */
export const bench = {
  name: 'transactions',
  run(report: (row: BenchRow) => void): Promise<void> {
    for (const [index, one] of CASES.entries()) {
      const [program, args] = ['judge-history.ts', [String(index)]];
      const [name, beside] = ['transactions', 'reading its JSON'];
      reportCase(report, { ...one, bench: name, program, args, beside, goalMs: 5_000 });
    }
    return Promise.resolve();
  },
};
