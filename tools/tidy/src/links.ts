/**
 * Links between documents lead somewhere: every relative link of a Markdown file names a file or
 * folder of the house, and what stands behind `#` is a heading of that document.
 *
 * Links to other places (`https:`, `mailto:`) are not followed. Code is no text: what looks like a
 * link in it is passed over.
 */
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { House } from './house.ts';
import type { Fault } from './report.ts';

const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const IMAGE = /<(?:img|source|a)\b[^>]*?\b(?:src|href)="([^"]+)"/g;

/** Links that lead nowhere. */
export function linkFaults(house: House): readonly Fault[] {
  const documents = new Map(
    house.texts.filter(({ path }) => path.endsWith('.md')).map(({ path, text }) => [path, text]),
  );
  return [...documents].flatMap(([path, text]) =>
    linksIn(text).flatMap(({ target, line }) => {
      const sentence = faultOf(house, documents, path, target);
      return sentence === undefined ? [] : [{ path, line, sentence }];
    }),
  );
}

function faultOf(
  house: House,
  documents: ReadonlyMap<string, string>,
  from: string,
  target: string,
): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  if (target.startsWith('/')) return `links to ${target}: links are relative`;
  const [file = '', heading] = target.split('#');
  const path = file === '' ? from : posix.join(dirname(from), decodeURI(file));
  if (path.startsWith('..')) return `links to ${target}, which is outside of the house`;
  if (!existsSync(join(house.root, path))) return `links to ${target}, which does not exist`;
  const document = documents.get(path);
  if (heading === undefined || document === undefined) return undefined;
  if (headingsOf(document).includes(heading)) return undefined;
  return `links to ${target}, but ${path} has no such heading`;
}

function linksIn(text: string): readonly { target: string; line: number }[] {
  return linesOfProse(text).flatMap((content, index) =>
    [...content.matchAll(LINK), ...content.matchAll(IMAGE)].map(([, target = '']) => ({
      target,
      line: index + 1,
    })),
  );
}

/** The lines of a document; those of code are empty, and so is code within a line. */
function linesOfProse(text: string): readonly string[] {
  let fence: string | undefined;
  return text.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      return '';
    }
    fence = mark;
    return mark === undefined ? line.replace(/`[^`]*`/g, '') : '';
  });
}

/** The headings as they stand behind `#` in a link: `What is not here` is `what-is-not-here`. */
function headingsOf(document: string): readonly string[] {
  const seen = new Map<string, number>();
  let isCode = false;
  return document.split('\n').flatMap((line) => {
    if (/^\s*(?:`{3,}|~{3,})/.test(line)) isCode = !isCode;
    const title = isCode ? undefined : /^#{1,6}\s+(.*?)\s*$/.exec(line)?.[1];
    if (title === undefined) return [];
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return [count === 0 ? slug : `${slug}-${count}`];
  });
}
