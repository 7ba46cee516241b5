/**
 * What the flags of members do to Node.js.
 */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { MEMBER_FLAGS } from './member-flags.ts';

it('members begin with a large young generation', () => {
  // A process that has made 10 MB of garbage in small objects has collected nothing so far.
  const program = `
    const { PerformanceObserver } = require('node:perf_hooks');
    let count = 0;
    const note = (list) => (count += list.getEntries().length);
    new PerformanceObserver(note).observe({ entryTypes: ['gc'] });
    for (let nth = 0; nth < 100_000; nth++) globalThis.last = new Array(10).fill(nth);
    setImmediate(() => setImmediate(() => process.stdout.write(String(count))));
  `;
  const collections = (execArgv: readonly string[]) => {
    return Number(execFileSync(process.execPath, [...execArgv, '-e', program]));
  };
  expect(collections([])).toBeGreaterThan(1);
  expect(collections(MEMBER_FLAGS)).toBe(0);
});

it('the old generation of members is not collected while it is small', () => {
  // 1.2 GB of which nothing is kept, then 80 MB that are.
  const program = `
    const kept = [];
    let turns = 0;
    const turn = () => {
      for (let nth = 0; nth < 1000; nth++) {
        globalThis.last = new Array(100).fill(nth);
        if (turns >= 1500) kept.push(globalThis.last);
      }
      turns += 1;
      if (turns < 1600) setImmediate(turn);
    };
    turn();
  `;
  const collections = (execArgv: readonly string[]) => {
    const args = [...execArgv, '--trace-gc', '-e', program];
    const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).split('\n');
    return lines.filter((line) => line.includes('Mark-Compact')).length;
  };
  const others = MEMBER_FLAGS.filter((each) => !each.includes('old-space'));
  expect(collections(others)).toBeGreaterThan(0);
  expect(collections(MEMBER_FLAGS)).toBe(0);
});
