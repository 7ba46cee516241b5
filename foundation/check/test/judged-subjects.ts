/**
 * Every check of the catalogue with histories to try it on, and of each property that most judges
 * have, why a judge has it not.
 */
import fc from 'fast-check';
import type { CheckFamily, Judged } from '../src/catalogue/check.ts';
import { CHECKS, checkNamed } from '../src/catalogue/checks.ts';
import { Settings } from '../src/catalogue/settings.ts';
import {
  finishTask,
  type HistoryEvent,
  HistoryFault,
  ISOLATION_LEVELS,
  type MicroOperation,
  SESSION_GUARANTEES,
  type Transaction,
  type Value,
  type Verdict,
  WEAK_LEVELS,
} from '../src/index.ts';
import {
  looseHistories,
  type Request,
  recordedHistories,
  withOwnArguments,
} from './generated-histories.ts';
import { BAG_WORKLOAD, MODEL_WORKLOADS } from './model-workloads.ts';
import { runStore, storePlans } from './transactions/simulated-store.ts';

/** What must not matter to a judge. */
export type Property =
  | 'names of processes and keys'
  | 'names of values'
  | 'neighbours exchanged'
  | 'failed operations left out'
  | 'an order of time taken away';

/** A check, histories, and where it has a property not. */
export interface Subject {
  readonly name: string;
  readonly family: CheckFamily;
  readonly histories: fc.Arbitrary<HistoryEvent[]>;
  readonly settings: Readonly<Record<string, Value>>;
  readonly initial: Value | undefined;
  /** Why the judge has a property not. */
  readonly without: Partial<Readonly<Record<Property, string>>>;
}

type Histories = Pick<Subject, 'histories'> & Partial<Pick<Subject, 'settings' | 'without'>>;

/** The verdict of a check; undefined where the history has an operation that it does not know. */
export function verdictOf(
  subject: Subject,
  events: readonly HistoryEvent[],
): Verdict['type'] | undefined {
  return judgedBy(subject, events)?.verdict.type;
}

/** What a check says; undefined where the history has an operation that it does not know. */
export function judgedBy(
  { name, settings, initial }: Subject,
  events: readonly HistoryEvent[],
): Judged | undefined {
  const check = checkNamed(name);
  const asked = {
    history: { format: 'json-lines', events } as const,
    settings: new Settings(name, check.settings, settings),
    bounds: { maxSteps: 200_000 },
    initial,
  };
  try {
    return finishTask(check.judge(asked));
  } catch (error) {
    if (error instanceof HistoryFault) return undefined;
    throw error;
  }
}

const ask = (f: string): fc.Arbitrary<Request> => fc.constant({ f });
const keys = fc.constantFrom('x', 'y');
const small = fc.integer({ min: 0, max: 3 });
const give = (f: string, argument: fc.Arbitrary<Value>): fc.Arbitrary<Request> =>
  argument.map((value) => ({ f, argument: value }));

const SUMS = { 'names of values': 'its values are numbers that are added up' };

/** Of models: what their values mean, where that is more than a name. */
const MODEL_EXEMPTIONS: Readonly<Record<string, Subject['without']>> = {
  counter: SUMS,
  kv: { 'names of values': 'it appends texts, and the name of a text is not that of its parts' },
  'fenced-lock': { 'names of values': 'its tokens ascend, so their order matters' },
};

/** Locks that anybody is given: those who record a lock that works hardly ever get a wrong one. */
const locks = looseHistories({
  requests: fc.oneof(ask('acquire'), ask('release')),
  answers: fc.integer({ min: 1, max: 3 }),
  turnCount: 10,
});

/** Models with the histories that their own tests use, read sequentially too. */
function modelSubjects(prefix: string): Subject[] {
  return [...MODEL_WORKLOADS, BAG_WORKLOAD].map((workload) => {
    const { name, initial } = workload.model;
    const takesInitial = checkNamed(prefix + name).takesInitial;
    const recorded = recordedHistories(workload.model, { ...workload, maxOperations: 6 });
    return {
      name: prefix + name,
      family: checkNamed(prefix + name).family,
      histories: /mutex|lock/.test(name) ? fc.oneof(locks, recorded) : recorded,
      settings: {},
      initial: takesInitial ? initial : undefined,
      without: MODEL_EXEMPTIONS[name] ?? {},
    };
  });
}

