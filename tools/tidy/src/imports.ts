/**
 * What a file takes from other files, in every way that TypeScript has.
 */
import type { ImportDeclaration, Node, SourceFile } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isExportDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isNamedExports,
  isNamedImports,
  isStringLiteral,
} from 'typescript/unstable/ast/is';
import { lineOf, walk } from './syntax.ts';

/** One import, re-export, dynamic import or import type. */
export interface Import {
  /** As it is written: `./term.ts`, `@mangrove/host`, `node:fs`. */
  readonly target: string;
  /** The names it takes, as the target calls them; empty where it takes everything. */
  readonly names: readonly string[];
  /** It passes them on to those who import this file. */
  readonly isExport: boolean;
  readonly line: number;
}

/** Every import of `tree`, in the order of the text. */
export function importsOf(tree: SourceFile): readonly Import[] {
  const found: Import[] = [];
  walk(tree, (node) => {
    const target = targetOf(node);
    if (target === undefined) return;
    found.push({
      target,
      names: namesOf(node),
      isExport: isExportDeclaration(node),
      line: lineOf(tree, node),
    });
  });
  return found;
}

function targetOf(node: Node): string | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node))
    return literalOf(node.moduleSpecifier);
  if (isImportTypeNode(node)) {
    return isLiteralTypeNode(node.argument) ? literalOf(node.argument.literal) : undefined;
  }
  if (isCallExpression(node) && isLoader(node.expression)) return literalOf(node.arguments[0]);
  return undefined;
}

function literalOf(node: Node | undefined): string | undefined {
  return node !== undefined && isStringLiteral(node) ? node.text : undefined;
}

function isLoader(callee: Node): boolean {
  if (callee.kind === SyntaxKind.ImportKeyword) return true;
  return isIdentifier(callee) && callee.text === 'require';
}

function namesOf(node: Node): readonly string[] {
  if (isImportDeclaration(node)) return namesOfImport(node);
  if (isExportDeclaration(node) && node.exportClause && isNamedExports(node.exportClause)) {
    return node.exportClause.elements.map((each) => (each.propertyName ?? each.name).text);
  }
  return [];
}

function namesOfImport(node: ImportDeclaration): readonly string[] {
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !isNamedImports(bindings)) return [];
  return bindings.elements.map((each) => (each.propertyName ?? each.name).text);
}
