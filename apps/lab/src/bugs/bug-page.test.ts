/**
 * The page of planted bugs leaves none out, and is what its ledger says.
 *
 * It fails where a bug, an experiment or the shrinker has changed since the page was written; the
 * page is written anew from the ledger in a second, by the command on it with `--render`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../environment.ts';
import { makeBugTable } from './measure-bugs.ts';

const page = readFileSync(join(PROJECT_ROOT, 'docs/planted-bugs.md'), 'utf8');

/** The first group of `pattern` on the page. */
function told(pattern: RegExp): string {
  return pattern.exec(page)?.[1] ?? '';
}

const command = told(/^(npx mangrove lab bugs table.*)$/m);
const { table, markdown } = await makeBugTable({
  ...{ bugs: [], cleanCount: 0, shrinkCount: 0, shrinkRunMax: 0, timeMs: 0, isRenderOnly: true },
  ...{ baseCount: Number(told(/from up to (\d+) base seeds;$/m)), command },
  ledgerPath: join(PROJECT_ROOT, 'docs/planted-bugs.jsonl'),
});

/** Where systems list what may be planted; so indented, `name: '...'` is a bug's and no other's. */
const LISTS = [
  ...['systems/raft/src/planted', 'systems/kv/src/planted'].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder)).map((name) => `${folder}/${name}`),
  ),
  'systems/raft/src/subject/raft-bugs.ts',
  'foundation/journal/src/planted-bugs.ts',
  'examples/first-system/src/experiment.ts',
];

const listed = LISTS.flatMap((path) => [
  ...readFileSync(join(PROJECT_ROOT, path), 'utf8').matchAll(/^ {4}name: '(.+)',$/gm),
]).map(([, name]) => name);

describe('the page of planted bugs', () => {
  it('has a row for every bug that is planted anywhere', () => {
    expect(listed.length).toBeGreaterThan(90);
    const rows = new Set([...page.matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name));
    expect(listed.filter((name) => !rows.has(name))).toEqual([]);
    const known = [...table.rows.map(({ bug }) => bug), ...table.unplaced];
    expect(known.filter(({ name }) => !rows.has(name))).toEqual([]);
    expect(rows.size).toBe(known.length);
  });

  it('says of every bug that is not measured that it is not', () => {
    const missing = table.rows.filter(({ outside }) => outside.baseCount === 0);
    const sentence = told(/^Not measured yet: (.*)\.$/m);
    expect(sentence).toBe(missing.map(({ bug }) => `\`${bug.name}\``).join(', '));
  });

  it('is what the ledger says', () => {
    const way = `lab bugs table${/ --bases.*/.exec(command)?.[0]} --render`;
    expect(page, `write it: npx mangrove ${way}`).toBe(markdown);
  });
});
