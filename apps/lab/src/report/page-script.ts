/**
 * The script of a report page as one text: the modules of `../page` and those of `../report` that
 * they import, without types, each in a function of its own.
 *
 * There is no bundler: the modules are small and import each other by name only. Node.js takes the
 * types out (`stripTypeScriptTypes`), and in a published package the files are JavaScript already.
 * Whatever the linker does not understand is an error when a report is made, never a script that
 * fails in the page.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import process from 'node:process';
import type { PageScript } from './html-report.ts';

/** The script of the page. Throws where a module has an import or export of another kind. */
export function readPageScript(): PageScript {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const text = linkModules(new URL(`../page/main.${extension}`, import.meta.url));
  const digest = createHash('sha256').update(text).digest('base64');
  return { text, policy: `'sha256-${digest}'` };
}

/** The module at `entry` and all that it imports, in an order in which each comes after its own. */
export function linkModules(entry: URL): string {
  const names = new Map<string, string>();
  const parts: string[] = [];
  const add = (url: URL): string => {
    const known = names.get(url.href);
    if (known !== undefined) return known;
    const name = `module${names.size}`;
    names.set(url.href, name);
    const { code, exported } = rewrite(readModule(url), url, add);
    parts.push(`const ${name}=(()=>{${code}\nreturn{${exported.join(',')}}})();`);
    return name;
  };
  add(entry);
  return `'use strict';\n${parts.join('\n')}`.replaceAll('</script', '<\\/script');
}

function readModule(url: URL): string {
  const text = readFileSync(url, 'utf8');
  const code = url.pathname.endsWith('.ts') ? withoutTypes(text) : text;
  // Comments are for those who read the source; blanks are what the types leave behind.
  return code
    .replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*$/gm, '')
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
}

/**
 * `text` without its types. Node.js warns once that this function may still change; whoever makes a
 * report can do nothing about it, so that one warning is not passed on.
 */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function rewrite(
  source: string,
  url: URL,
  add: (url: URL) => string,
): { readonly code: string; readonly exported: readonly string[] } {
  const exported: string[] = [];
  const imports = source.replace(
    /^import\s*\{([^}]*)\}\s*from\s*'(\.[^']+)';?/gm,
    (_all, list: string, path: string) => {
      const names = list.split(',').map((each) => each.trim());
      const known = names.filter((each) => each !== '' && !each.startsWith('type '));
      const from = add(new URL(path, url));
      return `const {${known.map((each) => each.replace(' as ', ':')).join(',')}}=${from};`;
    },
  );
  const code = imports.replace(
    /^export\s+((?:async\s+)?function|const|class)\s+(\w+)/gm,
    (_all, kind: string, name: string) => {
      exported.push(name);
      return `${kind} ${name}`;
    },
  );
  const rest = /^(?:import|export)\b.*$/m.exec(code.replace(/^export\s*\{\s*\};?$/gm, ''));
  if (rest !== null) throw new Error(`${url.pathname} cannot be linked: ${rest[0]}`);
  return { code: code.replace(/^export\s*\{\s*\};?$/gm, ''), exported };
}
