/**
 * Plans that once failed, made small: each runs clean, held to the promises and the invariants.
 *
 * A plan stays what it is when seeds mean something else. Where it comes from stands in the
 * post-mortem of the same day.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parsePlan } from '@mangrove/experiment';
import { kvContractExperiment, kvExperiment, kvPromises, watchKv } from '@mangrove/kv';
import { simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const directory = new URL('./regressions/', import.meta.url);

describe('a plan that once failed', () => {
  it.each(readdirSync(directory))('%s', async (name) => {
    const plan = parsePlan(readFileSync(new URL(name, directory), 'utf8'));
    const experiments = [kvExperiment, kvContractExperiment];
    const experiment = experiments.find((each) => each.name === plan.experiment);
    if (experiment === undefined) throw new Error(`${name} is of ${plan.experiment}`);
    const invariant = watchKv(plan);
    const { history, violation } = await simulate(experiment.subject, plan, { invariant });
    const broken = kvPromises.flatMap(({ check, view, judge }) => {
      const verdict = judge(history.map(view).filter((event) => event !== undefined));
      return verdict.type === 'invalid' ? [{ check, violations: verdict.violations }] : [];
    });
    expect({ broken, violation }).toEqual({ broken: [], violation: undefined });
  });
});
