/**
 * Registers: one value that is read, written and, in some, compared and set.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type DropGroups, isAnswerKnown, type Model, sameValue } from '../model.ts';

/** A register with `read` and `write`. Each key is a register of its own. */
export function register(initial: Value = null): Model {
  return {
    name: 'register',
    initial,
    perKey: true,
    usesProcess: false,
    step: (state, operation) => stepRegister(state, operation),
    isReadOnly: (operation) => operation.f === 'read',
    faultOf: (operation) => faultOf(operation, ['read', 'write']),
    dropGroups,
    register: { initial },
  };
}

/**
 * A register with `read`, `write` and `cas`, whose argument is `[from, to]`.
 *
 * A `cas` that failed did not happen and says nothing about the value, since it may have failed for
 * any reason. One that ended `ok` with the result `false` compared and found another value. An
 * absent value (`null`) is equal to nothing but a `from` of `null`.
 */
export function casRegister(initial: Value = null): Model {
  return {
    name: 'cas-register',
    initial,
    perKey: true,
    usesProcess: false,
    step: (state, operation) =>
      operation.f === 'cas' ? stepCas(state, operation) : stepRegister(state, operation),
    isReadOnly: (operation) =>
      operation.f === 'read' || (operation.f === 'cas' && isIdle(operation)),
    faultOf: (operation) => faultOf(operation, ['read', 'write', 'cas']),
    dropGroups,
    register: { initial },
  };
}

function stepRegister(state: Value, operation: RecordedOperation): Value | undefined {
  const { f, argument, result } = operation;
  if (f === 'write') return argument ?? null;
  return !isAnswerKnown(operation) || sameValue(state, result ?? null) ? state : undefined;
}

function stepCas(state: Value, operation: RecordedOperation): Value | undefined {
  const [from, to] = casOf(operation);
  const equal = sameValue(state, from);
  if (operation.result === false) return equal ? undefined : state;
  if (equal) return to;
  return isAnswerKnown(operation) ? undefined : state;
}

/** A `cas` that found another value, or sets what it found, changes nothing. */
function isIdle(operation: RecordedOperation): boolean {
  const [from, to] = casOf(operation);
  return operation.result === false || sameValue(from, to);
}

function casOf({ argument }: RecordedOperation): readonly [Value, Value] {
  const [from, to] = Array.isArray(argument) ? argument : [];
  return [from ?? null, to ?? null];
}

/**
 * What nobody saw can be left out, together with each `cas` that needs it, and so on. Where a `cas`
 * compared and found another value, nothing can: it says what the value was not.
 */
function dropGroups(all: readonly RecordedOperation[]): DropGroups {
  if (all.some(({ f, result }) => f === 'cas' && result === false)) return () => undefined;
  const [writersOf, casesFrom] = [
    new Map<string, RecordedOperation[]>(),
    new Map<string, RecordedOperation[]>(),
  ];
  const seen: string[] = [];
  for (const operation of all) {
    const { f, result } = operation;
    if (f === 'read') seen.push(canonical(result ?? null));
    else if (f === 'cas' && isIdle(operation)) seen.push(canonical(casOf(operation)[0]));
    else {
      addTo(writersOf, canonical(writtenBy(operation)), operation);
      if (f === 'cas') addTo(casesFrom, canonical(casOf(operation)[0]), operation);
    }
  }
  const needed = new Set(seen);
  for (const value of needed) {
    for (const writer of writersOf.get(value) ?? []) {
      if (writer.f === 'cas') needed.add(canonical(casOf(writer)[0]));
    }
  }
  return (operation) => {
    if (needed.has(canonical(writtenBy(operation)))) return undefined;
    const group = new Set([operation]);
    for (const one of group) {
      for (const next of casesFrom.get(canonical(writtenBy(one))) ?? []) group.add(next);
    }
    return [...group];
  };
}

function writtenBy(operation: RecordedOperation): Value {
  return operation.f === 'cas' ? casOf(operation)[1] : (operation.argument ?? null);
}

function addTo(
  lists: Map<string, RecordedOperation[]>,
  name: string,
  operation: RecordedOperation,
): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [operation]);
  else list.push(operation);
}

function faultOf({ f, argument }: RecordedOperation, known: readonly string[]): string | undefined {
  if (!known.includes(f)) return `has no operation ${f}, only ${known.join(', ')}`;
  if (f === 'write' && argument === undefined) return 'a write needs a value';
  if (f === 'cas' && !(Array.isArray(argument) && argument.length === 2)) {
    return `a cas needs [from, to], not ${canonical(argument ?? null)}`;
  }
  return undefined;
}
