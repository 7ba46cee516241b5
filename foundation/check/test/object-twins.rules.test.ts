/**
 * Shows that the judges of sets, counters, queues and ids say what naive twins say, which count
 * again for each element and try every choice of what is not known, on thousands of histories that
 * are right or wrong in any way.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  canonical,
  checkCounterBounds,
  checkFinalCounter,
  checkFinalSet,
  checkQueue,
  checkSetFull,
  checkTotalQueue,
  checkUniqueIds,
  pairOperations,
  type RecordedOperation,
  set,
  type Value,
  type Verdict,
} from '../src/index.ts';
import { looseHistories, type Request, recordedHistories } from './generated-histories.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

type Operations = readonly RecordedOperation[];

const small = fc.integer({ min: 0, max: 3 });
const ask = (f: string): fc.Arbitrary<Request> => fc.constant({ f });
const give = (f: string, argument: fc.Arbitrary<Value>): fc.Arbitrary<Request> =>
  argument.map((value) => ({ f, argument: value }));
const ok = (operations: Operations, f: string) =>
  operations.filter((it) => it.f === f && it.end === 'ok');
const listOf = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? value : []);
const sorted = (values: readonly Value[]) => values.map(canonical).sort();

/** Counts verdicts, so that a test can say that it saw each kind often. */
class Tally {
  readonly counts = { valid: 0, invalid: 0, unknown: 0 };

  expectSame(type: Verdict['type'], expected: Verdict['type']): void {
    expect(type).toBe(expected);
    this.counts[type]++;
  }

  expectAtLeast(count: number, ...types: readonly Verdict['type'][]): void {
    for (const type of types) expect([type, this.counts[type] >= count]).toEqual([type, true]);
  }
}

const setRequests = fc.oneof(give('add', small), give('add', small), ask('read'));

/** Of sets that answer anything, which are hardly ever right, and of one that mostly is. */
const setHistories = fc.oneof(
  looseHistories({
    requests: setRequests,
    answers: fc.oneof(fc.subarray([0, 1, 2, 3]), fc.array(small, { maxLength: 4 })),
    turnCount: 18,
  }),
  recordedHistories(set(), {
    requests: setRequests,
    answer: (state, { f }) => (f === 'read' ? state : undefined),
    wrongAnswer: fc.subarray([0, 1, 2, 3]),
    maxOperations: 8,
  }),
);

/** What became of an element, looking at every read. */
function fateOf(element: Value, operations: Operations): 'stable' | 'lost' | 'neverRead' | 'none' {
  const adds = operations.filter(
    ({ f, end, argument }) => f === 'add' && end !== 'fail' && argument === element,
  );
  if (adds.length === 0) return 'none';
  const begunAt = Math.min(...adds.map(({ invokedAt }) => invokedAt));
  const seeing = ok(operations, 'read').filter(({ completedAt }) => completedAt > begunAt);
  const having = seeing.filter(({ result }) => listOf(result).includes(element));
  const lacking = seeing.filter(({ result }) => !listOf(result).includes(element));
  const knownAt = Math.min(...[...adds, ...having].map(({ completedAt }) => completedAt));
  const isAfterAll = (read: RecordedOperation, others: Operations) =>
    others.every(({ invokedAt }) => invokedAt < read.invokedAt);
  if (having.some((read) => isAfterAll(read, lacking))) return 'stable';
  const isLost = lacking.some((read) => isAfterAll(read, having) && read.invokedAt > knownAt);
  return isLost ? 'lost' : 'neverRead';
}

/** Whether a read that began after the element was known has it not. */
function isMissed(element: Value, operations: Operations): boolean {
  const adds = operations.filter((it) => it.f === 'add' && it.argument === element);
  const begunAt = Math.min(
    ...adds.filter(({ end }) => end !== 'fail').map(({ invokedAt }) => invokedAt),
  );
  const reads = ok(operations, 'read').filter(({ completedAt }) => completedAt > begunAt);
  return reads.some(
    ({ invokedAt, result }) =>
      !listOf(result).includes(element) &&
      (ok(adds, 'add').some(({ completedAt }) => completedAt < invokedAt) ||
        reads.some((it) => it.completedAt < invokedAt && listOf(it.result).includes(element))),
  );
}

it('R30: an element is what looking at every read for it says', () => {
  const tally = new Tally();
  fc.assert(
    fc.property(setHistories, fc.boolean(), (history, linearizable) => {
      const operations = pairOperations(history);
      const report = checkSetFull(history, { linearizable });
      const all = [0, 1, 2, 3];
      const having = (fate: string) => all.filter((it) => fateOf(it, operations) === fate);
      for (const fate of ['stable', 'lost', 'neverRead'] as const) {
        expect([fate, sorted(report[fate])]).toEqual([fate, sorted(having(fate))]);
      }
      const stale = having('stable').filter((element) => isMissed(element, operations));
      expect(sorted(report.stale.map(({ element }) => element))).toEqual(sorted(stale));
      const reads = ok(operations, 'read').map(({ result, completedAt }) => {
        return { list: listOf(result), completedAt };
      });
      const isStrange = reads.some(({ list, completedAt }) =>
        list.some(
          (element, at) =>
            list.indexOf(element) < at ||
            !operations.some(
              (it) =>
                it.f === 'add' &&
                it.end !== 'fail' &&
                it.argument === element &&
                it.invokedAt < completedAt,
            ),
        ),
      );
      const isWrong = isStrange || having('lost').length > 0 || (linearizable && stale.length > 0);
      const rest = having('stable').length > 0 ? 'valid' : 'unknown';
      tally.expectSame(report.verdict.type, isWrong ? 'invalid' : rest);
    }),
    { numRuns: 3000, seed: SEED },
  );
  tally.expectAtLeast(100, 'valid', 'invalid', 'unknown');
});