const BY_BEGINNING = 'of two reads the one that began last decides, as it does in Jepsen';

const registers = (f: string): fc.Arbitrary<Request> => keys.map((key) => ({ f, key }));
const ownRegisters = looseHistories({
  requests: fc.oneof(
    registers('read'),
    keys.map((key) => ({ f: 'write', key, argument: 0 })),
  ),
  answers: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 3 })),
  turnCount: 16,
}).map((history) => withOwnArguments(history, 'write'));

const sets = looseHistories({
  requests: fc.oneof(give('add', small), ask('read')),
  answers: fc.subarray([0, 1, 2, 3]),
  turnCount: 16,
});
const counters = looseHistories({
  requests: fc.oneof(give('add', fc.integer({ min: -1, max: 3 })), ask('read')),
  answers: fc.integer({ min: 0, max: 4 }),
  turnCount: 14,
});
const queues = looseHistories({
  requests: fc.oneof(give('enqueue', small), give('enqueue', small), ask('dequeue')),
  answers: fc.oneof(fc.constant(null), small),
  turnCount: 16,
});

const OTHERS: Readonly<Record<string, Histories>> = {
  'set-full': { histories: sets, without: { 'neighbours exchanged': BY_BEGINNING } },
  'final-set': {
    histories: sets,
    without: {
      'neighbours exchanged': 'the read that ended last decides',
      'failed operations left out': 'a failed add counts as asked for, as it does in Jepsen',
      'an order of time taken away': 'the read that ended last decides',
    },
  },
  'counter-bounds': { histories: counters, without: SUMS },
  'final-counter': { histories: counters, without: SUMS, settings: { finalAtMs: 8 } },
  queue: { histories: queues },
  'total-queue': { histories: queues },
  'unique-ids': {
    histories: looseHistories({ requests: ask('generate'), answers: fc.nat(9), turnCount: 10 }),
  },
  sessions: {
    histories: ownRegisters,
    settings: { guarantees: [...SESSION_GUARANTEES] },
  },
  staleness: { histories: ownRegisters, settings: { maxStaleMs: 2 } },
  watch: {
    histories: watchHistories(),
    without: {
      'names of values': 'its values are responses with revisions, whose order matters',
    },
  },
  convergence: {
    histories: looseHistories({
      requests: fc.oneof(registers('read'), registers('read')),
      answers: fc.constantFrom(1, 1, 2),
      turnCount: 16,
    }),
    settings: { settledAtMs: 6 },
  },
  'mutual-exclusion': {
    histories: looseHistories({
      requests: fc.oneof(registers('acquire'), registers('release')),
      answers: fc.constant(null),
      turnCount: 20,
    }),
    settings: { leaseMs: 9 },
  },
  'rate-bound': {
    histories: looseHistories({ requests: registers('admit'), answers: fc.nat(2), turnCount: 24 }),
    settings: { limit: 3, windowMs: 8 },
    without: { 'names of values': 'its answers are what was consumed' },
  },
  bank: {
    histories: looseHistories({
      requests: fc.oneof(ask('read'), give('transfer', fc.constant('from a to b'))),
      answers: fc
        .tuple(fc.integer({ min: -1, max: 6 }), fc.nat(9))
        .map(([moved, odd]): Value => ({ a: 5 - moved, b: 5 + moved + (odd === 0 ? 1 : 0) })),
      turnCount: 12,
    }),
    settings: { total: 10 },
    without: SUMS,
  },
  'long-fork': {
    histories: fc.array(fc.nat(7), { minLength: 2, maxLength: 5 }).map(forkHistory),
  },
  'causal-reverse': {
    histories: looseHistories({
      requests: fc.oneof(give('write', fc.constant(0)), ask('read')),
      answers: fc.subarray([1, 2, 3, 4]),
      turnCount: 16,
    }).map((history) => withOwnArguments(history, 'write')),
  },
};

const ABORTED = {
  'failed operations left out':
    'it allows to read what failed; left out, nobody wrote it, which is worse',
};

