/**
 * Which faults of a plan have not shown what they were to show.
 */
import type { Fault } from '@mangrove/experiment';
import type { FaultStrike } from './run-report.ts';

/**
 * Those that did not strike; and actions that did not end as the plan has it, since an operator who
 * was refused has changed nothing.
 */
export function missedFaults(
  faults: readonly Fault[],
  strikes: readonly FaultStrike[],
): readonly Fault[] {
  const struck = new Map(strikes.map((strike) => [strike.fault, strike]));
  return faults.filter((fault, index) => {
    const strike = struck.get(index);
    if (strike === undefined || fault.type !== 'action') return strike === undefined;
    return strike.outcome !== (fault.outcome ?? 'done');
  });
}
