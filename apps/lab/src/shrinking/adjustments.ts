/**
 * What can be made shorter or plainer in a plan from which nothing can be left out any more.
 */
import type { Fault, Plan } from '@mangrove/experiment';
import type { Candidate } from './omissions.ts';

/** Ways to adjust a plan: each gives candidates that a person would rather read. */
export const ADJUSTMENTS: readonly ((plan: Plan) => Iterable<Candidate>)[] = Object.freeze([
  closerOperations,
  shorterFaults,
  fewerLinks,
  plainerFaults,
  earlierEvents,
  shorterPhase,
]);

/** Halves the time between an operation and the one before it; all later ones move too. */
function* closerOperations(plan: Plan): Iterable<Candidate> {
  for (const [index, operation] of plan.operations.entries()) {
    const before = plan.operations[index - 1];
    if (before === undefined || operation.atMs >= plan.activeMs) continue;
    const gapMs = operation.atMs - before.atMs;
    if (gapMs < 8) continue;
    const byMs = Math.floor(gapMs / 2);
    const operations = plan.operations.map((each, place) =>
      place < index || each.atMs >= plan.activeMs ? each : { ...each, atMs: each.atMs - byMs },
    );
    yield [`${byMs} ms before the ${operation.f} at ${operation.atMs} ms`, { ...plan, operations }];
  }
}

function* shorterFaults(plan: Plan): Iterable<Candidate> {
  for (const [index, fault] of plan.faults.entries()) {
    if (!('untilMs' in fault)) continue;
    const lengthMs = fault.untilMs - fault.atMs;
    if (lengthMs < 20) continue;
    const untilMs = Math.round(fault.atMs + lengthMs / 2);
    const faults = plan.faults.with(index, { ...fault, untilMs });
    yield [`half of the ${fault.type} at ${fault.atMs} ms`, { ...plan, faults }];
  }
}

/** Takes single nodes out of the links that a fault concerns. */
function* fewerLinks(plan: Plan): Iterable<Candidate> {
  for (const [index, fault] of plan.faults.entries()) {
    if (!('from' in fault)) continue;
    for (const end of ['from', 'to'] as const) {
      for (const node of fault[end]) {
        const left = fault[end].filter((each) => each !== node);
        if (left.length === 0) continue;
        const faults = plan.faults.with(index, { ...fault, [end]: left });
        yield [`${node} of the ${fault.type} at ${fault.atMs} ms`, { ...plan, faults }];
      }
    }
  }
}

/** Links that do one thing in the place of three; a process that dies where power was lost. */
function* plainerFaults(plan: Plan): Iterable<Candidate> {
  for (const [index, fault] of plan.faults.entries()) {
    for (const [what, plainer] of plainerThan(fault)) {
      yield [what, { ...plan, faults: plan.faults.with(index, plainer) }];
    }
  }
}

function plainerThan(fault: Fault): readonly (readonly [what: string, plainer: Fault])[] {
  if ('disk' in fault && fault.disk !== 'kept') {
    return [[`the loss of what ${fault.node} had written`, { ...fault, disk: 'kept' }]];
  }
  if (fault.type !== 'rough-links') return [];
  const rates = ['lossPerMille', 'duplicatePerMille', 'delayPerMille'] as const;
  return rates.flatMap((rate) =>
    fault[rate] === 0 ? [] : [[`the ${rate} of rough links`, { ...fault, [rate]: 0 }] as const],
  );
}

/** Moves the first event, and with it all, to the beginning. */
function* earlierEvents(plan: Plan): Iterable<Candidate> {
  const first = Math.min(
    ...plan.operations.map(({ atMs }) => atMs),
    ...plan.faults.map((fault) => ('atMs' in fault ? fault.atMs : 0)),
  );
  if (!Number.isFinite(first) || first < 20) return;
  const by = first - 5;
  const operations = plan.operations.map((each) => ({ ...each, atMs: each.atMs - by }));
  const faults = plan.faults.map((fault): Fault => {
    if (!('atMs' in fault)) return fault;
    const moved = { ...fault, atMs: fault.atMs - by };
    return 'untilMs' in moved ? { ...moved, untilMs: moved.untilMs - by } : moved;
  });
  const activeMs = Math.max(1, Math.ceil(plan.activeMs - by));
  yield [`${by} ms before anything happens`, { ...plan, activeMs, operations, faults }];
}

function* shorterPhase(plan: Plan): Iterable<Candidate> {
  const lastMs = Math.max(
    0,
    ...plan.operations.map(({ atMs }) => atMs),
    ...plan.faults.map((fault) => ('untilMs' in fault ? fault.untilMs : 0)),
  );
  const activeMs = Math.ceil(lastMs + 1);
  if (activeMs < plan.activeMs) yield ['the calm after the last event', { ...plan, activeMs }];
}
