/**
 * Reads TypeScript source into syntax trees, with the parser of the TypeScript that the house pins.
 *
 * The parser is a native process that is asked through an in-memory file system: no import is
 * resolved and no library is loaded, so that the whole house is parsed in a fraction of a second.
 * The package calls this interface unstable; the version is pinned exactly, and the tests of this
 * package show at once whether a newer one still fits.
 */
import type { Node, SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/async';
import { createVirtualFileSystem } from 'typescript/unstable/fs';

/** Where the files stand in the memory of the parser; nothing of it exists on the disk. */
const ROOT = '/house';

/** Parses every text; the key is its path in the house. Fails when a text gets no tree. */
export async function parseSources(
  texts: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, SourceFile>> {
  const files: Record<string, string> = {};
  for (const [path, text] of texts) files[`${ROOT}/${path}`] = text;
  const names = Object.keys(files);
  files[`${ROOT}/tsconfig.json`] = JSON.stringify({
    compilerOptions: { noLib: true, noResolve: true, types: [], allowJs: true, jsx: 'preserve' },
    files: names,
  });
  const api = new API({ cwd: ROOT, fs: createVirtualFileSystem(files) });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [`${ROOT}/tsconfig.json`] });
    const program = snapshot.getProjects()[0]?.program;
    const trees = new Map<string, SourceFile>();
    for (const path of texts.keys()) {
      const tree = await program?.getSourceFile(`${ROOT}/${path}`);
      if (tree === undefined) throw new Error(`the parser gave no tree for ${path}`);
      trees.set(path, tree);
    }
    return trees;
  } finally {
    await api.close();
  }
}

/** Calls `visit` with every node below `node`, in the order of the text. */
export function walk(node: Node, visit: (node: Node) => void): void {
  node.forEachChild((child) => {
    visit(child);
    walk(child, visit);
    return undefined;
  });
}

/** The 1-based line on which `node` begins, comments before it aside. */
export function lineOf(tree: SourceFile, node: Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
