/**
 * Several registers that one operation reads and writes at one moment.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { canonical, type DropGroups, isAnswerKnown, type Model, sameValue } from '../model.ts';

type Registers = { readonly [name: string]: Value };

/** A read or write of one register inside an operation. */
interface Access {
  readonly write: boolean;
  readonly register: string;
  readonly value: Value;
}

/**
 * Registers by name, all `null` at first. An operation `txn` has a list of accesses as its
 * argument, `[["r", "x", null], ["w", "y", 3]]`, and the same list with what was read as its
 * result.
 */
export function multiRegister(initial: Registers = {}): Model {
  return {
    name: 'multi-register',
    initial,
    perKey: false,
    usesProcess: false,
    step: (state, operation) => stepAll(state as Registers, operation),
    isReadOnly: (operation) => accessesOf(operation)?.every(({ write }) => !write) ?? false,
    dropGroups,
    faultOf: (operation) => {
      if (accessesOf(operation) !== undefined) return undefined;
      const shown = canonical(operation.argument ?? null);
      return `needs a list of ["r" or "w", register, value], not ${shown}`;
    },
  };
}

function stepAll(state: Registers, operation: RecordedOperation): Registers | undefined {
  let next = state;
  for (const { write, register, value } of accessesOf(operation) ?? []) {
    if (write) {
      next = { ...next, [register]: value };
    } else if (isAnswerKnown(operation) && !sameValue(next[register] ?? null, value)) {
      return undefined;
    }
  }
  return next;
}

/** What nobody saw can be left out. */
function dropGroups(all: readonly RecordedOperation[]): DropGroups {
  const accesses = (operation: RecordedOperation) => accessesOf(operation) ?? [];
  const nameOf = ({ register, value }: Access) => canonical([register, value]);
  const seen = new Set<string>();
  for (const operation of all) {
    for (const access of accesses(operation)) if (!access.write) seen.add(nameOf(access));
  }
  return (operation) => {
    const isSeen = accesses(operation).some((access) => access.write && seen.has(nameOf(access)));
    return isSeen ? undefined : [operation];
  };
}

/** The accesses of an operation, as far as they are known; undefined where it has none. */
function accessesOf({ result, argument }: RecordedOperation): readonly Access[] | undefined {
  const list = result ?? argument;
  if (!Array.isArray(list)) return undefined;
  const accesses: Access[] = [];
  for (const item of list) {
    if (!Array.isArray(item) || item.length < 2) return undefined;
    const [f, register, value] = item;
    const write = f === 'w' || f === 'write';
    if (!write && f !== 'r' && f !== 'read') return undefined;
    if (typeof register !== 'string' && typeof register !== 'number') return undefined;
    accesses.push({ write, register: String(register), value: value ?? null });
  }
  return accesses;
}
