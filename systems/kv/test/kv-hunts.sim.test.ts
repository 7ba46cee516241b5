/**
 * The experiments of the upkeep, of snapshots, of followers left behind and of damaged disks put
 * their promises to the test, and they hold.
 * The other ones with aimed faults are for hunts alone.
 */
import { kvHunts, watchKv } from '@mangrove/kv';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const TRIED = kvHunts.filter(({ experiment }) =>
  ['kv-short-logs', 'kv-laggards', 'kv-restarts', 'kv-full', 'kv-upkeep', 'kv-quota'].includes(
    experiment.name,
  ),
);

describe.each(TRIED)('$experiment.name', ({ experiment, promises }) => {
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

it('kv-damage: disks are lost, members are upgraded, and every promise is kept', async () => {
  const hunt = kvHunts.find(({ experiment }) => experiment.name === 'kv-damage');
  if (hunt === undefined) throw new Error('there is no kv-damage');
  const struck = { wiped: 0, rotten: 0, upgraded: 0 };
  for (let seed = 1; seed <= 12; seed += 1) {
    const plan = drawPlan(hunt.experiment, seed);
    const report = await simulate(hunt.experiment.subject, plan, { invariant: watchKv(plan) });
    const { history, stuck, violation, ends, counts } = report;
    const broken = ends.filter(({ type }) => type === 'broken');
    expect({ seed, stuck, violation, broken }).toEqual({
      ...{ seed, stuck: [], violation: undefined, broken: [] },
    });
    for (const { view, judge } of hunt.promises) {
      const verdict = judge(history.map(view).filter((event) => event !== undefined));
      expect([seed, verdict.type]).not.toEqual([seed, 'invalid']);
    }
    const isWiped = plan.faults.some((fault) => 'disk' in fault && fault.disk === 'wiped');
    struck.wiped += Number(isWiped);
    struck.rotten += counts['fault bit-rot'] ?? 0;
    struck.upgraded += counts['fault upgrade'] ?? 0;
  }
  // The test shows nothing unless all of that happened.
  for (const count of Object.values(struck)) expect(count).toBeGreaterThan(2);
}, 60_000);
