/**
 * Reports that pages are looked at with: nothing failed, and ten thousand operations.
 */
import type { ExperimentReport } from '../src/run-report.ts';
import { busyPlan, busyScript } from './busy-story.ts';
import { figureEightReport, figureEightRun, strikesAsPlanned } from './figure-eight.ts';
import { fullReport } from './full-report.ts';

/** A run in which everything held. */
export function cleanReport(): ExperimentReport {
  const { shrunk: _shrunk, ...rest } = figureEightReport();
  const run = figureEightRun();
  const checks = run.verdict.checks.map(({ check }) => ({
    ...{ check, answer: 'valid' as const, anomalies: [] },
  }));
  return { ...rest, found: { ...run, verdict: { answer: 'valid', checks } } };
}

/** The same under load, with service levels. */
export function busyCleanReport(): ExperimentReport {
  const { found } = fullReport();
  const slos = [
    { slo: { type: 'availability', phase: 'during', percentMin: 90 }, measured: 97.2, count: 433 },
    { slo: { type: 'recovery', msMax: 1500 }, measured: 310.4, count: 3 },
  ] as const;
  const checks = slos.map((slo) => {
    return { check: slo.slo.type, answer: 'valid' as const, anomalies: [], slo };
  });
  const clean = cleanReport();
  const verdict = { answer: 'valid' as const, checks: [...clean.found.verdict.checks, ...checks] };
  return { ...clean, found: { ...found, verdict } };
}

/** 10 000 operations in the found run, and a trace of 10 000 records that is drawn. */
export function bigReport(): ExperimentReport {
  const script = busyScript(10_000);
  const history = script.history();
  const endMs = (history.at(-1)?.atMs ?? 0) + 50;
  const plan = busyPlan(endMs);
  const told = { trace: script.trace(), history, endMs, plan, strikes: strikesAsPlanned(plan) };
  const run = { ...figureEightRun(), ...told };
  return { ...fullReport(10_000), shrunk: run };
}
