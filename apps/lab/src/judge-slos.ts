/**
 * Judges what clients saw by service level objectives: availability, latency, outage, recovery.
 *
 * An objective that had nothing to measure is `unknown`. An operation without an answer counts as
 * slower than any bound: to leave it out would make a system look fast by not answering.
 */
import { describeSlo, type HistoryEvent, type Slo, type SloPhase } from '@mangrove/experiment';
import { quantile, type Timing, timingsOf } from './report/latency.ts';
import type { CheckResult } from './verdict.ts';

/** When a fault was in force, ms of the run's time. */
export interface FaultSpan {
  readonly atMs: number;
  readonly untilMs: number;
}

/** What is measured. */
export interface MeasuredRun {
  readonly history: readonly HistoryEvent[];
  /** Of the faults that struck. */
  readonly strikes: readonly FaultSpan[];
  readonly endMs: number;
}

/** The answers, in the order of `slos`. */
export function judgeSlos(slos: readonly Slo[], run: MeasuredRun): readonly CheckResult[] {
  return slos.map((slo) => toResult(slo, measure(slo, run)));
}

/** A figure and how many operations it is of; or why there is none. */
type Measure =
  | { readonly figure: number; readonly count: number; readonly note?: string }
  | { readonly missing: string };

function measure(slo: Slo, run: MeasuredRun): Measure {
  switch (slo.type) {
    case 'availability':
      return availability(inPhase(run, slo.phase));
    case 'latency':
      return latency(inPhase(run, slo.phase), slo.percentile);
    case 'outage':
      return outage(run);
    case 'recovery':
      return recovery(run);
  }
}

function toResult(slo: Slo, measured: Measure): CheckResult {
  const check = describeSlo(slo);
  const class_ = 'slo' as const;
  if ('missing' in measured) {
    const { missing } = measured;
    const figures = { slo, count: 0 };
    const sentence = `${check}: ${missing}`;
    return { check, answer: 'unknown', anomalies: [{ class: class_, sentence }], slo: figures };
  }
  const { figure, count, note = '' } = measured;
  const isHeld = slo.type === 'availability' ? figure >= slo.percentMin : figure <= slo.msMax;
  const isBounded = Number.isFinite(figure);
  const figures = { slo, count, ...(isBounded ? { measured: figure } : {}) };
  if (isHeld) return { check, answer: 'valid', anomalies: [], slo: figures };
  const unit = slo.type === 'availability' ? '%' : 'ms';
  const seen = isBounded ? `it was ${round(figure)} ${unit}` : 'it had no end in this run';
  const sentence = `${check}, but ${seen}${note}`;
  return { check, answer: 'invalid', anomalies: [{ class: class_, sentence }], slo: figures };
}

function round(figure: number): number {
  return Math.round(figure * 10) / 10;
}

/** The operations of a phase; undefined where the run has no such phase, as no fault struck. */
function inPhase(run: MeasuredRun, phase: SloPhase): readonly Timing[] | undefined {
  const timings = timingsOf(run.history, run.endMs);
  if (phase === 'whole') return timings;
  const span = faultSpan(run.strikes);
  if (span === undefined) return undefined;
  const { atMs, untilMs } = span;
  if (phase === 'after') return timings.filter(({ startMs }) => startMs > untilMs);
  return timings.filter(({ startMs, endMs }) => startMs <= untilMs && endMs >= atMs);
}

/** From the first fault's begin to the last one's end. */
function faultSpan(strikes: readonly FaultSpan[]): FaultSpan | undefined {
  if (strikes.length === 0) return undefined;
  return {
    atMs: Math.min(...strikes.map(({ atMs }) => atMs)),
    untilMs: Math.max(...strikes.map(({ untilMs }) => untilMs)),
  };
}

const NO_FAULT = 'no fault struck, so there is nothing to measure';
const NO_OPERATION = 'no operation falls into that time, so there is nothing to measure';

function availability(timings: readonly Timing[] | undefined): Measure {
  if (timings === undefined) return { missing: NO_FAULT };
  if (timings.length === 0) return { missing: NO_OPERATION };
  const ok = timings.filter(({ outcome }) => outcome === 'ok').length;
  return { figure: (100 * ok) / timings.length, count: timings.length };
}

function latency(timings: readonly Timing[] | undefined, percentile: number): Measure {
  if (timings === undefined) return { missing: NO_FAULT };
  const took = timings
    .filter(({ outcome }) => outcome !== 'fail')
    .map(({ startMs, endMs, outcome }) =>
      outcome === 'ok' ? endMs - startMs : Number.POSITIVE_INFINITY,
    )
    .sort((a, b) => (a === b ? 0 : a - b));
  if (took.length === 0) return { missing: NO_OPERATION };
  return { figure: quantile(took, percentile / 100), count: took.length };
}

/** The longest time in which somebody waited and nobody was answered. */
function outage({ history, endMs }: MeasuredRun): Measure {
  let longestMs = 0;
  let count = 0;
  let waitingCount = 0;
  let sinceMs: number | undefined;
  let lastMs = 0;
  for (const { type, atMs } of history) {
    lastMs = atMs;
    if (type === 'invoke') {
      count += 1;
      waitingCount += 1;
      sinceMs ??= atMs;
      continue;
    }
    waitingCount -= 1;
    if (type !== 'ok') continue;
    longestMs = Math.max(longestMs, atMs - (sinceMs ?? atMs));
    sinceMs = waitingCount > 0 ? atMs : undefined;
  }
  if (count === 0) return { missing: NO_OPERATION };
  if (sinceMs !== undefined) {
    longestMs = Math.max(longestMs, (waitingCount > 0 ? endMs : lastMs) - sinceMs);
  }
  return { figure: longestMs, count };
}

/**
 * How long after the last fault a client asked at most before its first success. The time in which
 * it had nothing to ask for is nobody's fault.
 */
function recovery(run: MeasuredRun): Measure {
  const span = faultSpan(run.strikes);
  if (span === undefined) return { missing: NO_FAULT };
  const first = new Map<string, { readonly fromMs: number; servedMs: number }>();
  const open = new Map<string, number>();
  for (const { type, process, atMs } of run.history) {
    if (type === 'invoke') open.set(process, atMs);
    if (type === 'invoke' || atMs <= span.untilMs) continue;
    const client = process.split('.')[0] ?? process;
    const fromMs = Math.max(span.untilMs, open.get(process) ?? atMs);
    const entry = first.get(client) ?? { fromMs, servedMs: Number.POSITIVE_INFINITY };
    first.set(client, entry);
    if (type === 'ok') entry.servedMs = Math.min(entry.servedMs, atMs);
  }
  const waits = [...first].map(([client, { fromMs, servedMs }]) => {
    return { client, ms: servedMs - fromMs };
  });
  const [slowest] = waits.sort((a, b) => (a.ms === b.ms ? 0 : b.ms - a.ms));
  if (slowest === undefined) return { missing: NO_OPERATION };
  return { figure: slowest.ms, count: waits.length, note: ` for ${slowest.client}` };
}
