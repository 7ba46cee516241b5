/**
 * Shows that checks go through a port: two ends of a message channel of Node.js.
 */
import { InvalidArgument } from '@mangrove/host';
import { expect, it } from 'vitest';
import { connect } from '../test/served-checks.ts';
import { CHECKS } from './catalogue/checks.ts';
import { checkTextTask } from './check-text.ts';
import { HistoryFault } from './history.ts';
import { finishTask, type Progress } from './task.ts';

const event = (process: string, type: string, f: string, value: unknown) =>
  `${JSON.stringify({ atMs: 0, process, type, f, value })}\n`;

/** Nobody wrote what is read; to know it takes millions of steps. */
const HARD = [
  ...Array.from({ length: 24 }, (_, at) => event(`p${at}`, 'invoke', 'write', at % 12)),
  event('r', 'invoke', 'read', null),
  event('r', 'ok', 'read', 99),
  ...Array.from({ length: 24 }, (_, at) => event(`p${at}`, 'ok', 'write', at % 12)),
].join('');

it('R23: gives the report of a check, and of another at the same time', async () => {
  const checker = connect();
  const right = event('a', 'invoke', 'write', 1) + event('a', 'ok', 'write', 1);
  const wrong = event('a', 'invoke', 'read', null) + event('a', 'ok', 'read', 7);
  const reports = await Promise.all([
    checker.check(right, { check: 'register' }),
    checker.check(wrong, { check: 'register' }),
  ]);
  expect(reports.map(({ verdict }) => verdict.type)).toEqual(['valid', 'invalid']);
  const bytes = await checker.check(new TextEncoder().encode(wrong), { check: 'register' });
  expect(bytes).toEqual(reports[1]);
});

it('R23: every check can be asked for through a port', async () => {
  const checker = connect();
  const text = event('a', 'invoke', 'read', null) + event('a', 'ok', 'read', []);
  for (const { name, settings: declared } of CHECKS) {
    const needed = declared.filter(({ isRequired }) => isRequired === true);
    const settings = Object.fromEntries(needed.map((setting) => [setting.name, 1]));
    const here = () => finishTask(checkTextTask(text, { check: name, settings }));
    const there = checker.check(text, { check: name, settings });
    try {
      const report = here();
      expect(await there).toEqual(report);
    } catch (error) {
      await expect(there).rejects.toThrow(HistoryFault);
      expect([name, error]).toEqual([name, expect.any(HistoryFault)]);
    }
  }
});

it('R23: refuses as the check itself refuses', async () => {
  const checker = connect();
  const refused = checker.check('{"atMs":', { check: 'register' });
  await expect(refused).rejects.toBeInstanceOf(HistoryFault);
  await expect(refused).rejects.toThrow(/^line 1: is not JSON/);
  const unknown = checker.check('', { check: 'none' });
  await expect(unknown).rejects.toBeInstanceOf(InvalidArgument);
  await expect(unknown).rejects.toThrow(/^check is "none"/);
  const settings = { windowMs: 0, limit: 1 };
  const wrong = checker.check('', { check: 'rate-bound', settings });
  await expect(wrong).rejects.toThrow('windowMs is 0, but must be a positive number');
});

it('R23: tells progress, and ends when its signal says so', async () => {
  const checker = connect();
  const stop = new AbortController();
  const seen: Progress[] = [];
  const running = checker.check(
    HARD,
    { check: 'cas-register' },
    {
      signal: stop.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (seen.length === 3) stop.abort(new Error('enough'));
      },
    },
  );
  await expect(running).rejects.toThrow('enough');
  expect(seen.length).toBe(3);
  // The worker is free again.
  expect((await checker.check('', { check: 'register' })).verdict.type).toBe('valid');
});
