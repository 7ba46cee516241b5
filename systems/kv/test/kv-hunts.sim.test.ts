/**
 * The experiments of the upkeep put their promises to the test, and they hold. The other ones with
 * aimed faults are for hunts alone.
 */
import { kvHunts, watchKv } from '@mangrove/kv';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const UPKEEP = kvHunts.filter(({ experiment }) =>
  ['kv-upkeep', 'kv-quota'].includes(experiment.name),
);

describe.each(UPKEEP)('$experiment.name', ({ experiment, promises }) => {
  it('tests what it is about, and finds it kept', { timeout: 60_000 }, async () => {
    const plan = drawPlan(experiment, 1);
    const report = await simulate(experiment.subject, plan, { invariant: watchKv(plan) });
    const { history, stuck, violation } = report;
    const verdicts = promises.map(({ view, judge }) => {
      return judge(history.map(view).filter((event) => event !== undefined)).type;
    });
    expect({ stuck, violation, verdicts }).toEqual({
      ...{ stuck: [], violation: undefined },
      verdicts: promises.map(() => 'valid'),
    });
  });
});
