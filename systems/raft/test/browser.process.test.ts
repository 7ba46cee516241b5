/**
 * Shows that the core runs in a browser: headless Chromium elects leaders and commits, and a seed
 * of the random cluster goes there as it goes in Node.js.
 */
import { fileURLToPath } from 'node:url';
import { chromium, skipUnless } from '@mangrove/test-kit/node';
import { chromium as browsers } from 'playwright-core';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { type RunResult, runSeed } from './random-cluster.ts';

const SEED = 7;
const STEP_COUNT = 1500;

describe('the core in Chromium', () => {
  it('R29: elects leaders, and gives the same run as in Node.js', {
    timeout: 60_000,
  }, async (context) => {
    const executablePath = skipUnless(context, chromium);
    const content = await bundle();
    const browser = await browsers.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content });
      const there = await page.evaluate(runInPage, { seed: SEED, stepCount: STEP_COUNT });
      expect(there.electionCount).toBeGreaterThan(0);
      expect(there.committedCount).toBeGreaterThan(0);
      expect(there).toEqual(runSeed(SEED, STEP_COUNT));
    } finally {
      await browser.close();
    }
  });
});

/** The core and the random cluster as the text of one script. */
async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('./browser-core.ts', import.meta.url));
  const lib = { entry, formats: ['iife' as const], name: 'raft', fileName: 'raft' };
  const options = { configFile: false, logLevel: 'silent' } as const;
  const built = await build({ ...options, build: { write: false, minify: false, lib } });
  const texts = [built].flat().flatMap((each) => ('output' in each ? [each.output[0].code] : []));
  const [text] = texts;
  if (text === undefined) throw new Error('the bundle has no text');
  return text;
}

/** Runs in the page. */
function runInPage({ seed, stepCount }: { seed: number; stepCount: number }): RunResult {
  const page = globalThis as unknown as { runRaftSeed: typeof runSeed };
  return page.runRaftSeed(seed, stepCount);
}
