/**
 * The shape of a file: what it says first, how large it is, what it is called, how it exports.
 *
 * - It opens with a doc comment (after a `#!` line): a sentence that begins with a capital, a digit
 *   or a quoted name and ends with a full stop, question mark or colon, of three words at least.
 * - At most 500 non-blank lines, of at most 100 columns; a line that holds a URL may be longer.
 *   (The 70 lines of a function are the linter's.)
 * - Neither it nor a folder above it is called utils, helpers, common, misc or types.
 * - It exports names: no `export default` (but in `*.config.ts`), no `export =`, no `export *`.
 */
import type { SourceFile } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import { isExportAssignment, isExportDeclaration } from 'typescript/unstable/ast/is';
import type { House, SourceText } from './house.ts';
import type { Fault } from './report.ts';
import { lineOf } from './syntax.ts';

const LINES_MAX = 500;
const COLUMNS_MAX = 100;

/** Names that say nothing about what a file holds, alone or at the end of a name. */
const BANNED_NAME = /(?:^|-)(?:utils?|helpers?|misc)$|^(?:common|types)$/;

/** Faults in the shape of each source file. */
export function fileShapeFaults(house: House): readonly Fault[] {
  return house.sources.flatMap((file) => [
    ...openingFaults(file),
    ...sizeFaults(file),
    ...nameFaults(file),
    ...exportFaults(file.path, file.tree),
  ]);
}

function openingFaults({ path, text }: SourceText): readonly Fault[] {
  const comment = /^(?:#!.*\n)?\s*\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  if (comment === undefined)
    return [{ path, line: 1, sentence: 'does not open with a doc comment' }];
  const [paragraph = ''] = comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .join('\n')
    .trim()
    .split('\n\n');
  const isSentence = /^[\p{Lu}\d`'"]/u.test(paragraph) && /[.?!:]$/.test(paragraph);
  if (isSentence && paragraph.split(/\s+/).length >= 3) return [];
  return [{ path, line: 1, sentence: 'does not open with a sentence that says what it is' }];
}

function sizeFaults({ path, text }: SourceText): readonly Fault[] {
  const faults: Fault[] = [];
  const lines = text.split('\n');
  const count = lines.filter((line) => line.trim() !== '').length;
  if (count > LINES_MAX) {
    faults.push({ path, sentence: `has ${count} lines that are not blank, at most ${LINES_MAX}` });
  }
  for (const [index, line] of lines.entries()) {
    const columns = [...line].length;
    if (columns <= COLUMNS_MAX || /https?:\/\//.test(line)) continue;
    const sentence = `has a line of ${columns} columns, at most ${COLUMNS_MAX}`;
    faults.push({ path, line: index + 1, sentence });
  }
  return faults;
}

function nameFaults({ path, room }: SourceText): readonly Fault[] {
  const parts = path.slice(room.length + 1).split('/');
  const banned = parts
    .map((part) => part.split('.')[0] ?? '')
    .filter((part) => BANNED_NAME.test(part));
  return banned.map((part) => ({ path, sentence: `"${part}" says nothing: name what it holds` }));
}

function exportFaults(path: string, tree: SourceFile): readonly Fault[] {
  if (/\.config\.[jt]s$/.test(path) || tree.isDeclarationFile) return [];
  return tree.statements.flatMap((node) => {
    const line = lineOf(tree, node);
    const isStar = isExportDeclaration(node) && node.exportClause === undefined;
    if (isStar) return [{ path, line, sentence: 'exports *: name what it exports' }];
    const words = node.getText(tree).slice(0, 40);
    const isDefault = isExportAssignment(node) || /^export\s+default\b/.test(words);
    const isNamespace =
      isExportDeclaration(node) && node.exportClause?.kind === SyntaxKind.NamespaceExport;
    if (isDefault || isNamespace)
      return [{ path, line, sentence: 'exports something without its name' }];
    return [];
  });
}
