/**
 * Which shrinker it is: a digest of its sources, and of those by which it knows a failure again.
 *
 * A ledger keeps it with what was shrunk, so that figures of another shrinker are told as such and
 * measured anew. Comments and empty lines do not count: who explains a line better has not changed
 * it. Judges do not count either, of which most are in other packages: a failure that they see in
 * another way today is noticed when it is run again, before it is shrunk.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** Below the folder of the lab's sources. */
const ORACLE = 'failure';
const FOLDER = 'shrinking/';

/** The digest, 12 characters of it. Reads the sources each time. */
export function digestShrinker(): string {
  const root = new URL('../', import.meta.url);
  const own = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const inFolder = readdirSync(new URL(FOLDER, root))
    .filter((name) => name.endsWith(own) && !name.includes('.test.'))
    .sort();
  const names = [ORACLE + own, ...inFolder.map((name) => FOLDER + name)];
  return digestSources(names.map((name) => [name, readFileSync(new URL(name, root), 'utf8')]));
}

/** The digest of source files by their names, in that order. */
export function digestSources(files: readonly (readonly [name: string, text: string])[]): string {
  const hash = createHash('sha256');
  for (const [name, text] of files) {
    hash.update(JSON.stringify([name, codeLines(text)]));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Comments have lines of their own in this house. */
function codeLines(text: string): readonly string[] {
  let isComment = false;
  return text.split('\n').filter((line) => {
    const words = line.trim();
    isComment ||= words.startsWith('/*');
    const isCode = !isComment && words !== '' && !words.startsWith('//');
    if (words.endsWith('*/')) isComment = false;
    return isCode;
  });
}
