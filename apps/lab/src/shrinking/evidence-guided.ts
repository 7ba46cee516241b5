/**
 * Short cuts that the evidence of a failing run suggests: nothing that comes after its failure, no
 * operations but those that its judge names, and each operation when it truly began.
 */
import { endOf, type Plan, type PlannedOperation } from '@mangrove/experiment';
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

/** The plan that ends with its last operation; undefined where it does so. */
export function withoutIdling({ plan }: Failing): Candidate | undefined {
  const { eventCountMin, ...rest } = plan;
  return eventCountMin === undefined ? undefined : ['the idle time at the end', rest];
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

/**
 * Plans with nothing but what is asked after the faults, without faults first: that is little, and
 * made to show what is wrong, be it that a run showed it before. None where progress is what
 * failed, which one operation asks for (`askedByOne`).
 */
export function lastAlone({ plan, verdict }: Failing): readonly Candidate[] {
  if (verdict.anomaly === 'stuck') return [];
  const operations = plan.operations.filter(({ atMs }) => atMs >= plan.activeMs);
  const count = plan.operations.length - operations.length;
  if (count === 0 || operations.length === 0) return [];
  const what = `${count} operations before the end`;
  const alone: Candidate = [what, { ...plan, operations }];
  if (plan.faults.length === 0) return [alone];
  return [[`${what}, and all faults`, { ...plan, faults: [], operations }], alone];
}

/**
 * The plan with each operation at the moment at which it began: a client that waited for answers
 * began it later than planned. So the others stay where they were when one is left out. Without
 * those that never began. Undefined where all began as planned.
 */
export function asBegun({ plan, history }: Failing): Candidate | undefined {
  const begunAtMs = new Map<PlannedOperation, number>();
  for (const client of plan.clients) {
    const begun = history.filter(
      ({ type, process }) => type === 'invoke' && clientOf(process) === client,
    );
    for (const [place, operation] of operationsOf(plan, client).entries()) {
      const atMs = begun[place]?.atMs;
      if (atMs !== undefined) begunAtMs.set(operation, Math.max(operation.atMs, Math.floor(atMs)));
    }
  }
  const operations = plan.operations.flatMap((operation) => {
    const atMs = begunAtMs.get(operation);
    // What is to come after the faults stays: that it never began may be the failure.
    if (atMs === undefined) return operation.atMs >= plan.activeMs ? [operation] : [];
    const isQuiet = operation.atMs >= plan.activeMs;
    return [{ ...operation, atMs: isQuiet ? atMs : Math.min(atMs, plan.activeMs - 1) }];
  });
  const isSame =
    operations.length === plan.operations.length &&
    operations.every(({ atMs }, place) => atMs === plan.operations[place]?.atMs);
  return isSame ? undefined : ['the waiting of operations', { ...plan, operations }];
}

/**
 * Where progress is what failed: plans that ask for it by one operation after the faults, of each
 * kind and of each client once. Alone first, then with all that comes before it: reads may go on
 * where writes are stuck, which shows else only as a client that waits for one write after another.
 */
export function askedByOne({ plan, verdict }: Failing): readonly Candidate[] {
  const lateMs = Math.min(
    ...plan.operations.flatMap(({ atMs }) => (atMs >= plan.activeMs ? [atMs] : [])),
  );
  if (verdict.anomaly !== 'stuck' || plan.operations.length < 2) return [];
  if (!Number.isFinite(lateMs)) return [];
  const before = plan.operations.filter(({ atMs }) => atMs < plan.activeMs);
  const asked = new Map<string, PlannedOperation>();
  for (const each of plan.operations) asked.set(`${each.client} ${each.f}`, each);
  return [[], before].flatMap((rest) =>
    [...asked.values()].map((each): Candidate => {
      const operations = [...rest.filter((other) => other !== each), { ...each, atMs: lateMs }];
      const what = `${plan.operations.length - operations.length} operations`;
      return [`${what}: ${each.client} asks by one ${each.f}`, { ...plan, operations }];
    }),
  );
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

/** How long before the failure things may still have to do with it, ms; the boldest first. */
const NEAR_MS = [10, 50, 200, 800] as const;

/**
 * Plans without operations that ended long before the failure began, and without faults that were
 * over by then: a run whose failure comes late has hundreds of them.
 */
export function nearFailure({ plan, verdict }: Failing): readonly Candidate[] {
  const explained = verdict.checks.flatMap(({ explanation }) => explanation?.operations ?? []);
  const begins = explained.map(({ fromMs }) => fromMs);
  const failureMs = Math.min(...begins, anomaliesOf(verdict)[0]?.atMs ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(failureMs) || verdict.anomaly === 'stuck') return [];
  return NEAR_MS.flatMap((nearMs): readonly Candidate[] => {
    const fromMs = failureMs - nearMs;
    const operations = plan.operations.filter(({ atMs }) => atMs >= fromMs);
    const faults = plan.faults.filter((fault) => !('atMs' in fault) || endOf(fault) >= fromMs);
    const left = plan.operations.length - operations.length;
    const what = `before ${Math.round(fromMs)} ms`;
    const leaner: Candidate = [`operations ${what}`, { ...plan, operations }];
    const both: Candidate = [`what was over ${what}`, { ...plan, operations, faults }];
    return left === 0 ? [] : faults.length === plan.faults.length ? [leaner] : [both, leaner];
  });
}

/** `c1` of `c1.2`: a client goes on under a new name after an outcome that is not known. */
function clientOf(process: string): string {
  return process.split('.')[0] ?? process;
}

function operationsOf({ operations }: Plan, client: string): readonly PlannedOperation[] {
  return operations.filter((each) => each.client === client).toSorted((a, b) => a.atMs - b.atMs);
}
