/**
 * Shows that the judges of banks, long forks and causal reversals say what naive twins say, which
 * hold every read against every other, and that the judge of weak isolation says what trying every
 * choice of the open transactions says.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  checkBank,
  checkCausalReverse,
  checkLongFork,
  judgeWeakIsolation,
  pairOperations,
  type RecordedOperation,
  type Transaction,
  type Value,
  WEAK_LEVELS,
} from '../../src/index.ts';
import { looseHistories, type Request, withOwnArguments } from '../generated-histories.ts';
import { keepsWeakLevel } from './commit-order-twin.ts';
import { runStore, storePlans } from './simulated-store.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

const readsIn = (operations: readonly RecordedOperation[]) =>
  operations.filter(({ f, end }) => f === 'read' && end === 'ok');
const listOf = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? value : []);
const ask = (f: string): fc.Arbitrary<Request> => fc.constant({ f });

/** Reads of 5 and 5 in two accounts, moved about, and now and then something wrong. */
const balances = fc
  .tuple(
    fc.integer({ min: -2, max: 7 }),
    fc.constantFrom('ok', 'ok', 'ok', 'ok', 'sum', 'gone', 'odd'),
  )
  .map(([moved, kind]): Value => {
    const [a, b] = [5 - moved, 5 + moved];
    if (kind === 'sum') return { a, b: b + 1 };
    if (kind === 'gone') return { 'a b': 10 };
    return kind === 'odd' ? { a, b: String(b) } : { a, b };
  });

it('I12: agrees with adding up every read', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  const histories = looseHistories({
    requests: fc.oneof(
      ask('read'),
      fc.constant({ f: 'transfer', argument: { from: 'a', to: 'b' } }),
    ),
    answers: balances,
    turnCount: 14,
  });
  fc.assert(
    fc.property(histories, fc.boolean(), (history, mayBeNegative) => {
      const reads = readsIn(pairOperations(history)).map(({ result }) => result as object);
      const isRight = reads.every((read) => {
        const entries = Object.entries(read);
        return (
          entries.map(([name]) => name).join() === 'a,b' &&
          entries.every(([, it]) => typeof it === 'number' && (it >= 0 || mayBeNegative)) &&
          entries.reduce((sum, [, it]) => sum + it, 0) === 10
        );
      });
      const verdict = checkBank(history, { total: 10, mayBeNegative });
      // The accounts are those of the first read.
      const isOfAccounts = reads.length === 0 || Object.keys(reads[0] ?? {}).join() === 'a,b';
      if (!isOfAccounts) return;
      const expected = !isRight ? 'invalid' : reads.length > 0 ? 'valid' : 'unknown';
      expect(verdict.type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});

const GROUPS: readonly (readonly string[])[] = [
  ['a b', 'c'],
  ['a', 'b c'],
  ['x', 'y', 'z'],
];

it('I13: agrees with holding every two reads of a group against each other', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  const reads = fc.array(
    fc.record({ group: fc.nat(2), seen: fc.nat(7), second: fc.nat(30), end: fc.nat(6) }),
    { maxLength: 7 },
  );
  fc.assert(
    fc.property(reads, (list) => {
      const all = list.map(({ group, seen, second, end }) => {
        const names = GROUPS[group] ?? [];
        const saw = names.filter((_, bit) => (seen >> bit) % 2 === 1);
        return { names, saw, value: second === 0 ? 2 : 1, isOk: end > 0 };
      });
      const history = all.flatMap(({ names, saw, value, isOk }, index) => {
        const steps = names.map((key): Value => ['r', key, saw.includes(key) ? value : null]);
        const base = { atMs: index, process: `p${index}`, f: 'txn', value: steps };
        const end = { ...base, type: isOk ? ('ok' as const) : ('fail' as const) };
        return [{ ...base, type: 'invoke' as const }, end];
      });
      const told = all.filter(({ isOk }) => isOk);
      const isTwice = told.some(
        (a) =>
          a.value === 2 &&
          told.some((b) => b.value === 1 && a.saw.some((it) => b.saw.includes(it))),
      );
      const pairs = told.flatMap((a, at) =>
        told.slice(at + 1).flatMap((b) => (a.names === b.names ? [[a.saw, b.saw] as const] : [])),
      );
      const isFork = pairs.some(
        ([a, b]) => a.some((it) => !b.includes(it)) && b.some((it) => !a.includes(it)),
      );
      const judged = isFork ? 'invalid' : pairs.length > 0 ? 'valid' : 'unknown';
      const expected = isTwice ? 'unknown' : judged;
      expect(checkLongFork(history).type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});

it('I14: agrees with holding every write that was missed against every write that was seen', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  const loose = looseHistories({
    requests: fc.oneof(fc.constant({ f: 'write', argument: 0 }), ask('read')),
    answers: fc.subarray([1, 2, 3, 4]),
    turnCount: 18,
  });
  fc.assert(
    fc.property(loose, fc.nat(9), (drawn, again) => {
      const own = withOwnArguments(drawn, 'write');
      // Now and then the second write has the value of the first.
      const history = own.map((event) =>
        again === 0 && event.f === 'write' && event.value === 2 ? { ...event, value: 1 } : event,
      );
      const operations = pairOperations(history);
      const writes = operations.filter(({ f, end }) => f === 'write' && end !== 'fail');
      const values = writes.map(({ argument }) => argument);
      const saw = ({ result }: RecordedOperation, { argument }: RecordedOperation) =>
        listOf(result).includes(argument ?? null);
      const reads = readsIn(operations);
      const isReversed = reads.some((read) =>
        writes.some(
          (late) =>
            saw(read, late) &&
            writes.some((early) => early.completedAt < late.invokedAt && !saw(read, early)),
        ),
      );
      const isSeen = reads.some((read) => writes.some((write) => saw(read, write)));
      const judged = isReversed ? 'invalid' : isSeen ? 'valid' : 'unknown';
      const expected = new Set(values).size < values.length ? 'unknown' : judged;
      expect(checkCausalReverse(history).type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});

const plans = storePlans({
  ...{ workloads: ['rw-register'], processCount: 3, keyCount: 2 },
  transactionCount: { min: 2, max: 6 },
});

it('I5: an open transaction counts where that makes the level possible, a failed one never', () => {
  const counts = new Map<string, number>();
  let openCount = 0;
  fc.assert(
    fc.property(plans, (plan) => {
      const history = runStore(plan);
      const open = history.filter(({ end }) => end === 'open');
      if (open.length > 0) openCount++;
      for (const level of WEAK_LEVELS) {
        const isKept = subsetsOf(open).some((chosen) => {
          const happened = history.filter((it) => it.end === 'ok' || chosen.includes(it));
          return keepsWeakLevel(
            happened.map((it, id) => ({ ...it, id })),
            level,
          );
        });
        const { type } = judgeWeakIsolation(history, level);
        expect(`${level} ${type !== 'invalid'}`).toBe(`${level} ${isKept}`);
        counts.set(`${level} ${isKept}`, (counts.get(`${level} ${isKept}`) ?? 0) + 1);
      }
    }),
    { numRuns: 1000, seed: SEED },
  );
  expect(openCount).toBeGreaterThan(200);
  expect(counts.size).toBe(6);
  expect(Math.min(...counts.values())).toBeGreaterThan(20);
});

function subsetsOf(items: readonly Transaction[]): Transaction[][] {
  const [first, ...rest] = items;
  if (first === undefined) return [[]];
  return subsetsOf(rest).flatMap((subset) => [subset, [first, ...subset]]);
}
