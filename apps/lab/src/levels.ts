/**
 * What clients got in a run, by every figure that an objective may be about, promised or not.
 *
 * A cluster without a majority owes nobody an answer, and a reader still wants to know what there
 * was.
 */
import { describeBound, describeLevel, type Slo } from '@mangrove/experiment';
import { judgeSlos } from './judge-slos.ts';
import { formatCount, formatMs, toSentence } from './report/wording.ts';
import type { RunEvidence } from './run-report.ts';

/** A figure of a run, and what was promised of it. */
export interface Level {
  /** What it is about: `P99 during the faults`. */
  readonly what: string;
  /** `38 ms (at most 80 ms)`. */
  readonly measured: string;
}

const PERCENTILES = Object.freeze([50, 99, 99.9] as const);

/** Objectives that everything meets, for their figures; in the order of time. */
const LEVELS: readonly Slo[] = Object.freeze([
  { type: 'availability', phase: 'during', percentMin: 0 },
  { type: 'outage', msMax: Number.POSITIVE_INFINITY },
  ...latencies('during'),
  { type: 'recovery', msMax: Number.POSITIVE_INFINITY },
  { type: 'availability', phase: 'after', percentMin: 0 },
  ...latencies('after'),
]);

/** The figures of a run, the same ones in the same order for every run. */
export function levelsOf(run: RunEvidence): readonly Level[] {
  const measures = judgeSlos(LEVELS, run);
  return LEVELS.map((level, place) => {
    const what = toSentence(describeLevel(level)).replace(/\.$/, '');
    const own = run.verdict.checks.find(({ slo }) => slo !== undefined && isSame(slo.slo, level));
    const { answer, slo } = own ?? measures[place] ?? {};
    const figure = figureOf(level, answer, slo?.measured);
    const bound = own?.slo === undefined ? 'nothing is promised' : describeBound(own.slo.slo);
    const missed = own?.answer === 'invalid' ? 'missed: ' : '';
    return { what, measured: `${figure} (${missed}${bound})` };
  });
}

function figureOf(level: Slo, answer: string | undefined, figure: number | undefined): string {
  if (figure === undefined) return answer === 'unknown' ? 'nothing to measure' : 'no end';
  return level.type === 'availability' ? `${formatCount(figure)}\u00a0%` : formatMs(figure);
}

function isSame(slo: Slo, level: Slo): boolean {
  return describeLevel(slo) === describeLevel(level);
}

function latencies(phase: 'during' | 'after'): readonly Slo[] {
  return PERCENTILES.map((percentile) => {
    return { type: 'latency', phase, percentile, msMax: Number.POSITIVE_INFINITY };
  });
}
