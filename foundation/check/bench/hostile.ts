/**
 * How long the judges take, and how much memory, on hostile histories of their whole size: of every
 * model a million operations that never end, and crowds of 10,000 operations on one object, all
 * under way at one time, of models and other checks.
 *
 * The bounds are those that the library has where none are given, and the heap of each process ends
 * at 960 MiB. `unknown` is a lawful verdict; to be late, or to need more, is not. Beside each, in
 * the same run: making operations of the same events.
 */
import { MODEL_NAMES } from '../src/index.ts';
import { reportCase } from './apart.ts';
import type { BenchRow } from './bench-row.ts';
import { REFUTED_NAMES } from './hostile-histories.ts';

const NAME = 'check-hostile';
const MOST_MS = 60_000;
const OTHERS: readonly string[] = [
  ...['queue', 'set-full', 'sessions', 'staleness', 'mutual-exclusion', 'rate-bound', 'causal'],
  ...['serializable', 'sequential:register', 'sequential:kv'],
];

/** Milliseconds and mebibytes. */
export const bench = {
  name: NAME,
  run(report: (row: BenchRow) => void): Promise<void> {
    const judge = (kind: string, name: string, what: string): void => {
      reportCase(report, {
        ...{ bench: NAME, program: 'judge-hostile.ts', args: [kind, name], goalMs: MOST_MS },
        ...{ name: `${name}, ${what}`, beside: 'pairing its events' },
      });
    };
    for (const name of MODEL_NAMES) judge('open', name, 'a million open operations');
    for (const name of REFUTED_NAMES) judge('refuted', name, 'the same and a wrong read');
    for (const name of [...MODEL_NAMES, ...OTHERS]) judge('crowd', name, 'a crowd of 10,000');
    return Promise.resolve();
  },
};
