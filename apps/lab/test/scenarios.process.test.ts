/**
 * Failure scenarios of Raft and of the store as real processes, those whose ways differ: members
 * change under a cut, a crash at a message that arrives, links that work one way, a disk that is
 * full. Each fault strikes, none is left out, and no promise is broken.
 */
import { describeFault } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { findExperiment } from '../src/catalog.ts';
import { runLocal } from '../src/local/run-local.ts';
import { missedFaults } from '../src/missed-faults.ts';
import { LEADERSHIPS_SEEN } from '../src/reigns.ts';
import type { RunEvidence } from '../src/run-report.ts';
import { anomaliesOf } from '../src/verdict.ts';

/** A busy machine has the time that it needs. */
const PATIENCE = { timeout: 240_000 };

/** On a busy machine leaders change by themselves, and then a fault may not meet what it is for. */
const TRIES = 5;

const leaderships = ({ counts }: RunEvidence) => counts[LEADERSHIPS_SEEN] ?? 0;
const installed = ({ marks }: RunEvidence) => marks?.['Snapshots installed'] ?? 0;

/** A scenario, how long there is load, ms, and what there has to be at least so much of. */
interface Play {
  readonly name: string;
  readonly activeMs: number;
  readonly countOf: (run: RunEvidence) => number;
  readonly countMin: number;
}

const PLAYS: Readonly<Record<'raft' | 'kv', readonly Play[]>> = Object.freeze({
  raft: [
    // What is to be refused and what is to be done by its operator stands in the plan.
    {
      ...{ name: 'membership-change-under-partition', activeMs: 5500 },
      ...{ countOf: leaderships, countMin: 2 },
    },
    { name: 'one-way-cut', activeMs: 5000, countOf: leaderships, countMin: 3 },
  ],
  kv: [
    // In the last lives of members: the one that crashed as its snapshot came has it after all.
    { name: 'snapshot-install-under-load', activeMs: 5000, countOf: installed, countMin: 1 },
    { name: 'disk-full', activeMs: 4700, countOf: leaderships, countMin: 2 },
  ],
});

describe.each(['raft', 'kv'] as const)('as processes, %s', (system) => {
  // Two at once: they wait most of the time.
  it.concurrent.each(PLAYS[system])(
    'comes through $name, where every fault strikes',
    PATIENCE,
    async ({ name, activeMs, countOf, countMin }) => {
      const entry = findExperiment(`${system}/${name}`);
      const plan = drawPlan({ ...entry.experiment, activeMs }, 1);
      let missed: readonly string[] = ['all'];
      let count = 0;
      for (let tries = 0; tries < TRIES && (missed.length > 0 || count < countMin); tries += 1) {
        const run = await runLocal(entry, plan);
        // Objectives are left to campaigns: this machine may be busy.
        const broken = anomaliesOf(run.verdict).filter((anomaly) => anomaly.class !== 'slo');
        expect(broken).toEqual([]);
        expect(run.notInjected).toEqual([]);
        missed = missedFaults(run.plan.faults, run.strikes).map(describeFault);
        count = countOf(run);
      }
      expect(missed).toEqual([]);
      expect(count).toBeGreaterThanOrEqual(countMin);
    },
  );
});
