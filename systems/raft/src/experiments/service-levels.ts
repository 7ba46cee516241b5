/**
 * The service levels of the scenarios on real processes; for the simulator see `sim-levels.ts`.
 *
 * Bounds leave room for a busy machine; what a run really measured stands in its report.
 */
import type { Slo } from '@mangrove/experiment';

/** After the faults all is well again, and soon. */
export const CALM_AFTER: readonly Slo[] = Object.freeze([
  { type: 'recovery', msMax: 1500 },
  { type: 'availability', phase: 'after', percentMin: 99 },
  { type: 'latency', phase: 'after', percentile: 50, msMax: 50 },
  { type: 'latency', phase: 'after', percentile: 99, msMax: 500 },
  { type: 'latency', phase: 'after', percentile: 99.9, msMax: 1000 },
] satisfies readonly Slo[]);

/**
 * The system goes on meanwhile, with a pause for an election or two: most operations do not notice.
 * The slowest hundredth is promised nothing where so many may end without an answer.
 */
export function staysUp(bounds: {
  readonly percentMin: number;
  readonly outageMsMax: number;
  readonly p99MsMax?: number;
}): readonly Slo[] {
  const { percentMin, outageMsMax, p99MsMax } = bounds;
  return [
    { type: 'availability', phase: 'during', percentMin },
    { type: 'outage', msMax: outageMsMax },
    { type: 'latency', phase: 'during', percentile: 50, msMax: 200 },
    ...(p99MsMax === undefined
      ? []
      : [{ type: 'latency', phase: 'during', percentile: 99, msMax: p99MsMax } as const]),
  ];
}
