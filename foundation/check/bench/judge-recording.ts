/**
 * Judges one recording in a process of its own, and prints what was measured as JSON.
 *
 * `node judge-recording.ts N`: the N-th case of `linearizable.ts`.
 */
import process from 'node:process';
import {
  checkLinearizable,
  type HistoryEvent,
  kv,
  type Model,
  pairOperations,
  register,
} from '../src/index.ts';
import { printMeasured } from './apart.ts';
import { type Recording, record } from './recording.ts';

const REGISTER: Recording = {
  operationCount: 1_000_000,
  clientCount: 10,
  keyCount: 1,
  ask: (draw, index) => (draw(2) === 0 ? { f: 'read' } : { f: 'write', value: index }),
  answer: (held, { f, value }) => (f === 'read' ? [held, held] : [value ?? null, value ?? null]),
};

const KV: Recording = {
  operationCount: 5_000,
  clientCount: 50,
  keyCount: 5,
  ask: (draw, index) => (draw(3) === 0 ? { f: 'get' } : { f: 'append', value: `x${index} ` }),
  answer: (held, { f, value }) =>
    f === 'get' ? [held, held] : [`${held ?? ''}${value}`, value ?? null],
};

/** Takes one appended text out of every later read of its key, as a store that lost it would. */
function withLostAppend(history: readonly HistoryEvent[]): HistoryEvent[] {
  const appends = history.filter(({ f, type }) => f === 'append' && type === 'ok');
  const lost = appends[appends.length >>> 1];
  return history.map((event) =>
    event.f === 'get' && event.key === lost?.key && typeof event.value === 'string'
      ? { ...event, value: event.value.replace(String(lost?.value), '') }
      : event,
  );
}

/** A million writes of which nobody knows whether they happened, and a read of one of them. */
function openWrites(): HistoryEvent[] {
  const write = { type: 'invoke', f: 'write', key: 'k' } as const;
  const writes = Array.from(
    { length: 1_000_000 },
    (_, at): HistoryEvent => ({ ...write, atMs: at, process: `p${at}`, value: at % 1000 }),
  );
  const read = { atMs: 1_000_000, process: 'r', f: 'read', key: 'k' } as const;
  return [...writes, { ...read, type: 'invoke' }, { ...read, type: 'ok', value: 7 }];
}

const cases: readonly (readonly [() => Model, () => readonly HistoryEvent[]])[] = [
  [() => kv(), () => record(KV, 2)],
  [() => kv(), () => withLostAppend(record(KV, 2))],
  [() => register(), () => record(REGISTER, 1)],
  [() => register(), openWrites],
];

const [model, history] = cases[Number(process.argv[2])] ?? [];
if (model === undefined || history === undefined) throw new Error('needs the number of a case');
printMeasured(history(), (events) => checkLinearizable(model(), events).type, pairOperations);
