/**
 * Which faults of a plan a run was given: processes cannot be given all of them.
 */
import { describeFault, type Fault } from '@mangrove/experiment';
import type { RunEvidence } from '../run-report.ts';

/** The faults of the plan but those that the world could not inject at all, in order. */
export function injectedFaults({
  plan,
  notInjected,
}: Pick<RunEvidence, 'plan' | 'notInjected'>): readonly Fault[] {
  const missed = new Set(notInjected);
  return missed.size === 0
    ? plan.faults
    : plan.faults.filter((fault) => !missed.has(describeFault(fault)));
}
