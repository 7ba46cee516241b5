/**
 * The truth of a run is one log: a scribe that was given up, and goes on while the next one writes,
 * does not write a revision down twice, nor out of order.
 */
import type { Plan, PlannedOperation } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { kvContractExperiment, kvExperiment } from '@mangrove/kv';
import { simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const WRITE_COUNT = 12;

const [c1, c2] = [toNodeId('c1'), toNodeId('c2')];

/** One client writes; another one writes all revisions down, and gives up after `patienceMs`. */
function planOf(experiment: string, patienceMs: number): Plan {
  const writes = Array.from({ length: WRITE_COUNT }, (_, index): PlannedOperation => {
    return { client: c1, atMs: 1500 + 40 * index, f: 'write', key: 'r/a', value: index };
  });
  const logs = [0, 1, 2, 3].map((): PlannedOperation => ({ client: c2, atMs: 3000, f: 'log' }));
  const late = [0, 1, 2].map((): PlannedOperation => {
    return { client: c2, atMs: 4000, f: 'log', value: 'all' };
  });
  return {
    ...{ format: 'mangrove-plan/1', experiment, seed: 1, activeMs: 3900, quietMs: 2000 },
    ...{ replicas: ['n1', 'n2', 'n3', 'n4'].map(toNodeId), clients: [c1, c2], faults: [] },
    operationTimeoutMs: patienceMs,
    operations: [...writes, ...logs, ...late],
    choices: { links: {}, draws: {} },
  };
}

describe.each([kvExperiment, kvContractExperiment])('the scribe of $name', (experiment) => {
  it.each([2, 3, 4])('given up after %d ms, writes each revision once', async (ms) => {
    const plan = planOf(experiment.name, ms);
    const { history } = await simulate(experiment.subject, plan);
    const log = history.filter(({ f, type }) => f === 'log' && type === 'ok').at(-1)?.value;
    const { changes } = log as { readonly changes: readonly { readonly revision: number }[] };
    // Revision 1 is the empty store.
    const revisions = Array.from({ length: WRITE_COUNT }, (_, index) => index + 2);
    expect(changes.map(({ revision }) => revision)).toEqual(revisions);
  });
});
