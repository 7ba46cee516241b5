/**
 * What members are started with, by hand and as Node.js takes it.
 */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { memberLaunch } from './member-launch.ts';

it('members get huge pages, unless tunables are set already', () => {
  const asked = { PATH: '/bin', GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };
  expect(memberLaunch({ PATH: '/bin' }).env).toEqual(asked);
  const given = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' };
  expect(memberLaunch(given).env).toEqual(given);
});

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
    const { env } = memberLaunch(process.env);
    return Number(execFileSync(process.execPath, [...execArgv, '-e', program], { env }));
  };
  expect(collections([])).toBeGreaterThan(1);
  expect(collections(memberLaunch({}).execArgv)).toBe(0);
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
    const { env } = memberLaunch(process.env);
    const args = [...execArgv, '--trace-gc', '-e', program];
    const lines = execFileSync(process.execPath, args, { env, encoding: 'utf8' }).split('\n');
    return lines.filter((line) => line.includes('Mark-Compact')).length;
  };
  const { execArgv } = memberLaunch({});
  expect(collections(execArgv.filter((each) => !each.includes('old-space')))).toBeGreaterThan(0);
  expect(collections(execArgv)).toBe(0);
});
