/**
 * Every failure scenario, played with Raft's register in the simulator: what it is about takes
 * place, whoever leads.
 */
import { checkLinearizable, register } from '@mangrove/check';
import { describeFault, isRole } from '@mangrove/experiment';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { raftScenarioExperiments } from '../src/experiments/raft-scenario-experiments.ts';
import { watchRaft } from '../src/subject/raft-experiment.ts';

/** One is what the time of the tests allows; hunts are for more. */
const SEED = 11;

describe('a failure scenario', () => {
  it('has a name of its own, objectives, and faults in every run', () => {
    const names = raftScenarioExperiments.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(16);
    for (const experiment of raftScenarioExperiments) {
      expect(experiment.slos?.map(({ type }) => type)).toContain('recovery');
      expect(drawPlan(experiment, 1).faults.length).toBeGreaterThan(0);
    }
  });

  it.each(raftScenarioExperiments.map((each) => [each.name, each] as const))(
    '%s: every fault strikes, nobody breaks, and every client is answered truly, in the end',
    async (_name, experiment) => {
      const plan = drawPlan(experiment, SEED);
      const report = await simulate(experiment.subject, plan, { invariant: watchRaft(plan) });
      const struck = report.strikes.map(({ fault }) => fault).sort((a, b) => a - b);
      expect(struck).toEqual(plan.faults.map((_, index) => index));
      const names = report.plan.faults.map(describeFault).join(' ').split(/[ ,]/);
      expect(names.filter(isRole)).toEqual([]);
      expect(report).toMatchObject({ violation: undefined, stuck: [] });
      expect(report.history.length).toBeGreaterThan(100);
      expect(checkLinearizable(register(), report.history)).toMatchObject({ type: 'valid' });
      expect(report.ends.filter(({ type }) => type === 'broken')).toEqual([]);
    },
  );
});
