/**
 * The store as real processes: two clusters side by side, each on ports of its own, whose leaders
 * are killed while clients write; and what this world cannot do to streams is told.
 */
import { type Fault, leader, OTHERS } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { drawPlan } from '@mangrove/sim';
import { expect, it } from 'vitest';
import { findExperiment } from '../src/catalog.ts';
import { runLocal } from '../src/local/run-local.ts';
import { anomaliesOf } from '../src/verdict.ts';

const entry = findExperiment('kv/disk-full');

/** Two seconds of load with these faults. A busy machine has the time it needs to get well. */
function runWith(...faults: readonly Fault[]) {
  const times = { activeMs: 2600, quietMs: 6000, operationTimeoutMs: 3000 };
  const experiment = { ...entry.experiment, ...times };
  const { slos: _slos, drawScript: _script, ...plain } = experiment;
  return runLocal({ ...entry, experiment: plain }, { ...drawPlan(experiment, 1), faults });
}

it('two clusters at once keep their promises, with leaders killed and cut off', async () => {
  const [c1, n1, n2] = [toNodeId('c1'), toNodeId('n1'), toNodeId('n2')];
  const window = { atMs: 1600, untilMs: 2200 };
  const runs = await Promise.all([
    runWith({ type: 'crash', node: leader(), disk: 'kept', atMs: 1000, untilMs: 1500 }),
    runWith(
      { type: 'cut', from: [leader()], to: [OTHERS], ...window },
      { type: 'cut', from: [c1, n2], to: [n1], ...window },
    ),
  ]);
  for (const { verdict, history } of runs) {
    expect(anomaliesOf(verdict)).toEqual([]);
    expect(verdict.answer).toBe('valid');
    const during = history.filter(({ type, atMs }) => type === 'ok' && atMs > window.atMs);
    expect(during.length).toBeGreaterThan(5);
  }
  const [killed, cut] = runs;
  expect(killed).toMatchObject({ notInjected: [], counts: { 'fault crash': 1, 'node starts': 1 } });
  expect(cut?.counts).toMatchObject({ 'fault cut': 2 });
  expect(cut?.notInjected).toEqual(["cut c1,n2 > n1 1600-2200 ms for clients' streams"]);
});
