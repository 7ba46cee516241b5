/**
 * Random steps over few keys, for the store and its twin: commands, compactions, sweeps.
 */
import {
  type Command,
  type Compare,
  type KeyRange,
  type LeaseId,
  NO_LEASE,
  type Operation,
  type RangeRequest,
  type Revision,
} from '@mangrove/kv';
import fc from 'fast-check';

/** A command, or what happens between commands. */
export type Step =
  | Command
  | { readonly type: 'compact-behind'; readonly behind: number }
  | { readonly type: 'sweep'; readonly versionsMax: number };

/** Up to `countMax` steps. */
export function steps(countMax: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength: countMax, size: 'max' });
}

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 1 });
const value = fc.uint8Array({ maxLength: 2, max: 2 });
const lease = fc.bigInt({ min: 0n, max: 3n }).map((id) => id as LeaseId);
/** Ranges over the keys that steps write. */
export const keyRange: fc.Arbitrary<KeyRange> = fc.oneof(
  key.map((from) => ({ from, to: new Uint8Array([...from, 0]) })),
  fc.record({ from: key, to: fc.option(key, { nil: undefined }) }),
);
const revision = fc
  .oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 2, max: 6 }))
  .map((number) => number as Revision);
const bound = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 20 }));
/** Reads of every kind. */
export const range: fc.Arbitrary<RangeRequest> = fc.record({
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
      lease: fc.option(fc.oneof(fc.constant(NO_LEASE), lease), {
        nil: undefined,
        freq: 8,
      }),
      wantsPrevious: fc.boolean(),
    }),
  },
  fc.record({ type: fc.constant('delete' as const), range: keyRange, wantsPrevious: fc.boolean() }),
  range,
);
// Several keys in one revision, which random transactions seldom manage.
const puts: fc.Arbitrary<Operation> = fc
  .uniqueArray(key, { minLength: 2, maxLength: 4, selector: String })
  .map((keys) => ({
    type: 'txn' as const,
    compares: [],
    success: keys.map((each) => ({
      type: 'put' as const,
      key: each,
      value: each,
      lease: NO_LEASE,
      wantsPrevious: false,
    })),
    failure: [],
  }));
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
/** One step. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('operation' as const), operation }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('operation' as const),
      operation: fc.oneof({ weight: 5, arbitrary: simple }, puts),
    }),
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
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('grant-lease' as const),
      lease: fc.bigInt({ min: 1n, max: 3n }).map((id) => id as LeaseId),
      ttlMs: fc.constant(1_000),
    }),
  },
  fc.record({ type: fc.constant('revoke-lease' as const), lease }),
  fc.record({
    type: fc.constant('expire-leases' as const),
    leases: fc.array(lease, { maxLength: 3 }),
    term: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({
    type: fc.constant('checkpoint-leases' as const),
    leases: fc.array(fc.record({ lease, remainingMs: fc.nat(1_000) }), { maxLength: 3 }),
    term: fc.integer({ min: 1, max: 2 }),
  }),
);
