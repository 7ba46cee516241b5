/**
 * A store of values by key that can be appended to.
 */
import type { RecordedOperation, Value } from '../history.ts';
import {
  canonical,
  type DropGroups,
  isAnswerKnown,
  type Model,
  sameValue,
  show,
} from '../model.ts';
import { partFinder } from './text-parts.ts';

/**
 * A store with `get`, `put`, `append`, `delete` and `cas`; each key is judged by itself.
 *
 * `append` puts a string behind a string, or an element behind the elements of a list. Onto an
 * absent value it is a `put` of the string, or of the list of the element.
 *
 * @param initial what a key holds that nobody wrote: `null`, or `""` in some histories
 */
export function kv(initial: Value = null): Model {
  return {
    name: 'kv',
    initial,
    perKey: true,
    usesProcess: false,
    step: (state, operation) => step(state, operation, initial),
    isReadOnly: (operation) => isRead(operation) || isIdleCas(operation),
    faultOf,
    dropGroups,
    growth: {
      grows: ({ f }) => f === 'append',
      reaches: (state, { f, result }) =>
        f === 'cas' || sameValue(state, initial) || isPrefix(state, result ?? null),
    },
  };
}

const READS: readonly string[] = ['get', 'read'];
const KNOWN: readonly string[] = [...READS, 'put', 'write', 'append', 'delete', 'cas'];

function isRead({ f }: RecordedOperation): boolean {
  return READS.includes(f);
}

function isWrite({ f }: RecordedOperation): boolean {
  return f === 'put' || f === 'write' || f === 'append';
}

function isIdleCas({ f, argument, result }: RecordedOperation): boolean {
  if (f !== 'cas' || !Array.isArray(argument)) return false;
  return result === false || sameValue(argument[0], argument[1]);
}

function step(state: Value, operation: RecordedOperation, initial: Value): Value | undefined {
  const { f, argument, result } = operation;
  switch (f) {
    case 'put':
    case 'write':
      return argument ?? null;
    case 'append':
      return appended(state, argument ?? null);
    case 'delete':
      return initial;
    case 'cas': {
      const [from, to] = Array.isArray(argument) ? argument : [];
      const equal = sameValue(state, from ?? null);
      if (result === false) return equal ? undefined : state;
      if (equal) return to ?? null;
      return isAnswerKnown(operation) ? undefined : state;
    }
    default:
      return !isAnswerKnown(operation) || sameValue(state, result ?? null) ? state : undefined;
  }
}

/** Undefined where the value cannot be appended to. */
function appended(state: Value, tail: Value): Value | undefined {
  if (Array.isArray(state)) return [...state, tail];
  if (state === null) return typeof tail === 'string' ? tail : [tail];
  return typeof state === 'string' && typeof tail === 'string' ? state + tail : undefined;
}

function isPrefix(state: Value, whole: Value): boolean {
  if (typeof state === 'string') return typeof whole === 'string' && beginsWith(whole, state);
  if (!Array.isArray(state)) return sameValue(state, whole);
  if (!Array.isArray(whole) || whole.length < state.length) return false;
  return state.every((item, index) => sameValue(item, whole[index]));
}

/** What was appended last is compared first: there most texts that are not the beginning differ. */
function beginsWith(whole: string, text: string): boolean {
  const from = Math.max(0, text.length - 16);
  return text.endsWith(whole.slice(from, text.length)) && whole.startsWith(text);
}

/** A put or an append can go when no value that was read has a trace of it. */
function dropGroups(all: readonly RecordedOperation[]): DropGroups {
  if (all.some(({ f }) => f === 'cas')) return () => undefined;
  const traces = new Set<string>();
  const texts = new Set<string>();
  for (const { result = null } of all.filter(isRead)) {
    traces.add(canonical(result));
    if (Array.isArray(result)) for (const item of result) traces.add(canonical(item));
    if (typeof result === 'string') texts.add(result);
  }
  const written = all.filter(isWrite).map(({ argument }) => argument);
  const parts = new Set(written.filter((argument) => typeof argument === 'string'));
  const isInText = partFinder(parts, texts);
  return (operation) => {
    const { argument = null } = operation;
    if (!isWrite(operation) || traces.has(canonical(argument))) return undefined;
    return typeof argument === 'string' && isInText(argument) ? undefined : [operation];
  };
}

function faultOf({ f, argument }: RecordedOperation): string | undefined {
  if (!KNOWN.includes(f)) return `has no operation ${f}, only ${KNOWN.join(', ')}`;
  if ((f === 'put' || f === 'write' || f === 'append') && argument === undefined) {
    return `needs a value to ${f}`;
  }
  if (f === 'cas' && !(Array.isArray(argument) && argument.length === 2)) {
    return `needs [from, to] for a cas, not ${show(argument ?? null)}`;
  }
  return undefined;
}
