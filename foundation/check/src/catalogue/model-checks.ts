/**
 * The checks that hold a history against a sequential model: linearizability, by the model's name,
 * and sequential consistency, by `sequential:` and the model's name.
 */
import type { ReadHistory } from '../formats/history-text.ts';
import type { HistoryEvent, Value } from '../history.ts';
import { linearizableTask } from '../linearizability/check-linearizable.ts';
import type { Model } from '../model.ts';
import { MODEL_NAMES, modelNamed } from '../models/named-models.ts';
import { sequentialTask } from '../sessions/sequential.ts';
import type { Task } from '../task.ts';
import type { Verdict } from '../verdict.ts';
import { type AskedCheck, type Check, eventsOf, isJepsenFormat, type Judged } from './check.ts';

/** What stands before the name of a model where real time is not to count. */
export const SEQUENTIAL = 'sequential:';

const INITIALS: readonly string[] = ['register', 'cas-register', 'kv', 'counter'];

/** By model: what it is, and its operations. */
const MODELS: Readonly<Record<string, readonly [sentence: string, operations: string]>> = {
  register: ['a value that is read and written', 'read, write'],
  'cas-register': [
    'a value that is read, written, and replaced where it is the expected one',
    'read, write, cas [from, to]',
  ],
  'multi-register': [
    'registers that are read and written several at a time',
    'txn [["r" or "w", register, value], ...]',
  ],
  kv: [
    'a value that is put, got, deleted, and that texts are appended to',
    'get, put, append, delete, cas [from, to]',
  ],
  counter: ['a sum', 'add, increment, decrement, read'],
  set: ['elements that are added, removed and read', 'add, remove, contains, read'],
  'fifo-queue': ['items that come out in the order in which they went in', 'enqueue, dequeue'],
  'unordered-queue': ['items that come out in any order', 'enqueue, dequeue'],
  mutex: ['a lock that anybody may release', 'acquire, release'],
  'owned-mutex': ['a lock that only its holder may release', 'acquire, release'],
  'fenced-lock': [
    'a lock that gives its holder a token, each greater than the last',
    'acquire (answers the token), release',
  ],
};

/** Every model, for linearizability. */
export const LINEARIZABLE_CHECKS: readonly Check[] = MODEL_NAMES.map((name) => ({
  ...described(name, name, 'linearizable'),
  judge: (asked) => judge(name, asked, linearizableTask),
}));

/** Every model, for sequential consistency. */
export const SEQUENTIAL_CHECKS: readonly Check[] = MODEL_NAMES.map((name) => ({
  ...described(SEQUENTIAL + name, name, 'sequential'),
  judge: (asked) => judge(name, asked, sequentialTask),
}));

function described(
  name: string,
  model: string,
  family: 'linearizable' | 'sequential',
): Omit<Check, 'judge'> {
  const [sentence = '', operations = ''] = MODELS[model] ?? [];
  const takesInitial = INITIALS.includes(model);
  return { name, family, sentence, operations, settings: [], takesInitial };
}

function* judge(
  name: string,
  { history, initial, bounds }: AskedCheck,
  judgeTask: typeof sequentialTask,
): Task<Judged> {
  const { model, events, notes } = prepare(name, history, initial);
  const verdict: Verdict = yield* judgeTask(model, events, bounds);
  return { verdict, notes };
}

/** A model, and the events that it is given. */
interface Prepared {
  readonly model: Model;
  readonly events: readonly HistoryEvent[];
  /** Sentences on what was made of the events. */
  readonly notes: readonly string[];
}

/** What a model is given, after what its format means by `nil` is settled. */
function prepare(name: string, history: ReadHistory, initial: Value | undefined): Prepared {
  const events = eventsOf(history);
  const isJepsen = isJepsenFormat(history.format);
  if (name === 'kv' && initial === undefined && isJepsen && readsEmptyText(events)) {
    const notes = ['An absent value is read as the empty text, so keys begin with it.'];
    return { model: modelNamed(name, ''), events, notes };
  }
  const model = modelNamed(name, initial);
  const isExact = !isJepsen || !name.endsWith('register') || initial === null;
  return isExact ? { model, events, notes: [] } : { model, ...withoutNilReads(events) };
}

function readsEmptyText(events: readonly HistoryEvent[]): boolean {
  const gets = events.filter(({ f, type }) => f === 'get' && type === 'ok');
  return gets.some(({ value }) => value === '') && gets.every(({ value }) => value !== null);
}

/** By the rule of Knossos a read that completed with nil is one whose answer is not known. */
function withoutNilReads(events: readonly HistoryEvent[]): Omit<Prepared, 'model'> {
  let count = 0;
  const known = events.map((event): HistoryEvent => {
    if (event.f !== 'read' || event.type !== 'ok' || (event.value ?? null) !== null) return event;
    count++;
    return { ...event, type: 'fail', error: 'its answer is not known' };
  });
  const sentence =
    `${count} reads answered nil and are left out, since Jepsen writes that where an answer is ` +
    'not known; with an initial value of null they count.';
  return { events: known, notes: count === 0 ? [] : [sentence] };
}
