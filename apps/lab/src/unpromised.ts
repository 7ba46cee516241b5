/**
 * What clients got while faults lasted, where an experiment promises nothing of it: a cluster
 * without a majority owes nobody an answer, and a reader still wants to know what there was.
 */
import type { Slo } from '@mangrove/experiment';
import { judgeSlos } from './judge-slos.ts';
import { formatCount, formatMs } from './report/wording.ts';
import type { RunEvidence } from './run-report.ts';

/** A figure that no objective asked for. */
export interface UnpromisedFigure {
  readonly slo: Slo;
  /** What was measured, as an objective would say it. */
  readonly what: string;
  readonly measured: string;
}

/** Objectives that everything meets, for their figures. */
const MEANWHILE: readonly (readonly [Slo, string])[] = Object.freeze([
  [{ type: 'availability', phase: 'during', percentMin: 0 }, 'Availability during the faults'],
  [{ type: 'outage', msMax: Number.POSITIVE_INFINITY }, 'The longest time without any answer'],
]);

/** The figures of the time of the faults that are no objective of the run's experiment. */
export function unpromisedOf(run: RunEvidence): readonly UnpromisedFigure[] {
  const promised = run.verdict.checks.flatMap(({ slo }) => slo?.slo ?? []);
  return MEANWHILE.flatMap(([slo, what]) => {
    const isPromised = promised.some(
      (each) => each.type === slo.type && (!('phase' in each) || each.phase === 'during'),
    );
    if (isPromised) return [];
    const [result] = judgeSlos([slo], run);
    const figure = result?.slo?.measured;
    const words = slo.type === 'availability' ? `${formatCount(figure ?? 0)}\u00a0%` : undefined;
    const measured = figure === undefined ? 'nothing to measure' : (words ?? formatMs(figure));
    return [{ slo, what, measured }];
  });
}
