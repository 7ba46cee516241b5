/**
 * For each model: what its clients ask, what it answers, and what a broken one might answer.
 */
import fc from 'fast-check';
import {
  casRegister,
  counter,
  fencedLock,
  fifoQueue,
  kv,
  type Model,
  multiRegister,
  mutex,
  ownedMutex,
  register,
  set,
  unorderedQueue,
  type Value,
} from '../src/index.ts';
import type { RecordingOptions, Request } from './generated-histories.ts';

/** A model and how to record histories of it. */
export interface ModelWorkload extends RecordingOptions {
  readonly model: Model;
}

const small = fc.integer({ min: 0, max: 2 });
const list = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);
const ask = (f: string): fc.Arbitrary<Request> => fc.constant({ f });
const askWith = (f: string, argument: fc.Arbitrary<Value>): fc.Arbitrary<Request> =>
  argument.map((value) => ({ f, argument: value }));
const pair = fc.tuple(small, small);
const subset = fc.uniqueArray(small, { maxLength: 3 });

const answerCas = (state: Value, { f, argument }: Request): Value | undefined => {
  if (f === 'read' || f === 'get') return state;
  return f === 'cas' ? list(argument ?? null)[0] === state : undefined;
};

/** Every model. */
export const MODEL_WORKLOADS: readonly ModelWorkload[] = [
  {
    model: register(),
    requests: fc.oneof(ask('read'), askWith('write', small)),
    answer: answerCas,
    wrongAnswer: small,
    maxOperations: 8,
  },
  {
    model: casRegister(0),
    requests: fc.oneof(ask('read'), askWith('write', small), askWith('cas', pair)),
    answer: answerCas,
    wrongAnswer: fc.oneof(small, fc.boolean()),
    maxOperations: 8,
  },
  {
    model: kv(''),
    requests: fc.oneof(
      ask('get'),
      ask('get'),
      askWith('append', fc.constantFrom('a', 'b', 'c')),
      askWith('append', fc.constantFrom('a', 'b', 'c')),
      askWith('put', fc.constantFrom('a', 'b')),
      ask('delete'),
    ),
    answer: answerCas,
    wrongAnswer: fc.constantFrom('', 'a', 'ab', 'ba', 'abc'),
    maxOperations: 8,
  },
  {
    model: kv(),
    requests: fc.oneof(ask('get'), askWith('append', small), askWith('cas', pair)),
    answer: answerCas,
    wrongAnswer: fc.oneof(fc.boolean(), fc.array(small, { maxLength: 3 })),
    maxOperations: 7,
  },
  {
    model: counter(),
    requests: fc.oneof(ask('read'), askWith('add', fc.integer({ min: -1, max: 2 }))),
    answer: (state, { f }) => (f === 'read' ? state : undefined),
    wrongAnswer: fc.integer({ min: 0, max: 3 }),
    maxOperations: 8,
  },
  {
    model: set(),
    requests: fc.oneof(
      ask('read'),
      askWith('add', small),
      askWith('add', small),
      askWith('remove', small),
      askWith('contains', small),
    ),
    answer: (state, { f, argument }) => {
      if (f === 'read') return list(state).toReversed();
      return f === 'contains' ? list(state).includes(argument ?? null) : undefined;
    },
    wrongAnswer: fc.oneof(subset, fc.boolean()),
    maxOperations: 8,
  },
  {
    model: fifoQueue(),
    requests: fc.oneof(askWith('enqueue', small), ask('dequeue')),
    answer: (state, { f }) => (f === 'dequeue' ? (list(state)[0] ?? null) : undefined),
    wrongAnswer: fc.option(small),
    maxOperations: 8,
  },
  {
    model: mutex(),
    requests: fc.oneof(ask('acquire'), ask('release')),
    answer: () => undefined,
    wrongAnswer: fc.constant(null),
    maxOperations: 8,
  },
  {
    model: ownedMutex(),
    requests: fc.oneof(ask('acquire'), ask('release')),
    answer: () => undefined,
    wrongAnswer: fc.constant(null),
    maxOperations: 8,
  },
  {
    model: fencedLock(),
    requests: fc.oneof(ask('acquire'), ask('release')),
    answer: (state, { f }) => {
      const { token } = state as { readonly token: number | null };
      return f === 'acquire' ? (token ?? 0) + 1 : undefined;
    },
    wrongAnswer: small,
    maxOperations: 8,
  },
  {
    model: multiRegister(),
    requests: askWith(
      'txn',
      fc.array(
        fc.oneof(
          fc.constantFrom('x', 'y').map((name): Value => ['r', name, null]),
          fc
            .tuple(fc.constantFrom('x', 'y'), small)
            .map(([name, value]): Value => ['w', name, value]),
        ),
        { minLength: 1, maxLength: 2 },
      ),
    ),
    answer: (state, { argument }) => {
      const registers = new Map(Object.entries(state as { readonly [name: string]: Value }));
      return list(argument ?? null).map((access): Value => {
        const [f, name, value] = list(access);
        if (f === 'w') registers.set(String(name), value ?? null);
        return f === 'w' ? access : ['r', String(name), registers.get(String(name)) ?? null];
      });
    },
    wrongAnswer: small.map((value): Value => [['r', 'x', value]]),
    maxOperations: 6,
  },
];

/** A queue without an order, which has a twin of its own: the brute force asks the model itself. */
export const BAG_WORKLOAD: ModelWorkload = {
  model: unorderedQueue(),
  requests: fc.oneof(askWith('enqueue', small), ask('dequeue')),
  answer: (state, { f }) => (f === 'dequeue' ? (list(state).at(-1) ?? null) : undefined),
  wrongAnswer: fc.option(small),
  maxOperations: 8,
};
