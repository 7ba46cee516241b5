/**
 * Which worlds can show what an experiment is about.
 */
import { describeFault, type Experiment } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { whyNotInjectable } from './local/host-fault.ts';

/** A fault that processes cannot be given, in words, and why. */
export interface MissingFault {
  readonly fault: string;
  readonly why: string;
}

/**
 * The faults of a directed experiment that processes cannot be given; empty where they can be given
 * all. Which they are does not depend on the seed.
 */
export function missingInLocal(experiment: Experiment): readonly MissingFault[] {
  if (experiment.drawScript === undefined) return [];
  const { faults } = drawPlan({ ...experiment, faults: [] }, 1);
  return faults.flatMap((fault) => {
    const why = whyNotInjectable(fault);
    return why === undefined ? [] : [{ fault: describeFault(fault), why }];
  });
}

/** The faults that every run of a directed experiment has, in words, as seed 1 draws them. */
export function scriptOf(experiment: Experiment): readonly string[] {
  if (experiment.drawScript === undefined) return [];
  return drawPlan({ ...experiment, faults: [] }, 1).faults.map(describeFault);
}
