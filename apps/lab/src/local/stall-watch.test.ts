/**
 * Shows that only what the machine let wait is counted: not what computes, and not what waits for
 * something else.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { processFiles, skipUnless } from '@mangrove/test-kit/node';
import { expect, it } from 'vitest';
import { StallWatch } from './stall-watch.ts';

const BUSY_MS = 1500;
const BUSY = `const endMs = Date.now() + ${BUSY_MS}; while (Date.now() < endMs);`;

it('more who compute than processors wait; who sleeps does not', async (context) => {
  skipUnless(context, processFiles);
  const program = (source: string) => spawn(process.execPath, ['-e', source]);
  // It lives until it is ended: how long the crowd takes is the machine's to say.
  const sleeper = program('setInterval(() => {}, 60_000)');
  context.onTestFinished(async () => {
    const ended = once(sleeper, 'exit');
    sleeper.kill();
    await ended;
  });
  const busy = Array.from({ length: 3 * os.availableParallelism() }, () => program(BUSY));
  const ended = busy.map((child) => once(child, 'exit'));
  const idOf = ({ pid }: { readonly pid?: number | undefined }) => pid ?? -1;
  const watch = new StallWatch([...busy, sleeper].map(idOf));
  await sleep(BUSY_MS / 2);
  expect(watch.longestMs(busy.map(idOf))).toBeGreaterThan(BUSY_MS / 8);
  await Promise.all(ended);
  // It has started meanwhile, in the crowd; from now on it has nothing to wait for.
  const calm = new StallWatch([idOf(sleeper)]);
  await sleep(100);
  expect(calm.longestMs([idOf(sleeper)])).toBeLessThan(50);
});

it('nothing is known of a process that is not there', () => {
  expect(new StallWatch([-1]).longestMs([-1])).toBe(0);
});
