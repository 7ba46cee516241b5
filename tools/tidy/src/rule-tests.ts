/**
 * Rules and tests name each other.
 *
 * A rule is a line of a package's DESIGN.md that begins with its id: `- **R12** ...`, `### R12 ...`
 * or `| R12 | ...`. A test names it in a title: `it('R12: a leader without a quorum steps down')`.
 *
 * - Every rule is named by a test of its package; no id is given twice.
 * - Every `R` number in a title is a rule. (Other letters are held to this where DESIGN.md uses
 *   them.)
 */
import type { House, SourceText, TextFile } from './house.ts';
import type { Fault } from './report.ts';
import { placeFaults } from './rule-places.ts';
import { rulesIn, titlesOf } from './test-titles.ts';

const RULE_LINE = /^\s*(?:[-*]\s+|#{2,6}\s+|\|\s*)(?:\*\*|`)?([A-Z]\d+)\b/;

/** Rules without a test, tests of rules that do not exist. */
export function ruleFaults(house: House): readonly Fault[] {
  return house.packages.flatMap(({ room }) => {
    const tests = house.sources.filter((file) => file.room === room && file.isTest);
    const design = house.texts.find((file) => file.path === `${room}/DESIGN.md`);
    return faultsOfRoom(room, design, tests);
  });
}

function faultsOfRoom(
  room: string,
  design: TextFile | undefined,
  tests: readonly SourceText[],
): readonly Fault[] {
  const path = `${room}/DESIGN.md`;
  const faults: Fault[] = [];
  const rules = rulesOf(design, faults);
  const letters = new Set(['R', ...[...rules.keys()].map((id) => id[0])]);
  const named = new Set<string>();
  const titles = tests.flatMap(titlesOf);
  for (const { title, line, test } of titles) {
    for (const id of rulesIn(title)) {
      named.add(id);
      if (rules.has(id) || !letters.has(id[0])) continue;
      faults.push({ path: test, line, sentence: `names ${id}, which ${path} does not have` });
    }
  }
  for (const [id, line] of rules) {
    if (!named.has(id))
      faults.push({ path, line, sentence: `${id} is named by no test of ${room}` });
  }
  return design === undefined ? faults : [...faults, ...placeFaults(design, titles)];
}

/** The rules of a design and the line of each; an id that comes twice is added to `faults`. */
function rulesOf(design: TextFile | undefined, faults: Fault[]): ReadonlyMap<string, number> {
  const rules = new Map<string, number>();
  if (design === undefined) return rules;
  for (const [index, text] of design.text.split('\n').entries()) {
    const id = RULE_LINE.exec(text)?.[1];
    if (id === undefined) continue;
    const line = index + 1;
    const before = rules.get(id);
    if (before === undefined) rules.set(id, line);
    else {
      const sentence = `gives ${id} twice: it is on line ${before} already`;
      faults.push({ path: design.path, line, sentence });
    }
  }
  return rules;
}
