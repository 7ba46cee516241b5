/**
 * Tells people why a history is not linearizable.
 */
import type { RecordedOperation } from '../history.ts';
import { describeOperation, type Model, show } from '../model.ts';
import { drawingOf, type Violation } from '../verdict.ts';
import type { DeadEnd } from './search.ts';

/** The violation at which a search of `part`, the operations of one object, ended. */
export function explainDeadEnd(
  model: Model,
  part: readonly RecordedOperation[],
  deadEnd: DeadEnd,
): Violation {
  const { blocked, orderTail, states } = deadEnd;
  const ids = new Set(orderTail.map(({ id }) => id));
  const operations = part.filter(
    (operation) =>
      operation.end !== 'fail' &&
      (ids.has(operation.id) ||
        (operation.invokedAt <= blocked.completedAt && operation.completedAt >= blocked.invokedAt)),
  );
  const key = blocked.key;
  return {
    anomaly: 'not-linearizable',
    ...(key === undefined ? {} : { key }),
    sentences: sentencesOf(model, deadEnd, states.map(show)),
    operations,
    drawing: drawingOf(operations, describeOperation, new Set([blocked.id])),
  };
}

function sentencesOf(model: Model, deadEnd: DeadEnd, states: readonly string[]): string[] {
  const { blocked, orderTail, orderLength } = deadEnd;
  const order = orderTail.map(
    (operation) => `${operation.process}: ${describeOperation(operation)}`,
  );
  const tried =
    orderLength === 0
      ? 'No operation could come before it.'
      : `The longest order that ${model.name} accepts has ${orderLength} operations, the last: ` +
        `${order.join('; ')}.`;
  return [
    `${blocked.process} was told that its ${describeOperation(blocked)} happened, between event ` +
      `${blocked.invokedAt} and event ${blocked.completedAt}.`,
    tried,
    `After it the state can be ${states.join(' or ')}, and no order of what was under way leads ` +
      'from there to that answer.',
  ];
}
