/**
 * The least sizes of planted bugs are no more than what the lab makes of them, by the ledger of the
 * page: a size below the least would say that the least is none.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../catalog.ts';
import { PROJECT_ROOT } from '../environment.ts';
import { rowOf } from './bug-row.ts';
import { Ledger } from './ledger.ts';
import { digestShrinker } from './shrinker-digest.ts';

const { measurements } = Ledger.open(join(PROJECT_ROOT, 'docs/planted-bugs.jsonl'));
const shrinker = digestShrinker();

describe('the least of a planted bug', () => {
  const rows = CATALOG.flatMap(({ experiment, bugs }) =>
    bugs.map((bug) => rowOf(bug, experiment, measurements, shrinker)),
  );

  it('has sizes to be held against', () => {
    expect(rows.filter(({ shrunk }) => shrunk !== undefined).length).toBeGreaterThan(80);
  });

  it.each(rows)('of $bug.name is not beaten by shrinking', ({ shrunk }) => {
    expect(shrunk?.ratio ?? 1).toBeGreaterThanOrEqual(1);
  });
});
