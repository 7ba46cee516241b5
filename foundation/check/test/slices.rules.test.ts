/**
 * Shows that a judgement in slices does a bounded amount of work in each: the histories count how
 * often a judge looks at one of their items, and between two slices that is less than a bound that
 * does not depend on their length.
 *
 * Work is counted, not time, so that a busy machine changes nothing.
 */
import { expect, it } from 'vitest';
import {
  type CheckTextOptions,
  checkTextTask,
  type HistoryEvent,
  isolationTask,
  linearizableTask,
  modelNamed,
  register,
  sequentialTask,
  type Task,
  type Transaction,
  WEAK_LEVELS,
  weakIsolationTask,
} from '../src/index.ts';

/** How often items were looked at. */
interface Meter {
  count: number;
}

/** The item, which counts how often `field` of it is read. */
function metered<Item extends object>(item: Item, field: keyof Item, meter: Meter): Item {
  const value = item[field];
  return Object.defineProperty({ ...item }, field, {
    enumerable: true,
    get: () => {
      meter.count++;
      return value;
    },
  }) as Item;
}

/** The looks of the slice with the most of them, of all slices, and how many slices there were. */
function measure(task: Task<unknown>, meter: Meter): { most: number; all: number; slices: number } {
  let [most, slices] = [0, 0];
  const start = meter.count;
  for (let before = meter.count, isDone = false; !isDone; before = meter.count) {
    isDone = task.next().done === true;
    most = Math.max(most, meter.count - before);
    slices++;
  }
  return { most, all: meter.count - start, slices };
}

const COUNT = 24_000;
/** A pass looks at an item a few times; a slice of one is at most some thousand units. */
const MOST_LOOKS = 12_000;

function registerEvents(meter: Meter, keyCount: number, written: (at: number) => number) {
  return Array.from({ length: COUNT }, (_, at) => {
    const base = { atMs: at, process: 'p', key: `k${at % keyCount}`, value: written(at) };
    return (['invoke', 'ok'] as const).map(
      (type): HistoryEvent => metered({ ...base, type, f: 'write' }, 'f', meter),
    );
  }).flat();
}

it.each<readonly [string, number, (at: number) => number]>([
  ['unique values', 1, (at) => at],
  ['a search', 1, (at) => at % 9],
  ['many objects', 1000, (at) => at % 7],
])('R14: linearizability by %s looks at some of the events at a time', (_, keyCount, written) => {
  const meter = { count: 0 };
  const events = registerEvents(meter, keyCount, written);
  const { most, all, slices } = measure(linearizableTask(register(), events), meter);
  expect(all).toBeGreaterThanOrEqual(2 * COUNT);
  expect(most).toBeLessThan(MOST_LOOKS);
  expect(slices).toBeGreaterThan(20);
});

it('R14: sequential consistency looks at some of the events at a time', () => {
  const meter = { count: 0 };
  const task = sequentialTask(
    register(),
    registerEvents(meter, 1, (at) => at),
    {},
  );
  const { most, slices } = measure(task, meter);
  expect(most).toBeLessThan(MOST_LOOKS);
  expect(slices).toBeGreaterThan(20);
});

function transactions(meter: Meter, verb: 'append' | 'write'): Transaction[] {
  return Array.from({ length: COUNT }, (_, id) => {
    const key = `k${id >> 6}`;
    const before = Array.from({ length: id & 63 }, (_, place) => (id & ~63) + place);
    const value = verb === 'append' ? before : (before.at(-1) ?? null);
    const transaction: Transaction = {
      ...{ id, process: `p${id % 10}`, end: 'ok', isInitial: false },
      ...{ invokedAt: 2 * id, completedAt: 2 * id + 1 },
      operations: [
        { type: 'read', key, value },
        { type: verb, key, value: id },
      ],
    };
    return metered(transaction, 'operations', meter);
  });
}

it.each(['append', 'write'] as const)(
  'I18: isolation of transactions that %s is sliced',
  (verb) => {
    const meter = { count: 0 };
    const { most, all, slices } = measure(isolationTask(transactions(meter, verb)), meter);
    expect(all).toBeGreaterThanOrEqual(2 * COUNT);
    // Finding out what the transactions work on is one look at each.
    expect(most).toBeLessThan(2 * COUNT);
    expect(slices).toBeGreaterThan(20);
  },
);

it.each(WEAK_LEVELS)('I18: the judge of %s is sliced', (level) => {
  const meter = { count: 0 };
  const task = weakIsolationTask(transactions(meter, 'write'), level);
  const { most, all, slices } = measure(task, meter);
  expect(all).toBeGreaterThanOrEqual(2 * COUNT);
  expect(most).toBeLessThan(MOST_LOOKS);
  expect(slices).toBeGreaterThan(20);
});

it.each<readonly [string, CheckTextOptions, string]>([
  ['json-lines', { check: 'register' }, '{"atMs":0,"process":"p","type":"TYPE","f":"read"}'],
  ['jepsen-json', { check: 'register' }, '{"process":1,"type":"TYPE","f":"read"}'],
  ['jepsen-edn', { check: 'register' }, '{:process 1, :type :TYPE, :f :read}'],
  ['jepsen-log', { check: 'register' }, 'INFO  jepsen.util - 1\t:TYPE\t:read\tnil'],
  ['awdit', { check: 'causal' }, 'w 0 AT'],
  ['polysi', { check: 'causal' }, 'w(0,AT,1,AT)'],
])('R14: a text of %s is read some lines at a time', (format, options, line) => {
  const text = Array.from({ length: COUNT }, (_, at) =>
    line.replaceAll('AT', String(at + 1)).replace('TYPE', at % 2 === 0 ? 'invoke' : 'ok'),
  ).join('\n');
  const task = checkTextTask(text, options);
  let readingCount = 0;
  let turn = task.next();
  for (; turn.done !== true; turn = task.next()) {
    if (turn.value.check === 'reading') readingCount++;
  }
  expect(turn.value.format).toBe(format);
  // A line is at least four units of work, and a slice four thousand.
  expect(readingCount).toBeGreaterThanOrEqual(COUNT / 1000 - 1);
});

it('R14: a small part that explains a fault is looked for in slices', () => {
  const pairs = Array.from({ length: 400 }, (_, at): HistoryEvent[] => {
    const base = { atMs: at, process: `p${at % 5}`, f: 'write', value: at % 50 } as const;
    return [
      { ...base, type: 'invoke' },
      { ...base, type: 'ok' },
    ];
  });
  const read = { atMs: 0, process: 'r', f: 'read' } as const;
  const wrong: HistoryEvent[] = [
    { ...read, type: 'invoke' },
    { ...read, type: 'ok', value: 7 },
  ];
  const task = linearizableTask(modelNamed('cas-register'), [...pairs.flat(), ...wrong]);
  const seen = new Map<string, number>();
  let turn = task.next();
  for (; turn.done !== true; turn = task.next()) {
    seen.set(turn.value.check, (seen.get(turn.value.check) ?? 0) + 1);
  }
  expect(turn.value.type).toBe('invalid');
  expect(seen.get('explaining')).toBeGreaterThan(10);
});
