/**
 * One step, taken by the store and by its twin, which must answer alike.
 */
import {
  type Answer,
  applyCommand,
  type Command,
  type CommandResult,
  invalidity,
  type KvStore,
  type Operation,
  type OperationResult,
  type Revision,
} from '@mangrove/kv';
import { expect } from 'vitest';
import type { NaiveStore } from './naive-store.ts';
import type { Step } from './random-steps.ts';

/**
 * Takes `each`; gives the command that was applied, if the step was one.
 *
 * @param mark is told what came about that a test is worth nothing without
 */
export function applyBoth(
  store: KvStore,
  twin: NaiveStore,
  each: Step,
  mark: (name: string) => void = () => {},
): Command | undefined {
  if (each.type === 'sweep') {
    store.sweep(each.versionsMax);
    return undefined;
  }
  if (each.type === 'operation' && invalidity(each.operation) !== undefined) return undefined;
  const command: Command =
    each.type === 'compact-behind'
      ? { type: 'compact', revision: Math.max(0, twin.revision - each.behind) as Revision }
      : each;
  const before = twin.revision;
  const answer = twin.apply(command, 1);
  expect(applyCommand(store, command, 1)).toEqual(answer);
  for (const name of marksOf(command, answer, before)) mark(name);
  return command;
}

function marksOf(
  command: Command,
  answer: Answer<CommandResult>,
  revision: number,
): readonly string[] {
  if (answer.type === 'refused') return [`refused: ${answer.refusal}`];
  if (answer.type === 'untold') return [];
  if (command.type !== 'operation') {
    return answer.revision > revision ? ['a lease ended with keys'] : [command.type];
  }
  return answer.result.type === 'applied'
    ? []
    : marksOfDone(command.operation, answer.result, revision);
}

function marksOfDone(
  operation: Operation,
  result: OperationResult,
  revision: number,
): readonly string[] {
  if (operation.type === 'range') {
    return operation.revision > 0 && operation.revision < revision ? ['a read of the past'] : [];
  }
  if (operation.type !== 'txn' || result.type !== 'txn') return [];
  const taken = result.succeeded ? operation.success : operation.failure;
  return taken.flatMap((each, nth) => {
    const [inner] = result.results.slice(nth);
    const own = each.type === 'txn' ? ['a transaction in another'] : [];
    return inner === undefined ? own : [...own, ...marksOfDone(each, inner, revision)];
  });
}
