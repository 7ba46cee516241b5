/**
 * Shows what a run of the simulator is judged by beside its history: faults that were to strike,
 * invariants where they are asked for, and operations that a fault met.
 */
import { type Fault, leader } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { drawPlan } from '@mangrove/sim';
import { expect, it } from 'vitest';
import { type CatalogEntry, findExperiment } from '../src/catalog.ts';
import { runPlan } from '../src/run-plan.ts';

const plain = findExperiment('register');
const plan = { ...drawPlan(plain.experiment, 1), faults: [] };
const pause: Fault = { type: 'pause', node: toNodeId('n1'), atMs: 400, untilMs: 700 };

/** The same, about its faults: each has to strike. */
const directed: CatalogEntry = {
  ...plain,
  experiment: { ...plain.experiment, drawScript: () => [] },
};

it('a fault that an experiment is about and that does not strike makes it unknown', async () => {
  // Nobody leads a register, so there is no such node to be paused.
  const never: Fault = { ...pause, node: leader() };
  const { verdict, strikes } = await runPlan(directed, { ...plan, faults: [pause, never] });
  expect(verdict.answer).toBe('unknown');
  const [check, ...more] = verdict.checks.filter(({ answer }) => answer !== 'valid');
  expect(more).toEqual([]);
  expect(check?.anomalies).toMatchObject([
    { sentence: 'did not strike: pause @leader 400-700 ms' },
  ]);
  expect(strikes).toEqual([{ fault: 0, atMs: 400, untilMs: 700 }]);
  expect((await runPlan(directed, { ...plan, faults: [pause] })).verdict.answer).toBe('valid');
  expect((await runPlan(plain, { ...plan, faults: [never] })).verdict.answer).toBe('valid');
});

it('operations that a fault met are counted: those under way while it lasted', async () => {
  const { history, counts } = await runPlan(plain, { ...plan, faults: [pause] });
  const open = new Map<string, number>();
  let metCount = 0;
  for (const { process, type, atMs } of history) {
    if (type === 'invoke') open.set(process, atMs);
    else if ((open.get(process) ?? Infinity) <= 700 && atMs >= 400) metCount += 1;
  }
  expect(metCount).toBeGreaterThan(5);
  expect(counts['operations during a fault']).toBe(metCount);
});

it('an invariant is held to where that is asked for, and a run ends where it breaks', async () => {
  const createInvariant = () => {
    let reactions = 0;
    return () => {
      reactions += 1;
      if (reactions > 100) throw new Error('a hundred reactions are enough');
    };
  };
  const watched = { ...plain, createInvariant };
  const broken = await runPlan(watched, plan, { isWatched: true });
  expect(broken.verdict).toMatchObject({ answer: 'invalid', anomaly: 'invariant' });
  const [anomaly] = broken.verdict.checks.flatMap(({ anomalies }) => anomalies);
  expect(anomaly?.sentence).toContain('a hundred reactions are enough');
  const unwatched = await runPlan(watched, plan);
  expect(unwatched.verdict.answer).toBe('valid');
  expect(unwatched.endMs).toBeGreaterThan(broken.endMs);
});
