/**
 * Locks: held by one at a time, and perhaps with a fencing token.
 */
import type { RecordedOperation, Value } from '../history.ts';
import { type DropGroups, isAnswerKnown, type Model } from '../model.ts';

/**
 * A lock with `acquire` and `release` that does not ask who releases it.
 *
 * It asks least, so it also fits recordings in which a client goes on under another name after an
 * unknown outcome.
 */
export function mutex(): Model {
  return {
    name: 'mutex',
    initial: false,
    perKey: true,
    usesProcess: false,
    step: (held, { f }) => (held === (f === 'release') ? f === 'acquire' : undefined),
    isReadOnly: () => false,
    faultOf,
    dropGroups,
  };
}

/** A lock that only the process that holds it can release. */
export function ownedMutex(): Model {
  return {
    name: 'owned-mutex',
    initial: null,
    perKey: true,
    usesProcess: true,
    step: (owner, { f, process }) => {
      if (f === 'acquire') return owner === null ? process : undefined;
      return owner === process ? null : undefined;
    },
    isReadOnly: () => false,
    faultOf,
    dropGroups,
  };
}

/**
 * A lock that only its holder releases, and whose `acquire` answers with a fencing token: a number
 * that is greater than every token before.
 *
 * Source: Kleppmann, How to do distributed locking, 2016. Without it, a holder that was paused for
 * longer than its lease writes after its successor.
 */
export function fencedLock(): Model {
  return {
    name: 'fenced-lock',
    initial: { owner: null, token: null },
    perKey: true,
    usesProcess: true,
    step: (state, operation) => stepFenced(state as FencedState, operation),
    isReadOnly: () => false,
    dropGroups,
    faultOf: (operation) => {
      const { f, end, result } = operation;
      if (f === 'acquire' && end === 'ok' && typeof result !== 'number') {
        return 'needs the fencing token, a number, as the result of an acquire';
      }
      return faultOf(operation);
    },
  };
}

interface FencedState {
  readonly [name: string]: Value;
  readonly owner: string | null;
  /** The last token that is known; an acquire with an unknown outcome had some greater one. */
  readonly token: number | null;
}

function stepFenced(
  { owner, token }: FencedState,
  operation: RecordedOperation,
): FencedState | undefined {
  const { f, process, result } = operation;
  if (f === 'release') return owner === process ? { owner: null, token } : undefined;
  if (owner !== null) return undefined;
  if (!isAnswerKnown(operation)) return { owner: process, token };
  if (typeof result !== 'number' || (token !== null && result <= token)) return undefined;
  return { owner: process, token: result };
}

/** An acquire goes with the release that follows it in its process. */
function dropGroups(all: readonly RecordedOperation[]): DropGroups {
  const nextOf = new Map<RecordedOperation, RecordedOperation>();
  const lastOf = new Map<string, RecordedOperation>();
  for (const operation of all) {
    const last = lastOf.get(operation.process);
    if (last !== undefined) nextOf.set(last, operation);
    lastOf.set(operation.process, operation);
  }
  return (operation) => {
    if (operation.f !== 'acquire') return undefined;
    const next = nextOf.get(operation);
    if (next === undefined) return operation.end === 'open' ? [operation] : undefined;
    const isPair = next.f === 'release' && next.end === 'ok' && operation.end === 'ok';
    return isPair ? [operation, next] : undefined;
  };
}

function faultOf({ f }: RecordedOperation): string | undefined {
  return f === 'acquire' || f === 'release' ? undefined : `has acquire and release, not ${f}`;
}
