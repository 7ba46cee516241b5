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
import type { Node } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isIdentifier,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isStringLiteral,
  isTemplateExpression,
} from 'typescript/unstable/ast/is';
import type { House, SourceText, TextFile } from './house.ts';
import type { Fault } from './report.ts';
import { lineOf, walk } from './syntax.ts';

const RULE_LINE = /^\s*(?:[-*]\s+|#{2,6}\s+|\|\s*)(?:\*\*|`)?([A-Z]\d+)\b/;
const RULE_ID = /\b[A-Z]\d+\b/g;

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
  for (const { title, line, test } of tests.flatMap(titlesOf)) {
    for (const [id] of title.matchAll(RULE_ID)) {
      named.add(id);
      if (rules.has(id) || !letters.has(id[0])) continue;
      faults.push({ path: test, line, sentence: `names ${id}, which ${path} does not have` });
    }
  }
  for (const [id, line] of rules) {
    if (!named.has(id))
      faults.push({ path, line, sentence: `${id} is named by no test of ${room}` });
  }
  return faults;
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

/** The title of a test or suite, and where it stands. */
interface Title {
  readonly title: string;
  readonly line: number;
  readonly test: string;
}

/** The titles of the tests and suites of a file, with the fixed parts of templates. */
function titlesOf(file: SourceText): readonly Title[] {
  const titles: Title[] = [];
  walk(file.tree, (node) => {
    if (!isCallExpression(node) || !isTestFunction(node.expression)) return;
    const title = textOf(node.arguments[0]);
    if (title !== undefined) titles.push({ title, line: lineOf(file.tree, node), test: file.path });
  });
  return titles;
}

/** `it`, `it.skipIf(...)`, `test.for(...)`, `describe.each(...)`. */
function isTestFunction(callee: Node): boolean {
  if (isIdentifier(callee)) return ['it', 'test', 'describe'].includes(callee.text);
  if (isPropertyAccessExpression(callee) || isCallExpression(callee)) {
    return isTestFunction(callee.expression);
  }
  return false;
}

function textOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' ');
}
