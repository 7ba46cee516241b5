/**
 * How long it takes to read and judge a text of 160 million characters, and how much memory. Beside
 * it, in the same run: to parse its lines, and to let each go at once.
 */
import { reportCase } from './apart.ts';
import type { BenchRow } from './bench-row.ts';

const NAME = 'check-text';

/** Milliseconds and mebibytes. */
export const bench = {
  name: NAME,
  run(report: (row: BenchRow) => void): Promise<void> {
    reportCase(report, {
      ...{ bench: NAME, program: 'judge-text.ts', args: [], verdict: 'valid', goalMs: 20_000 },
      ...{ name: 'JSON lines of 160 MB, a register', beside: 'parsing its lines' },
    });
    return Promise.resolve();
  },
};
