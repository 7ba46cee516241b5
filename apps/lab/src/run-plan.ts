/**
 * Runs a plan in the simulator and has it judged: one run from its data to its verdict.
 */
import type { Plan } from '@mangrove/experiment';
import { type NodeEnd, type SimulateOptions, type Strike, simulate } from '@mangrove/sim';
import type { CatalogEntry } from './catalog.ts';
import { judge } from './judge.ts';
import { missedFaults } from './missed-faults.ts';
import { hurtCount, timingsOf } from './report/latency.ts';
import type { FaultStrike, RunEnd, RunEvidence } from './run-report.ts';

/** What is wanted of a run. */
export interface RunPlanOptions extends Omit<SimulateOptions, 'invariant'> {
  /** Whether the run is held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean | undefined;
}

/** Runs `plan`. The same plan of the same code gives the same evidence. */
export async function runPlan(
  entry: CatalogEntry,
  plan: Plan,
  { isWatched = false, ...options }: RunPlanOptions = {},
): Promise<RunEvidence> {
  const invariant = isWatched ? entry.createInvariant?.(plan) : undefined;
  const report = await simulate(entry.experiment.subject, plan, { ...options, invariant });
  const { history, endMs, hash, eventCount, trace, counts, stuck, marks } = report;
  const ends = report.ends.map(toRunEnd);
  const { activeMs, quietMs } = plan;
  const violation = report.violation && {
    atMs: report.violation.atMs,
    sentence: sentenceOf(report.violation.cause),
  };
  const { slos = [], slosInSim = slos, drawScript } = entry.experiment;
  const strikes = report.strikes.map(toFaultStrike);
  const missed = drawScript && missedFaults(report.plan.faults, strikes);
  const invariants = invariant === undefined ? undefined : (entry.invariants ?? []);
  const measured = { history, ends, stuck, violation, invariants, activeMs, quietMs, endMs };
  const verdict = judge(entry.judges, { ...measured, slos: slosInSim, strikes, missed });
  return {
    world: 'sim',
    plan: report.plan,
    history,
    verdict,
    endMs,
    strikes,
    hash,
    eventCount,
    ...(trace === undefined ? {} : { trace }),
    ends,
    counts: {
      ...counts,
      'operations during a fault': hurtCount(timingsOf(history, endMs), strikes),
    },
    marks,
    ...(options.choiceTimesMs === undefined ? {} : { choicesUntil: report.choicesUntil }),
    notInjected: [],
  };
}

/** An error in one line; control characters, as of a file of zeros, are escaped. */
export function sentenceOf(cause: unknown): string {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const line = text.split('\n')[0] ?? text;
  return [...line].map((each) => (each < ' ' ? JSON.stringify(each).slice(1, -1) : each)).join('');
}

function toFaultStrike({ end, ...strike }: Strike): FaultStrike {
  if (end === undefined) return strike;
  const { outcome, cause } = end;
  return { ...strike, outcome, ...(cause === undefined ? {} : { reason: sentenceOf(cause) }) };
}

function toRunEnd({ node, incarnation, atMs, type, cause }: NodeEnd): RunEnd {
  return { node, incarnation, atMs, type, cause: sentenceOf(cause) };
}
