/**
 * Tells people why a history is not linearizable.
 */
import { eventAt, type Told, told } from '../event-mention.ts';
import type { RecordedOperation } from '../history.ts';
import { describeOperation, type Model, sameValue, show } from '../model.ts';
import type { Slices } from '../task.ts';
import { type DrawingArrow, drawingOf, drawnOf, type Violation, violationOf } from '../verdict.ts';
import type { DeadEnd } from './search.ts';
import { shrinkFailure } from './shrink.ts';
import type { UniqueFault, Zone } from './unique-register.ts';

const ANOMALY = 'not-linearizable';

/** How many operations of a long order are told. */
const MAX_TOLD = 8;

/** The violation at which a search of `part`, the operations of one object, ended. */
export function* explainDeadEnd(
  model: Model,
  part: readonly RecordedOperation[],
  found: DeadEnd,
): Slices<Violation> {
  const { operations, deadEnd, isSmallest } = yield* shrinkFailure(model, part, found);
  const { blocked, orderTail } = deadEnd;
  const sentences = [...sentencesOf(model, deadEnd), ...searchSentences(isSmallest)];
  const drawn = drawnOf(operations, blocked);
  const ids = new Set(drawn.map(({ id }) => id));
  const order = orderTail.filter(({ id }) => ids.has(id));
  const arrows = order
    .slice(1)
    .map(
      ({ id }, index): DrawingArrow => ({ from: order[index]?.id ?? id, to: id, label: 'then' }),
    );
  const drawing = drawingOf(drawn, describeOperation, new Set([blocked.id]), arrows);
  return { ...violationOf(ANOMALY, sentences, operations, blocked), drawing };
}

/** That a part may not be the smallest. */
export function searchSentences(isSmallest: boolean): readonly string[] {
  if (isSmallest) return [];
  return ['It may show with fewer operations: the bound of the search for them was reached.'];
}

function sentencesOf(
  model: Model,
  { blocked, orderTail, orderLength, states }: DeadEnd,
): readonly (string | Told)[] {
  const order = orderTail.slice(-MAX_TOLD).map(saidOf).join('; ');
  const tried =
    orderLength === 0
      ? 'No operation could come before it.'
      : `The longest order that ${model.name} accepts has ${countOf(orderLength)}` +
        `${orderLength > MAX_TOLD ? ', the last' : ''}: ${order}.`;
  return [
    toldOf(blocked),
    tried,
    `The state can then be ${states.map(show).join(' or ')}, and no order of what was under way ` +
      'leads from there to that answer.',
  ];
}

/** The violation of a register in which no value is written twice. */
export function explainUniqueFault(
  fault: UniqueFault,
  part: readonly RecordedOperation[],
): Violation {
  switch (fault.type) {
    case 'garbage-read': {
      const { read } = fault;
      const failed = part.filter(
        ({ f, end, argument }) =>
          f === 'write' && end === 'fail' && sameValue(argument ?? null, read.result ?? null),
      );
      const why =
        failed.length > 0
          ? 'The only write of that value did not happen: its client was told so.'
          : 'Nobody wrote that value, and the register does not begin with it.';
      return violationOf(ANOMALY, [toldOf(read), why], [...failed, read], read);
    }
    case 'future-read': {
      const { read, write } = fault;
      const began = eventAt(write.invokedAt);
      const why = told`It was written by ${saidOf(write)}, which began at ${began}.`;
      return violationOf(ANOMALY, [toldOf(read), why], [read, write], read);
    }
    case 'overlap':
      return explainOverlap(fault.outer, fault.inner);
  }
}

/** Two values that must both have been in the register at one moment. */
function explainOverlap(outer: Zone, inner: Zone): Violation {
  const operations = [...new Set([...operationsOf(outer), ...operationsOf(inner)])];
  operations.sort((a, b) => a.id - b.id);
  const marked = operations.reduce<RecordedOperation | undefined>(
    (last, it) => (last === undefined || it.invokedAt > last.invokedAt ? it : last),
    undefined,
  );
  const [from, to] = [Math.max(outer.low, inner.low), Math.min(outer.high, inner.high)];
  const between = told`between ${eventAt(Math.max(from, 0))} and ${eventAt(to)}`;
  const both = told`Both were in the register ${between}, and it holds one value at a time.`;
  const sentences = [spanOf(outer), spanOf(inner), both];
  const arrows = [...arrowsOf(outer), ...arrowsOf(inner)];
  return violationOf(ANOMALY, sentences, operations, marked, arrows);
}

function spanOf({ value, firstEnd, lastBegin, isForward }: Zone): Told {
  const [end, begin] = [firstEnd, lastBegin];
  const began =
    begin === undefined ? '' : told`${saidOf(begin)} began at ${eventAt(begin.invokedAt)}`;
  if (end === undefined) return told`The register begins with ${show(value)}, and ${began}.`;
  const ended = told`${saidOf(end)} ended at ${eventAt(end.completedAt)}`;
  const was = `${show(value)} was in the register`;
  return isForward
    ? told`${was} from before ${ended} until after ${began}.`
    : told`${was} at some moment after ${began} and before ${ended}.`;
}

function operationsOf({ write, firstEnd, lastBegin }: Zone): readonly RecordedOperation[] {
  return [write, firstEnd, lastBegin].filter((operation) => operation !== undefined);
}

function arrowsOf({ write, firstEnd, lastBegin }: Zone): readonly DrawingArrow[] {
  if (write === undefined) return [];
  const arrows = new Map<number, DrawingArrow>();
  for (const read of [firstEnd, lastBegin]) {
    if (read === undefined || read === write) continue;
    arrows.set(read.id, { from: write.id, to: read.id, label: 'was read by' });
  }
  return [...arrows.values()];
}

function countOf(operationCount: number): string {
  return operationCount === 1 ? '1 operation' : `${operationCount} operations`;
}

function saidOf(operation: RecordedOperation): string {
  return `${describeOperation(operation)} of ${operation.process}`;
}

function toldOf(operation: RecordedOperation): Told {
  const [from, to] = [eventAt(operation.invokedAt), eventAt(operation.completedAt)];
  const what = `${operation.process} was told that ${describeOperation(operation)} happened`;
  return told`${what}, between ${from} and ${to}.`;
}
