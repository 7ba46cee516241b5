/**
 * The service levels of the scenarios: the same in the simulator and on real processes.
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

/** The system goes on meanwhile, with a pause for an election or two. */
export function staysUp(bounds: {
  readonly percentMin: number;
  readonly outageMsMax: number;
}): readonly Slo[] {
  return [
    { type: 'availability', phase: 'during', percentMin: bounds.percentMin },
    { type: 'outage', msMax: bounds.outageMsMax },
  ];
}