it('R30: the last read has what was acknowledged before it, and nothing that nobody added', () => {
  const tally = new Tally();
  fc.assert(
    fc.property(setHistories, (history) => {
      const operations = pairOperations(history);
      const reads = ok(operations, 'read');
      const last = reads.find((it) => reads.every((other) => other.completedAt <= it.completedAt));
      const adds = operations.filter(({ f }) => f === 'add');
      const { verdict } = checkFinalSet(history);
      if (last === undefined) return tally.expectSame(verdict.type, 'unknown');
      const isLost = ok(adds, 'add').some(
        ({ argument, completedAt }) =>
          completedAt < last.invokedAt && !listOf(last.result).includes(argument ?? null),
      );
      const isStrange = listOf(last.result).some(
        (element) => !adds.some((it) => it.argument === element && it.invokedAt < last.completedAt),
      );
      return tally.expectSame(verdict.type, isLost || isStrange ? 'invalid' : 'valid');
    }),
    { numRuns: 3000, seed: SEED },
  );
  tally.expectAtLeast(100, 'valid', 'invalid', 'unknown');
});

/** The sums of every choice of some amounts. */
function sumsOf([first, ...rest]: readonly number[]): number[] {
  if (first === undefined) return [0];
  return sumsOf(rest).flatMap((sum) => [sum, sum + first]);
}

function amountOf({ f, argument }: RecordedOperation): number {
  if (f === 'increment') return 1;
  return f === 'decrement' ? -1 : Number(argument);
}

const total = (operations: Operations) =>
  operations.reduce((sum, operation) => sum + amountOf(operation), 0);

const counterHistories = looseHistories({
  requests: fc.oneof(
    give('add', fc.integer({ min: -2, max: 3 })),
    ask('increment'),
    ask('decrement'),
    ask('read'),
    ask('read'),
  ),
  answers: fc.integer({ min: -2, max: 4 }),
  turnCount: 16,
});

it('R31: a read lies between the least and the greatest sum of what it may have seen', () => {
  const tally = new Tally();
  fc.assert(
    fc.property(counterHistories, (history) => {
      const operations = pairOperations(history);
      const adds = operations.filter(({ f, end }) => f !== 'read' && end !== 'fail');
      const bounds = ok(operations, 'read').map((read) => {
        const sure = adds.filter(({ completedAt }) => completedAt < read.invokedAt);
        const free = adds.filter(
          (it) => it.invokedAt < read.completedAt && it.completedAt > read.invokedAt,
        );
        const sums = sumsOf(free.map(amountOf)).map((sum) => sum + total(sure));
        return { id: read.id, low: Math.min(...sums), high: Math.max(...sums), read };
      });
      const report = checkCounterBounds(history);
      const told = report.reads.map(({ read, low, high }) => ({ id: read.id, low, high, read }));
      expect(told.toSorted((a, b) => a.id - b.id)).toEqual(bounds);
      const isRight = bounds.every(
        ({ low, high, read }) => Number(read.result) >= low && Number(read.result) <= high,
      );
      tally.expectSame(report.verdict.type, isRight ? 'valid' : 'invalid');
      expect(report.verdict.coverage.isTested).toBe(bounds.length > 0);
    }),
    { numRuns: 3000, seed: SEED },
  );
  tally.expectAtLeast(300, 'valid', 'invalid');
});

it('R31: final reads are one of the sums that the unknown leaves, and all the same', () => {
  const tally = new Tally();
  const answers = fc.oneof(fc.constant(2), fc.integer({ min: -1, max: 3 }), fc.constant(null));
  const ends = fc.array(answers, { maxLength: 3 });
  fc.assert(
    fc.property(counterHistories, ends, (history, finals) => {
      const before = pairOperations(history);
      const read = { f: 'read', key: undefined, argument: undefined, error: undefined };
      const reads = finals.map((result, index): RecordedOperation => {
        const at = 1000 + 2 * index;
        const times = {
          invokedAt: at,
          completedAt: at + 1,
          invokedAtMs: at,
          completedAtMs: at + 1,
        };
        return {
          ...read,
          id: before.length + index,
          process: `f${at}`,
          end: 'ok',
          result,
          ...times,
        };
      });
      const adds = before.filter(({ f }) => f !== 'read');
      const sure = total(adds.filter(({ end }) => end === 'ok'));
      const open = adds.filter(({ end }) => end === 'open').map(amountOf);
      const totals = new Set(sumsOf(open).map((sum) => sum + sure));
      const isRight = finals.every(
        (it) => it !== null && totals.has(it) && finals.every((other) => other === it),
      );
      const { type } = checkFinalCounter([...before, ...reads], (it) => it.invokedAt >= 1000);
      tally.expectSame(type, finals.length === 0 ? 'unknown' : isRight ? 'valid' : 'invalid');
    }),
    { numRuns: 2000, seed: SEED },
  );
  tally.expectAtLeast(40, 'valid', 'invalid', 'unknown');
});