/** Every check of the catalogue. */
export const SUBJECTS: readonly Subject[] = [
  ...modelSubjects(''),
  ...modelSubjects('sequential:'),
  ...Object.entries(OTHERS).map(
    ([name, rest]): Subject => ({
      ...{ name, family: checkNamed(name).family, settings: {}, initial: undefined, without: {} },
      ...rest,
    }),
  ),
  ...[...new Set<string>([...WEAK_LEVELS, ...ISOLATION_LEVELS])].map(levelSubject),
];

/** The names of checks that have no subject. */
export const FORGOTTEN: readonly string[] = CHECKS.map(({ name }) => name).filter(
  (name) => !SUBJECTS.some((subject) => subject.name === name),
);

function levelSubject(level: string): Subject {
  const isOfRegisters = level === 'causal';
  const plans = storePlans({
    ...(isOfRegisters ? { workloads: ['rw-register'] } : {}),
    ...{ processCount: 4, keyCount: 3, transactionCount: { min: 2, max: 14 } },
  });
  return {
    name: level,
    family: 'isolation',
    histories: plans.map((plan) => eventsOf(runStore(plan))),
    settings: {},
    initial: undefined,
    without: level.endsWith('read-uncommitted') ? ABORTED : {},
  };
}

/** The events of transactions whose positions are known. */
function eventsOf(transactions: readonly Transaction[]): HistoryEvent[] {
  const placed = transactions.flatMap(
    ({ process, end, invokedAt, completedAt, operations }): [number, HistoryEvent][] => {
      const base = { process, f: 'txn', atMs: 0 };
      const asked = operations.map((step) => stepOf(step, false));
      const begin: [number, HistoryEvent] = [invokedAt, { ...base, type: 'invoke', value: asked }];
      if (end === 'open') return [begin];
      const value = operations.map((step) => stepOf(step, true));
      return [begin, [completedAt, { ...base, type: end, value }]];
    },
  );
  return placed.sort(([a], [b]) => a - b).map(([, event]) => event);
}

function stepOf(step: MicroOperation, isAnswered: boolean): Value {
  switch (step.type) {
    case 'read':
      return ['r', step.key, isAnswered ? step.value : null];
    case 'write':
    case 'append':
      return [step.type === 'write' ? 'w' : 'append', step.key, step.value];
    default:
      throw new Error(`the simulated store has no ${step.type}`);
  }
}

/** Reads of a group of three keys, each by a process of its own, all under way at one time. */
function forkHistory(masks: readonly number[]): HistoryEvent[] {
  const steps = (mask: number) =>
    ['x', 'y', 'z'].map((key, bit): Value => ['r', key, (mask >> bit) % 2 === 1 ? 1 : null]);
  const event = (type: 'invoke' | 'ok', mask: number, index: number): HistoryEvent => {
    return { atMs: 0, process: `p${index}`, type, f: 'txn', value: steps(mask) };
  };
  return [
    ...masks.map((mask, index) => event('invoke', mask, index)),
    ...masks.map((mask, index) => event('ok', mask, index)),
  ];
}

/** Two watches that are told of revisions, mostly in order, and the log of the store. */
function watchHistories(): fc.Arbitrary<HistoryEvent[]> {
  const told = fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 4 }), fc.nat(9));
  return fc.array(told, { maxLength: 8 }).map((list) => {
    const change = (revision: number): Value => {
      return { revision, type: 'put', key: `k${revision % 2}`, value: revision };
    };
    const pair = (process: string, f: string, asked: Value, answer: Value): HistoryEvent[] => [
      { atMs: 0, process, type: 'invoke', f, value: asked },
      { atMs: 0, process, type: 'ok', f, value: answer },
    ];
    const next = [1, 1];
    const responses = list.flatMap(([watch, revision, odd]) => {
      const at = odd === 0 ? revision : (next[watch] ?? 1);
      next[watch] = at + 1;
      return pair(`w${watch}`, 'next', null, { changes: [change(at)] });
    });
    const begins = [0, 1].flatMap((watch) => pair(`w${watch}`, 'watch', {}, null));
    const log = Array.from({ length: 12 }, (_, index) => change(index + 1));
    return [...begins, ...responses, ...pair('store', 'log', null, log)];
  });
}
