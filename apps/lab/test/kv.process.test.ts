/**
 * The store as real processes: two clusters side by side, each on ports of its own, whose leaders
 * are killed and cut off while clients work. One of them is that of the main job. What this world
 * cannot do to streams is told.
 */
import { type Fault, leader } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { drawPlan } from '@mangrove/sim';
import { expect, it } from 'vitest';
import { findExperiment } from '../src/catalog.ts';
import { clusterFiguresOf, runCluster } from '../src/demo-cluster.ts';
import { type LocalFigures, runLocal } from '../src/local/run-local.ts';
import { anomaliesOf } from '../src/verdict.ts';

const entry = findExperiment('kv/disk-full');

/** Load with these faults. A busy machine has the time it needs to get well. */
function runWith(...faults: readonly Fault[]) {
  const times = { activeMs: 2600, quietMs: 6000, operationTimeoutMs: 3000 };
  const { slos: _slos, drawScript: _script, ...plain } = { ...entry.experiment, ...times };
  return runLocal({ ...entry, experiment: plain }, { ...drawPlan(plain, 1), faults });
}

it('two clusters at once keep their promises, with leaders killed and cut off', async () => {
  const [c1, n1, n2] = [toNodeId('c1'), toNodeId('n1'), toNodeId('n2')];
  const window = { atMs: 1600, untilMs: 2200 };
  const told: LocalFigures[] = [];
  const [cluster, other] = await Promise.all([
    runCluster({ onFigures: (figures) => told.push(figures) }),
    runWith(
      { type: 'crash', node: leader(), disk: 'kept', atMs: 1000, untilMs: 1500 },
      { type: 'cut', from: [c1, n2], to: [n1], ...window },
    ),
  ]);
  for (const { verdict } of [cluster, other]) {
    expect(anomaliesOf(verdict)).toEqual([]);
    expect(verdict.answer).toBe('valid');
  }
  expect(cluster).toMatchObject({ notInjected: [], counts: { 'fault crash': 1, 'fault cut': 2 } });
  const [crash, cut] = cluster.plan.faults;
  expect(told.map(({ leader: who }) => who)).toContain(crash?.type === 'crash' && crash.node);
  expect(cut).toMatchObject({ from: [expect.stringMatching(/^n[123]$/)] });
  const { operationCount, okCount, silenceMs } = clusterFiguresOf(cluster);
  expect(operationCount).toBeGreaterThan(okCount);
  expect(okCount).toBeGreaterThan(100);
  expect(silenceMs).toBeLessThan(cluster.endMs);
  expect(cluster.marks?.['Elections won']).toBeGreaterThanOrEqual(1);
  expect(other.counts).toMatchObject({ 'fault crash': 1, 'node starts': 1, 'fault cut': 1 });
  expect(other.notInjected).toEqual(["cut c1,n2 > n1 1600-2200 ms for clients' streams"]);
});
