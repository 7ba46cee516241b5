/**
 * How long the judge of linearizability takes, and how much memory, on histories of a size that
 * people have. Beside the time, in the same run: making operations of the same events, which is the
 * least that any judge does.
 */
import { reportCase } from './apart.ts';
import type { BenchRow } from './bench-row.ts';

const CASES = [
  { name: 'kv with append, 50 clients, 5,000 operations', goalMs: 2_000, verdict: 'valid' },
  { name: 'the same with a lost append, explained', goalMs: 2_000, verdict: 'invalid' },
  { name: 'a register, 1,000,000 operations, unique values', goalMs: 10_000, verdict: 'valid' },
  { name: 'a register, 1,000,000 open writes, and a read', goalMs: 10_000, verdict: 'valid' },
] as const;

/** Milliseconds and mebibytes. */
export const bench = {
  name: 'check-linearizable',
  run(report: (row: BenchRow) => void): Promise<void> {
    for (const [index, one] of CASES.entries()) {
      const [program, args] = ['judge-recording.ts', [String(index)]];
      const [name, beside] = ['check-linearizable', 'pairing its events'];
      reportCase(report, { ...one, bench: name, program, args, beside });
    }
    return Promise.resolve();
  },
};
