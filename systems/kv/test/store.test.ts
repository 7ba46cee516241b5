/**
 * The store against its naive twin: random commands over few keys, with compaction and sweeping at
 * any moment; every answer, then every revision that can be read, every event and the hash.
 */
import {
  applyCommand,
  type Command,
  type Compare,
  hashKv,
  invalidity,
  KvStore,
  type LeaseId,
  NO_LEASE,
  type Operation,
  RangeRead,
  type RangeRequest,
  type Revision,
} from '@mangrove/kv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NaiveStore, naiveRange, text } from './naive-store.ts';

const RUNS = 300;

test('every answer, state, event and hash is what the naive twin says', () => {
  fc.assert(
    fc.property(steps(80), (taken) => {
      const store = new KvStore();
      const unswept = new KvStore();
      const twin = new NaiveStore();
      for (const each of taken) {
        const command = applyBoth(store, twin, each);
        if (command !== undefined) applyCommand(unswept, command, 1);
      }
      expectSameStates(store, twin);
      expectSameEvents(store, twin);
      expect(hashKv(store, store.revision)).toBe(hashKv(unswept, unswept.revision));
    }),
    { numRuns: RUNS },
  );
}, 60_000);

test('a range read in slices is what it was when the read began', () => {
  fc.assert(
    fc.property(
      steps(40),
      range,
      fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), step), { maxLength: 30 }),
      (before, request, meanwhile) => {
        const store = new KvStore();
        const twin = new NaiveStore();
        for (const each of before) applyBoth(store, twin, each);
        const release = store.pin();
        const expected = naiveRange(twin.stateAt(store.revision), request);
        const read = new RangeRead(store, request, store.revision);
        let result: ReturnType<RangeRead['step']>;
        for (const [keysMax, each] of meanwhile) {
          result ??= read.step(keysMax);
          applyBoth(store, twin, each);
        }
        while (result === undefined) result = read.step(2);
        expect(result).toEqual(expected);
        release();
      },
    ),
    { numRuns: RUNS },
  );
}, 60_000);

// Gives the command that was applied, if the step was one.
function applyBoth(store: KvStore, twin: NaiveStore, each: Step): Command | undefined {
  if (each.type === 'sweep') {
    store.sweep(each.versionsMax);
    return undefined;
  }
  if (each.type === 'operation' && invalidity(each.operation) !== undefined) return undefined;
  const command: Command =
    each.type === 'compact-behind'
      ? { type: 'compact', revision: Math.max(0, twin.revision - each.behind) as Revision }
      : each;
  expect(applyCommand(store, command, 1)).toEqual(twin.apply(command, 1));
  return command;
}

function expectSameStates(store: KvStore, twin: NaiveStore): void {
  expect(store.revision).toBe(twin.revision);
  for (let revision = Math.max(1, twin.compacted); revision <= twin.revision; revision += 1) {
    const request = { ...EVERYTHING, revision: revision as Revision };
    const result = new RangeRead(store, request, request.revision).step(1_000);
    expect(result).toEqual(naiveRange(twin.stateAt(revision), request));
  }
}

function expectSameEvents(store: KvStore, twin: NaiveStore): void {
  const seen = [];
  const { log } = store;
  const first = log.positionOf(store.compactRevision);
  for (let position = first; position < log.endPosition; position += 1) {
    // At the compaction itself only deletions and what is still the newest must be left.
    if (log.revisionAt(position) === store.compactRevision) continue;
    const { type, kv } = store.eventOf(log.at(position));
    seen.push({ type, key: text(kv.key), value: text(kv.value), revision: kv.modRevision });
  }
  expect(seen).toEqual(twin.events.filter(({ revision }) => revision > twin.compacted));
}

type Step =
  | Command
  | { readonly type: 'compact-behind'; readonly behind: number }
  | { readonly type: 'sweep'; readonly versionsMax: number };

function steps(countMax: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength: countMax, size: 'max' });
}

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 1 });
const value = fc.uint8Array({ maxLength: 2, max: 2 });
const lease = fc.bigInt({ min: 0n, max: 3n }).map((id) => id as LeaseId);
const keyRange = fc.oneof(
  key.map((from) => ({ from, to: new Uint8Array([...from, 0]) })),
  fc.record({ from: key, to: fc.option(key, { nil: undefined }) }),
);
const revision = fc.integer({ min: 0, max: 30 }).map((number) => number as Revision);
const bound = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 20 }));
const range: fc.Arbitrary<RangeRequest> = fc.record({
  type: fc.constant('range' as const),
  range: keyRange,
  revision: fc.oneof(fc.constant(0 as Revision), revision),
  limit: fc.integer({ min: 0, max: 4 }),
  sort: fc.option(
    fc.record({
      by: fc.constantFrom(...(['key', 'version', 'create', 'mod', 'value'] as const)),
      order: fc.constantFrom(...(['ascend', 'descend'] as const)),
    }),
    { nil: undefined },
  ),
  minModRevision: bound,
  maxModRevision: bound,
  minCreateRevision: bound,
  maxCreateRevision: bound,
  keysOnly: fc.boolean(),
  countOnly: fc.boolean(),
});
const compare: fc.Arbitrary<Compare> = fc.record({
  range: keyRange,
  relation: fc.constantFrom(...(['equal', 'not-equal', 'greater', 'less'] as const)),
  operand: fc.oneof(
    fc.record({
      target: fc.constantFrom(...(['version', 'create', 'mod'] as const)),
      number: fc.integer({ min: 0, max: 10 }),
    }),
    fc.record({ target: fc.constant('lease' as const), lease }),
    fc.record({ target: fc.constant('value' as const), value }),
  ),
});
const simple: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      key,
      value: fc.option(value, { nil: undefined, freq: 8 }),
      lease: fc.option(fc.oneof({ weight: 3, arbitrary: fc.constant(NO_LEASE) }, lease), {
        nil: undefined,
        freq: 8,
      }),
      wantsPrevious: fc.boolean(),
    }),
  },
  fc.record({ type: fc.constant('delete' as const), range: keyRange, wantsPrevious: fc.boolean() }),
  range,
);
const { operation } = fc.letrec<{ operation: Operation }>((tie) => ({
  operation: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    fc.record({
      type: fc.constant('txn' as const),
      compares: fc.array(compare, { maxLength: 2 }),
      success: fc.array(tie('operation'), { maxLength: 3 }),
      failure: fc.array(tie('operation'), { maxLength: 3 }),
    }),
  ),
}));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('operation' as const), operation }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('operation' as const), operation: simple }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('sweep' as const),
      versionsMax: fc.integer({ min: 1, max: 9 }),
    }),
  },
  fc.record({
    type: fc.constant('compact-behind' as const),
    behind: fc.integer({ min: -1, max: 6 }),
  }),
  fc.record({
    type: fc.constant('grant-lease' as const),
    lease: fc.bigInt({ min: 1n, max: 3n }).map((id) => id as LeaseId),
    ttlMs: fc.constant(1_000),
  }),
  fc.record({ type: fc.constant('revoke-lease' as const), lease }),
  fc.record({
    type: fc.constant('expire-leases' as const),
    leases: fc.array(lease, { maxLength: 3 }),
    term: fc.integer({ min: 1, max: 2 }),
  }),
);

const EVERYTHING: RangeRequest = {
  type: 'range',
  range: { from: new Uint8Array(0), to: undefined },
  revision: 0 as Revision,
  limit: 0,
  sort: undefined,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
  keysOnly: false,
  countOnly: false,
};
