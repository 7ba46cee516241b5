/**
 * Shows that the judges are for a browser too: the door is bundled as a page would bundle it, and
 * the bundle asks for no module of Node.js and runs where nothing of it is.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'vite';
import { expect, it } from 'vitest';

const DOOR = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** The door and what it imports, as one script that leaves its exports in `judges`. */
async function bundled(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: DOOR, formats: ['iife'], name: 'judges' },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !('output' in output)) throw new Error('there is no bundle');
  const chunks = output.output.flatMap((part) => (part.type === 'chunk' ? [part] : []));
  expect(chunks.map(({ imports }) => imports)).toEqual([[]]);
  return chunks[0]?.code ?? '';
}

it('R29: the judges run without anything of Node.js', { timeout: 60_000 }, async () => {
  const code = await bundled();
  expect(code).not.toMatch(/['"]node:|\brequire\(/);
  // A new context has the language and nothing else; of the platform a page has these.
  const page = createContext({ TextDecoder, AbortController, AbortSignal });
  const file = new URL('../histories/stale-read.jsonl', import.meta.url);
  const judged = runInContext(
    `${code};\n(text) => judges.finishTask(judges.checkTextTask(text)).verdict.type`,
    page,
  );
  expect(judged(readFileSync(file, 'utf8'))).toBe('invalid');
});
