/**
 * A failure scenario of a system with a leader and a log, played with the store: what it is about
 * takes place, and the members keep what they promise each other.
 */
import { drawPlan, simulate } from '@mangrove/sim';
import { expect, it } from 'vitest';
import { kvScenarioExperiments } from '../src/subject/kv-scenario-experiments.ts';
import { watchKv } from '../src/subject/kv-watch.ts';

/** One is what the time of the tests allows; hunts are for all. */
const NAMES = ['kv/leader-crash-during-append'];

it.each(NAMES)('%s: every fault strikes, and every client is answered in the end', async (name) => {
  const experiment = kvScenarioExperiments.find((each) => each.name === name);
  if (experiment === undefined) throw new Error(`there is no ${name}`);
  const plan = drawPlan(experiment, 1);
  const report = await simulate(experiment.subject, plan, { invariant: watchKv(plan) });
  expect(report.strikes).toHaveLength(plan.faults.length);
  expect(report).toMatchObject({ violation: undefined, stuck: [] });
  expect(report.ends.filter(({ type }) => type === 'broken')).toEqual([]);
});
