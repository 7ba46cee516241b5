/**
 * Shows what in the design answers a planted bug: the rule that it names is in the DESIGN.md of its
 * package, for every bug of Raft and of the store.
 */
import { describe, expect, it } from 'vitest';
import { CATALOG, findBug } from '../catalog.ts';
import { reportPlant } from './planted-report.ts';

const bugs = CATALOG.flatMap((entry) => entry.bugs);

describe('the rule that a planted bug breaks', () => {
  it('is told with its document, whole', async () => {
    const raft = await reportPlant(findBug('vote-for-a-shorter-log').bug, undefined);
    expect(raft.rule).toEqual({
      ...{ number: 'R2', file: 'systems/raft/DESIGN.md' },
      text: expect.stringMatching(/^A vote goes only to a candidate whose log .*Raft 5\.4\.1\.$/),
    });
    // A rule of several lines.
    const torn = bugs.find(({ breaks }) => breaks.startsWith('R4: appends go behind a torn batch'));
    const journal = await reportPlant(torn ?? expect.fail('no such bug'), undefined);
    expect(journal.rule?.text).toMatch(/^Damage above it is .* appended after it\.$/);
  });

  it('is there for every bug of Raft and of the store', async () => {
    const named = bugs.filter(({ breaks }) => /^R\d+: /.test(breaks));
    for (const bug of named) {
      const { rule } = await reportPlant(bug, undefined);
      expect(rule?.text.length, bug.name).toBeGreaterThan(20);
    }
    const isOurs = ({ file }: { readonly file: string }) => /^systems\/(?:raft|kv)\//.test(file);
    const unnamed = bugs.filter((bug) => isOurs(bug) && !named.includes(bug));
    expect(unnamed.map(({ name }) => name)).toEqual([]);
  });

  it('is missing where the bug names none', async () => {
    const { bug } = findBug('register-rename-before-sync');
    expect(await reportPlant(bug, undefined)).not.toHaveProperty('rule');
  });
});
