/**
 * Swarm runs of five nodes, of which three found the group, and four clients: every history is
 * linearizable, the invariants hold at every event, quiet brings progress, no node breaks, and a
 * seed is one run.
 */
import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkLinearizable, register } from '@mangrove/check';
import { MarkSums } from '@mangrove/experiment';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { raftExperiment, watchRaft } from '../src/index.ts';

const SEED_COUNT = 25;

/**
 * What the swarm has to meet and to do, at the least: about a third of what it does. Most requests
 * of its operator come while nobody leads, so members change in few of so few runs, and no
 * leadership is handed over; the random cluster does both all the time.
 */
const FLOORS: Readonly<Record<string, number>> = Object.freeze({
  ...{ 'fault upgrade': 10, 'fault crash': 48, 'fault cut': 53, 'fault action': 32 },
  ...{ 'fault disk-full': 6, 'fault clock-drift': 9, 'Elections won': 19, 'Appends refused': 49 },
  ...{ 'Changes of members written': 8, 'Joint configurations written': 1 },
  ...{ 'Snapshots installed': 5 },
});

describe('a group whose members change', () => {
  it('R30, R58: invariants hold, histories are linearizable, every client gets on', {
    timeout: 60_000,
  }, async () => {
    let okCount = 0;
    const sums = new MarkSums();
    for (let seed = 0; seed < SEED_COUNT; seed++) {
      const plan = drawPlan(raftExperiment, seed);
      const invariant = watchRaft(plan);
      const report = await simulate(raftExperiment.subject, plan, { invariant });
      const { type } = checkLinearizable(register(), report.history);
      const { stuck, violation } = report;
      // A node may stop or be refused for what its disk did; it must not break by its own doing.
      const ends = report.ends.filter((end) => end.type === 'broken');
      const verdict = { seed, type, ends, stuck, violation };
      const clean = { seed, type: 'valid', ends: [], stuck: [], violation: undefined };
      expect(verdict).toEqual(clean);
      okCount += report.history.filter((event) => event.type === 'ok').length;
      sums.addRun(report.marks);
      sums.addRun(report.counts);
    }
    // Each run plans 84 operations; a group that mostly refuses would prove little.
    expect(okCount).toBeGreaterThan(SEED_COUNT * 50);
    const met = sums.marks();
    const missed = Object.keys(FLOORS).filter((name) => (met[name] ?? 0) < (FLOORS[name] ?? 0));
    expect(missed, JSON.stringify(met)).toEqual([]);
  });

  it('R29: a seed gives the same run in a fresh process', { timeout: 30_000 }, async () => {
    const { hash } = await simulate(raftExperiment.subject, drawPlan(raftExperiment, 42));
    const script = fileURLToPath(new URL('./run-seed.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(execPath, [script, '42']);
    expect(stdout).toBe(hash);
  });
});
