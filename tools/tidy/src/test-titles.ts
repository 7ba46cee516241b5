/**
 * The titles of tests, and the rules that they name.
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
import type { SourceText } from './house.ts';
import { lineOf, walk } from './syntax.ts';

/** The ids of all rules that are named in `text`. */
export function rulesIn(text: string): readonly string[] {
  return text.match(/\b[A-Z]\d+\b/g) ?? [];
}

/** The title of a test or suite, and where it stands. */
export interface Title {
  readonly title: string;
  readonly line: number;
  readonly test: string;
}

/** The titles of the tests and suites of a file, with the fixed parts of templates. */
export function titlesOf(file: SourceText): readonly Title[] {
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
