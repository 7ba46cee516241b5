/**
 * The search for keys that a transaction might change twice, against the plain way: each change
 * against each other that can happen together with it.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mayChangeTwice } from './key-collisions.ts';
import { placesOf } from './key-places.ts';
import { compareKeys, isInRange } from './key-range.ts';
import { type LeaseId, NO_LEASE } from './key-value.ts';
import type { DeleteRequest, Operation, PutRequest, TxnRequest } from './request.ts';

/** A change, and which branch is taken of each transaction around it, by its name. */
interface Placed {
  readonly change: PutRequest | DeleteRequest;
  readonly branches: ReadonlyMap<TxnRequest, 'success' | 'failure'>;
}

function changesOf(operation: Operation, branches: Placed['branches']): Placed[] {
  if (operation.type === 'range') return [];
  if (operation.type !== 'txn') return [{ change: operation, branches }];
  return (['success', 'failure'] as const).flatMap((branch) =>
    operation[branch].flatMap((each) =>
      changesOf(each, new Map([...branches, [operation, branch]])),
    ),
  );
}

function collide({ change: one }: Placed, { change: other }: Placed): boolean {
  if (one.type === 'delete') return other.type === 'put' && isInRange(one.range, other.key);
  if (other.type === 'delete') return isInRange(other.range, one.key);
  return compareKeys(one.key, other.key) === 0;
}

function canMeet(one: Placed, other: Placed): boolean {
  return [...one.branches].every(([txn, branch]) => (other.branches.get(txn) ?? branch) === branch);
}

function collidesPlainly(txn: TxnRequest): boolean {
  const all = changesOf(txn, new Map());
  return all.some((one, nth) =>
    all.slice(nth + 1).some((other) => canMeet(one, other) && collide(one, other)),
  );
}

const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 2 });
const range = fc.record({ from: key, to: fc.option(key, { nil: undefined }) });
const { operation } = fc.letrec<{ operation: Operation }>((tie) => ({
  operation: fc.oneof(
    { depthSize: 'small' },
    key.map((each): Operation => {
      const lease: LeaseId = NO_LEASE;
      return { type: 'put', key: each, value: each, lease, wantsPrevious: false };
    }),
    range.map((each): Operation => ({ type: 'delete', range: each, wantsPrevious: false })),
    fc.record({
      type: fc.constant('txn' as const),
      compares: fc.constant([]),
      success: fc.array(tie('operation'), { maxLength: 3 }),
      failure: fc.array(tie('operation'), { maxLength: 3 }),
    }),
  ),
}));

it('R10: finds what each change against each other finds', () => {
  let foundCount = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 4 }), (success) => {
      const txn: TxnRequest = { type: 'txn', compares: [], success, failure: [] };
      const expected = collidesPlainly(txn);
      if (expected) foundCount += 1;
      expect(mayChangeTwice(txn)).toBe(expected);
    }),
    { numRuns: 3000 },
  );
  expect(foundCount).toBeGreaterThan(200);
});

it('keys have their places in order, alike where they are alike', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 4, max: 2 }), { maxLength: 20 }), (keys) => {
      const { places, placeCount } = placesOf(keys);
      expect(new Set(places).size).toBe(placeCount);
      for (const [nth, one] of keys.entries()) {
        for (const [mth, other] of keys.entries()) {
          const difference = (places[nth] ?? 0) - (places[mth] ?? 0);
          expect(Math.sign(difference)).toBe(Math.sign(compareKeys(one, other)));
        }
      }
    }),
  );
});