const queueHistories = looseHistories({
  requests: fc.oneof(
    give('enqueue', small),
    give('enqueue', small),
    ask('dequeue'),
    ask('dequeue'),
  ),
  answers: fc.oneof(fc.constant(null), small),
  turnCount: 16,
});

/** Whether each take can have a put of its own that had begun before the take ended. */
function canPair(takes: Operations, puts: Operations): boolean {
  const [take, ...rest] = takes;
  if (take === undefined) return true;
  return puts.some(
    (put, at) =>
      put.argument === take.result &&
      put.invokedAt < take.completedAt &&
      canPair(rest, puts.toSpliced(at, 1)),
  );
}

it('R32: a queue is right when each take can have a put of its own', () => {
  const tally = new Tally();
  fc.assert(
    fc.property(queueHistories, (history) => {
      const operations = pairOperations(history);
      const takes = ok(operations, 'dequeue').filter(({ result }) => result !== null);
      const puts = operations.filter(({ f, end }) => f === 'enqueue' && end !== 'fail');
      const verdict = checkQueue(history);
      tally.expectSame(verdict.type, canPair(takes, puts) ? 'valid' : 'invalid');
      expect(verdict.coverage.isTested).toBe(takes.length > 0);
    }),
    { numRuns: 3000, seed: SEED },
  );
  tally.expectAtLeast(300, 'valid', 'invalid');
});

/** Each way in which what is not known may have gone: of each one a value, or nothing. */
function choices(options: readonly (readonly Value[])[]): Value[][] {
  const [first, ...rest] = options;
  if (first === undefined) return [[]];
  return choices(rest).flatMap((tail) => [tail, ...first.map((value) => [value, ...tail])]);
}

const VALUES = [0, 1, 2, 3];
const countOf = (values: readonly Value[], value: Value) =>
  values.filter((it) => it === value).length;

it('R32: a drained queue is right when what went in can be what came out', () => {
  const tally = new Tally();
  const drained = fc.tuple(queueHistories, fc.array(small, { maxLength: 4 }), fc.boolean());
  fc.assert(
    fc.property(drained, ([events, rest, allowDuplicates]) => {
      const drain = { atMs: 99, process: 'd', f: 'drain' };
      const history = [
        ...events,
        { ...drain, type: 'invoke' as const },
        { ...drain, type: 'ok' as const, value: rest },
      ];
      const operations = pairOperations(history);
      const out = [
        ...ok(operations, 'dequeue').flatMap(({ result }) => (result === null ? [] : [result])),
        ...rest,
      ].map((value) => value ?? null);
      const sure = ok(operations, 'enqueue').map(({ argument }) => argument ?? null);
      const open = operations.filter(({ end }) => end === 'open');
      const ins = choices(
        open.filter(({ f }) => f === 'enqueue').map(({ argument }) => [argument ?? null]),
      );
      const fits = (input: readonly Value[], output: readonly Value[]) =>
        VALUES.every((value) => {
          const [put, taken] = [countOf(input, value), countOf(output, value)];
          return put === taken || (allowDuplicates && put > 0 && taken > put);
        });
      const isPossible = (takes: readonly Value[][]) =>
        ins.some((more) => takes.some((taken) => fits([...sure, ...more], [...out, ...taken])));
      const takers = open.filter(({ f }) => f === 'dequeue').map(() => VALUES);
      const expected = isPossible([[]])
        ? 'valid'
        : isPossible(choices(takers))
          ? 'unknown'
          : 'invalid';
      tally.expectSame(checkTotalQueue(history, { allowDuplicates }).verdict.type, expected);
    }),
    { numRuns: 3000, seed: SEED },
  );
  tally.expectAtLeast(20, 'valid', 'invalid', 'unknown');
});

it('R33: ids are right when no two are the same', () => {
  const tally = new Tally();
  const histories = looseHistories({
    requests: ask('generate'),
    answers: fc.oneof(fc.nat(9), fc.constant('1'), fc.constant(null)),
    turnCount: 12,
  });
  fc.assert(
    fc.property(histories, (history) => {
      const ids = ok(pairOperations(history), 'generate').map(({ result }) => result);
      const isTwice = ids.some((id, at) => ids.some((other, place) => place > at && other === id));
      const expected = isTwice ? 'invalid' : ids.length > 0 ? 'valid' : 'unknown';
      tally.expectSame(checkUniqueIds(history).type, expected);
    }),
    { numRuns: 1500, seed: SEED },
  );
  tally.expectAtLeast(20, 'valid', 'invalid', 'unknown');
});
