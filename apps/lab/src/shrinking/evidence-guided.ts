/**
 * Short cuts that the evidence of a failing run suggests: nothing that comes after its failure, and
 * no operations but those that its judge names.
 */
import type { Plan, PlannedOperation } from '@mangrove/experiment';
import { anomaliesOf } from '../verdict.ts';
import type { Candidate } from './omissions.ts';
import type { Failing } from './shrink.ts';

/** How long faults may last beyond the failure, ms. */
const SLACK_MS = 300;

/** The plan up to its failure; undefined where the failure has no moment, or is the end already. */
export function failureEnd({ plan, verdict }: Failing): Candidate | undefined {
  const [first] = anomaliesOf(verdict);
  // Whoever is stuck is stuck after everything else.
  if (first?.atMs === undefined || first.class === 'stuck') return undefined;
  const endMs = Math.ceil(first.atMs) + 1;
  const operations = plan.operations.filter(({ atMs }) => atMs < endMs);
  const faults = plan.faults.filter((fault) => !('atMs' in fault) || fault.atMs < endMs);
  const left = plan.operations.length - operations.length + plan.faults.length - faults.length;
  if (left === 0) return undefined;
  // Under other luck the failure may come a little later.
  const activeMs = Math.min(plan.activeMs, endMs + SLACK_MS);
  return [`what comes after ${endMs} ms`, { ...plan, operations, faults, activeMs }];
}

/** How long after the faults the last operations may begin where progress is not the matter, ms. */
const SOON_MS = 500;

/**
 * The plan with its last operations soon after the faults, so that each further run is shorter;
 * undefined where progress is what failed: that must have its time.
 */
export function soonerEnd({ plan, verdict }: Failing): Candidate | undefined {
  const soonMs = plan.activeMs + SOON_MS;
  const isStuck = verdict.anomaly === 'stuck';
  if (isStuck || !plan.operations.some(({ atMs }) => atMs > soonMs)) return undefined;
  const operations = plan.operations.map((each) =>
    each.atMs > soonMs ? { ...each, atMs: soonMs } : each,
  );
  return ['the long calm at the end', { ...plan, operations }];
}

/** The plan with the operations that explain the failure alone; undefined where none do. */
export function namedOperationsOnly({ plan, verdict, history }: Failing): Candidate | undefined {
  const explanation = verdict.checks.find((check) => check.explanation !== undefined)?.explanation;
  if (explanation === undefined) return undefined;
  const named = new Set<PlannedOperation>();
  for (const { invokeIndex } of explanation.operations) {
    const event = history[invokeIndex];
    if (event === undefined) return undefined;
    const client = clientOf(event.process);
    // A client does its operations in order, so it has begun as many as history has of it.
    const begun = history
      .slice(0, invokeIndex)
      .filter(({ type, process }) => type === 'invoke' && clientOf(process) === client).length;
    const operation = operationsOf(plan, client)[begun];
    if (operation !== undefined) named.add(operation);
  }
  const operations = plan.operations.filter((each) => named.has(each));
  const count = plan.operations.length - operations.length;
  return count === 0
    ? undefined
    : [`${count} operations that nobody names`, { ...plan, operations }];
}

/** `c1` of `c1.2`: a client goes on under a new name after an outcome that is not known. */
function clientOf(process: string): string {
  return process.split('.')[0] ?? process;
}

function operationsOf({ operations }: Plan, client: string): readonly PlannedOperation[] {
  return operations.filter((each) => each.client === client).toSorted((a, b) => a.atMs - b.atMs);
}
