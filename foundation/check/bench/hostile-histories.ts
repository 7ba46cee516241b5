/**
 * Histories that are as hard on a judge as people can make them: crowds of operations on one object
 * that are all under way at one time, and operations that never end.
 */
import { checkNamed } from '../src/catalogue/checks.ts';
import { Settings } from '../src/catalogue/settings.ts';
import {
  type Bounds,
  finishTask,
  type HistoryEvent,
  type Judged,
  type Task,
  type Value,
  type Verdict,
} from '../src/index.ts';

/** What everybody in a crowd does at once, and what is asked when all have done it. */
interface Crowd {
  readonly ask: (index: number) => Pick<HistoryEvent, 'f' | 'value'>;
  /** What is answered where it is not what was asked. */
  readonly answer?: (index: number, count: number) => Value;
  readonly last?: (count: number) => readonly [string, Value, Value?];
  readonly settings?: Readonly<Record<string, Value>>;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Values come twice, so that nothing but a search decides. */
const writes: Crowd = {
  ask: (index) => ({ f: 'write', value: index >> 1 }),
  last: () => ['read', 7],
};
const ownWrites: Crowd = { ...writes, ask: (index) => ({ f: 'write', value: index }) };
const locks: Crowd = { ask: () => ({ f: 'acquire' }), answer: (index) => index + 1 };
const adds: Crowd = {
  ask: (index) => ({ f: 'add', value: index }),
  last: (count) => ['read', numbers(count)],
};
const sums: Crowd = {
  ask: () => ({ f: 'add', value: 1 }),
  last: (count) => ['read', count],
};
/** Half put in, and half take out what the first half puts in. */
const takes: Crowd = {
  ask: (index) => (index % 2 === 0 ? { f: 'enqueue', value: index } : { f: 'dequeue' }),
  answer: (index, count) => (index % 2 === 0 ? index : (index + 1) % count),
};
const appends: Crowd = {
  ask: (index) => ({ f: 'txn', value: [['append', 'x', index]] }),
  last: (count) => ['txn', [['r', 'x', numbers(count)]]],
};

const MODELS: Readonly<Record<string, Crowd>> = {
  register: writes,
  'cas-register': writes,
  'multi-register': {
    ask: (index) => ({ f: 'txn', value: [['w', 'x', index >> 1]] }),
    last: () => ['txn', [['r', 'x', 7]]],
  },
  kv: { ask: (index) => ({ f: 'append', value: `${index} ` }), last: () => ['get', 'none'] },
  counter: sums,
  set: adds,
  'fifo-queue': takes,
  'unordered-queue': takes,
  mutex: locks,
  'owned-mutex': locks,
  'fenced-lock': locks,
};

const OTHERS: Readonly<Record<string, Crowd>> = {
  'set-full': adds,
  'final-set': adds,
  'counter-bounds': sums,
  'final-counter': sums,
  queue: takes,
  'total-queue': takes,
  'unique-ids': { ask: () => ({ f: 'generate' }), answer: (index) => index },
  sessions: ownWrites,
  staleness: ownWrites,
  watch: {
    ask: () => ({ f: 'next' }),
    answer: (index) => ({ changes: [{ revision: 1, type: 'put', key: 'x', value: index }] }),
    last: () => ['log', [{ revision: 1, type: 'put', key: 'x', value: 0 }]],
  },
  convergence: {
    ask: () => ({ f: 'read' }),
    answer: (index) => index,
    settings: { settledAtMs: 0 },
  },
  'mutual-exclusion': { ...locks, settings: { permits: 100_000 } },
  'rate-bound': {
    ask: () => ({ f: 'admit' }),
    answer: () => 1,
    settings: { limit: 3, windowMs: 1 },
  },
  bank: { ask: () => ({ f: 'read' }), answer: (index) => ({ a: index, b: -index }) },
  'long-fork': {
    ask: () => ({
      f: 'txn',
      value: [
        ['r', 'x', null],
        ['r', 'y', null],
      ],
    }),
    answer: (index) => [
      ['r', 'x', index % 2 === 0 ? 1 : null],
      ['r', 'y', index % 2 === 1 ? 1 : null],
    ],
  },
  'causal-reverse': { ...ownWrites, last: (count) => ['read', numbers(count)] },
  causal: {
    ask: (index) => ({ f: 'txn', value: [['w', 'x', index]] }),
    last: () => ['txn', [['r', 'x', 7]]],
  },
};

/** What each check is tried on. */
function crowdOf(name: string): Crowd {
  return MODELS[name.replace('sequential:', '')] ?? OTHERS[name] ?? appends;
}

/** A history in which everybody does it at once, each as a process of its own. */
export function crowdHistory(name: string, count: number): HistoryEvent[] {
  const { ask, answer, last } = crowdOf(name);
  const event = (type: 'invoke' | 'ok', index: number): HistoryEvent => {
    const asked = ask(index);
    const told = type === 'ok' ? answer?.(index, count) : undefined;
    return {
      atMs: 0,
      process: `p${index}`,
      type,
      ...asked,
      ...(told === undefined ? {} : { value: told }),
    };
  };
  const all = numbers(count);
  const watches = name === 'watch' ? all.flatMap((index) => watchOf(index)) : [];
  const crowd = [
    ...all.map((index) => event('invoke', index)),
    ...all.map((index) => event('ok', index)),
  ];
  const asked = last?.(count);
  if (asked === undefined) return [...watches, ...crowd];
  const [f, value] = asked;
  const base = { atMs: 1, process: 'last', f };
  return [
    ...watches,
    ...crowd,
    { ...base, type: 'invoke', ...(f === 'txn' ? { value: [] } : {}) },
    { ...base, type: 'ok', value },
  ];
}

function watchOf(index: number): HistoryEvent[] {
  const base = { atMs: 0, process: `p${index}`, f: 'watch', value: {} };
  return [
    { ...base, type: 'invoke' },
    { ...base, type: 'ok' },
  ];
}

/** What is asked, with its answer, while operations of a model never end. */
const LAST: Readonly<Record<string, (count: number) => readonly [f: string, Value?]>> = {
  register: () => ['read', -1],
  'cas-register': () => ['read', -1],
  'multi-register': () => ['txn', [['r', 'x', -1]]],
  kv: (count) => ['get', numbers(count / 20).reduce((text, at) => `${text}${7 * at} `, '')],
  counter: (count) => ['read', count + 1],
  set: (count) => ['read', [...numbers(count - 1), -1]],
  'fifo-queue': () => ['dequeue', -1],
  'unordered-queue': () => ['dequeue', -1],
  mutex: () => ['release'],
  'owned-mutex': () => ['release'],
  'fenced-lock': () => ['release'],
};

/**
 * Operations of a model that never end, all of them different where they can be, and one that none
 * of them explains, or only many together.
 */
export function openHistory(name: string, count: number): HistoryEvent[] {
  const { ask } = crowdOf(name);
  const [f = '', value] = LAST[name]?.(count) ?? [];
  // Of a queue only what puts something in.
  const stride = f === 'dequeue' ? 2 : 1;
  return withLast(
    numbers(count).map((index) => ask(stride * index)),
    f,
    value,
  );
}

/** Each asked for by a process of its own and never answered, and one that is. */
function withLast(
  asked: readonly Pick<HistoryEvent, 'f' | 'value'>[],
  f: string,
  value: Value | undefined,
): HistoryEvent[] {
  const base = { atMs: asked.length, process: 'last', f };
  return [
    ...asked.map((it, index): HistoryEvent => {
      return { atMs: index, process: `p${index}`, type: 'invoke', ...it };
    }),
    { ...base, type: 'invoke', ...(f === 'txn' ? { value: [['r', 'x', null]] } : {}) },
    { ...base, type: 'ok', ...(value === undefined ? {} : { value }) },
  ];
}

/** Operations that never end, and a read of what they cannot have made. */
const REFUTED: Readonly<Record<string, readonly [Crowd['ask'], f: string, Value]>> = {
  'cas-register': [(index) => ({ f: 'cas', value: [index, index + 1] }), 'read', -1],
  kv: [(index) => ({ f: 'append', value: `${index} ` }), 'get', 'none'],
  counter: [sums.ask, 'read', -1],
  set: [adds.ask, 'read', [-1]],
};

/** The models that have a history that is refuted, and explained. */
export const REFUTED_NAMES: readonly string[] = Object.keys(REFUTED);

/** Operations of a model that never end, and a read that is wrong whichever of them happened. */
export function refutedHistory(name: string, count: number): HistoryEvent[] {
  const [ask = writes.ask, f = 'read', value = null] = REFUTED[name] ?? [];
  return withLast(numbers(count).map(ask), f, value);
}

/** The verdict of a check on a crowd, within bounds; those of the library where none are given. */
export function judgeHostile(
  name: string,
  events: readonly HistoryEvent[],
  bounds: Bounds = {},
): Verdict {
  return finishTask(hostileTask(name, events, bounds)).verdict;
}

/** The same as a task. */
export function hostileTask(
  name: string,
  events: readonly HistoryEvent[],
  bounds: Bounds = {},
): Task<Judged> {
  const check = checkNamed(name);
  const settings = new Settings(name, check.settings, settingsOf(name));
  const history = { format: 'json-lines', events } as const;
  return check.judge({ history, settings, bounds, initial: undefined });
}

/** The settings with which a check is tried. */
export function settingsOf(name: string): Readonly<Record<string, Value>> {
  return crowdOf(name).settings ?? {};
}
