/**
 * Shows that the modules of the page are linked into one script that a browser can parse, that what
 * the linker does not understand is refused, and that making it says nothing on the console.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { linkModules, readPageScript } from './page-script.ts';

/** A folder with `files`; gives the address of `main.ts` in it. */
function folderWith(files: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'mangrove-link-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pathToFileURL(join(folder, 'main.ts'));
}

describe('the script of a page', () => {
  it('parses, holds no import, no type and no end of a script element', () => {
    const { text, policy } = readPageScript();
    expect(() => new Script(text)).not.toThrow();
    expect(text).not.toMatch(/^\s*(?:import|export)\b/m);
    expect(text).not.toContain('</script');
    expect(policy).toMatch(/^'sha256-[A-Za-z0-9+/]{43}='$/);
  });

  it('is made without a word on the console', () => {
    const module = new URL('./page-script.ts', import.meta.url).href;
    const code = `import { readPageScript } from ${JSON.stringify(module)}; readPageScript();`;
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      encoding: 'utf8',
    });
    expect([run.status, run.stdout, run.stderr]).toEqual([0, '', '']);
  });

  it('keeps the names of modules apart and runs them once, dependencies first', () => {
    const entry = folderWith({
      'main.ts': [
        "import { one } from './one.ts';",
        "import { two, type Two } from './two.ts';",
        'const hidden: Two = 3;',
        'globalThis.result = [one(), two(), hidden];',
      ].join('\n'),
      'one.ts': [
        "import { two as other } from './two.ts';",
        'const hidden = 1;',
        'export function one(): number { return hidden + other(); }',
      ].join('\n'),
      'two.ts':
        'const hidden = 2;\nexport type Two = number;\nexport const two = (): Two => hidden;',
    });
    const context: { result?: unknown } = {};
    new Script(
      `const globalThis=context;${linkModules(entry)}`.replace('context', 'this.context'),
    ).runInNewContext({ context });
    expect(context.result).toEqual([3, 2, 3]);
  });

  it('refuses imports and exports of other kinds', () => {
    for (const line of [
      "import everything from './one.ts';",
      "import * as all from './one.ts';",
      "import { host } from '@mangrove/host';",
      'export default 1;',
      "export { a } from './one.ts';",
    ]) {
      const entry = folderWith({ 'main.ts': line, 'one.ts': 'export const a = 1;' });
      expect(() => linkModules(entry), line).toThrow('cannot be linked');
    }
  });
});
