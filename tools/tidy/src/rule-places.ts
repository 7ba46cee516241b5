/**
 * Where the tests of rules stand, as a DESIGN.md says it in a table headed `rules` and `tests`:
 *
 *     | section | rules | tests |
 *     | --- | --- | --- |
 *     | Raft 5.2, elections | R1, R3 | `election.rules`, `quorum.rules` |
 *
 * Every file of a row has a test that is named by one of the row's rules, and every rule of the row
 * names a test in one of its files.
 */
import type { TextFile } from './house.ts';
import type { Fault } from './report.ts';
import { rulesIn, type Title } from './test-titles.ts';

/** Files of such a table that do not have what it says, and rules that are not where it says. */
export function placeFaults(design: TextFile, titles: readonly Title[]): readonly Fault[] {
  const faults: Fault[] = [];
  const namedIn = rulesByFile(titles);
  let columns: readonly string[] = [];
  for (const [index, text] of design.text.split('\n').entries()) {
    const cells = cellsOf(text);
    const isFirst = columns.length === 0;
    columns = cells.length === 0 ? [] : isFirst ? cells : columns;
    const [rules, files] = ['rules', 'tests'].map((name) => cells[columns.indexOf(name)]);
    if (isFirst || rules === undefined || files === undefined) continue;
    const ids = rulesIn(rules);
    const names = [...files.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const say = (sentence: string) => {
      faults.push({ path: design.path, line: index + 1, sentence });
    };
    for (const name of names) {
      if (!ids.some((id) => namedIn.get(name)?.has(id))) {
        say(`${name}.test.ts names none of ${ids.join(', ')}`);
      }
    }
    for (const id of ids) {
      if (!names.some((name) => namedIn.get(name)?.has(id))) {
        say(`${id} is named by none of ${names.join(', ')}`);
      }
    }
  }
  return faults;
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith('|')) return [];
  const cells = line.split('|').slice(1, -1);
  return cells.map((cell) => cell.trim());
}

/** The rules that each file's titles name, by the file's name without its ending. */
function rulesByFile(titles: readonly Title[]): ReadonlyMap<string, ReadonlySet<string>> {
  const files = new Map<string, Set<string>>();
  for (const { title, test } of titles) {
    const name = test.replace(/^.*\//, '').replace(/\.test\.ts$/, '');
    const rules = files.get(name) ?? new Set();
    for (const id of rulesIn(title)) rules.add(id);
    files.set(name, rules);
  }
  return files;
}
