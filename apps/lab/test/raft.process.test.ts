/**
 * Raft as real processes, three and five, killed and stopped and starved of disk while clients
 * write: their histories are linearizable, so nothing that was acknowledged is lost, and in quiet
 * every client gets on. `raft-campaign.ts` tells every story, many times. And a fault that is aimed
 * at whoever leads, and a bug that is planted in every process.
 */
import { bothWays, cut } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { expect, it } from 'vitest';
import { findBug, findExperiment } from '../src/catalog.ts';
import { runLocal } from '../src/local/run-local.ts';
import { bandsOf } from '../src/report/fault-band.ts';
import { anomaliesOf } from '../src/verdict.ts';
import { planOfStory, raftEntry, raftStories } from './raft-stories.ts';

/** A busy machine has the time that it needs. */
const PATIENCE = { timeout: 120_000 };
const SLOW_THEN_STILL = 'each disk is slow in turn, then stands still';

/** Runs a story; resolves to what was done to the processes. */
async function tell(name: string, nodeCount: number): Promise<Readonly<Record<string, number>>> {
  const plan = planOfStory(name, nodeCount, 1);
  const { verdict, notInjected, counts, history, ends } = await runLocal(raftEntry, plan);
  expect(anomaliesOf(verdict)).toEqual([]);
  expect(verdict.answer).toBe('valid');
  expect({ notInjected, ends }).toEqual({ notInjected: [], ends: [] });
  const acknowledged = history.filter(({ type, f }) => type === 'ok' && f === 'write');
  expect(acknowledged.length).toBeGreaterThan(10);
  return counts;
}

it('three nodes lose nothing when a majority, then all, are killed', PATIENCE, async () => {
  const counts = await tell('a majority is killed at once, then all are', 3);
  expect(counts).toMatchObject({ 'fault crash': 5 });
  // On a slow machine those of the first round may not be back before they are killed again.
  expect(counts['node starts']).toBeGreaterThanOrEqual(3);
});

it(
  'five nodes lose nothing when each is stopped in turn, the leader among them',
  PATIENCE,
  async () => {
    const story = 'each node is stopped for longer than an election, then goes on';
    expect(await tell(story, 5)).toMatchObject({ 'fault pause': 5 });
  },
);

// Together: they wait most of the time.
it.concurrent.each([
  [3, 'each disk is full for a while, a minority at a time', { 'fault disk-full': 3 }],
  [3, SLOW_THEN_STILL, { 'fault slow-disk': 3, 'fault stall-disk': 3 }],
  [5, SLOW_THEN_STILL, { 'fault slow-disk': 5, 'fault stall-disk': 5 }],
] as const)('%i nodes lose nothing when %s', PATIENCE, async (nodeCount, story, counts) => {
  expect(await tell(story, nodeCount)).toMatchObject(counts);
});

it('whoever leads is killed at a message that it sends, and others go on', PATIENCE, async () => {
  const entry = findExperiment('raft/leader-crash-during-append');
  const plan = drawPlan({ ...entry.experiment, activeMs: 4500 }, 1);
  const evidence = await runLocal(entry, plan);
  const { verdict, notInjected, counts, plan: told, strikes, endMs } = evidence;
  // Objectives are left to campaigns: this machine may be busy, and the second leader late.
  expect(anomaliesOf(verdict).filter((anomaly) => anomaly.class !== 'slo')).toEqual([]);
  expect(notInjected).toEqual([]);
  expect(counts['fault crash-at']).toBeGreaterThanOrEqual(1);
  const [first] = told.faults;
  // The point has no time in the plan; the report tells when it came.
  const [band] = bandsOf({ plan: told, strikes, notInjected, endMs });
  expect(band).toMatchObject({ type: 'crash-at', hasStruck: true });
  expect(band?.fromMs).toBeGreaterThanOrEqual(1500);
  expect(first !== undefined && 'node' in first && plan.replicas.includes(first.node)).toBe(true);
});

it('a planted bug is found: two halves of four each take themselves for a majority', {
  timeout: 240_000,
}, async () => {
  const { entry, bug } = findBug('half-is-a-majority');
  const times = { activeMs: 3000, quietMs: 4000 };
  const drawn = drawPlan({ ...entry.experiment, ...times, replicaCount: 4 }, 1);
  const halves = bothWays(drawn.replicas.slice(0, 2), drawn.replicas.slice(2));
  const plan = { ...drawn, faults: cut(halves, { atMs: 500, untilMs: 2500 }) };
  const seen = new Set<string>();
  // On a busy machine the half that lost its leader may come to no other one in that time. And
  // nodes may break too, since what both halves committed contradicts itself.
  for (let tries = 0; tries < 5 && !seen.has('linearizability'); tries += 1) {
    const { verdict } = await runLocal(entry, plan, { bug });
    for (const anomaly of anomaliesOf(verdict)) seen.add(anomaly.class);
  }
  expect([...seen]).toContain('linearizability');
  const clean = await runLocal(entry, plan);
  expect(anomaliesOf(clean.verdict).filter((anomaly) => anomaly.class !== 'slo')).toEqual([]);
});

it('a story that is not there is refused', () => {
  expect(() => planOfStory('none', 3, 1)).toThrow('there is no story called none');
  expect(Object.keys(raftStories).length).toBe(7);
});
