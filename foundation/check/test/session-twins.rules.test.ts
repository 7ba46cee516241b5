/**
 * Shows that the judges of sessions and of staleness say what naive twins say, which try every
 * order of the writes and look at every write for every read, on histories of several keys with
 * operations that overlap, fail, or have no known end.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  canonical,
  checkSessions,
  checkStaleness,
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  SESSION_GUARANTEES,
  type SessionGuarantee,
  type Value,
} from '../src/index.ts';
import { looseHistories, type Request, withOwnArguments } from './generated-histories.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

type Operations = readonly RecordedOperation[];

const keys = fc.constantFrom('x', 'y');

/** Writes of values of their own; reads of some of them, of nothing, or of what nobody wrote. */
const histories = looseHistories({
  requests: fc.oneof(
    keys.map((key): Request => ({ f: 'read', key })),
    keys.map((key): Request => ({ f: 'write', key, argument: 0 })),
  ),
  answers: fc.integer({ min: 0, max: 12 }),
  turnCount: 18,
}).map((history) => withReadsOfWrites(withOwnArguments(history, 'write')));

/** Each read finds nothing or a value of its key, and one in thirteen what nobody wrote. */
function withReadsOfWrites(history: readonly HistoryEvent[]): HistoryEvent[] {
  return history.map((event) => {
    if (event.f !== 'read' || event.type !== 'ok') return event;
    const written = history.filter(
      ({ f, type, key }) => f === 'write' && type === 'invoke' && key === event.key,
    );
    const choice = Number(event.value);
    if (choice === 12) return { ...event, value: 99 };
    return { ...event, value: written[choice % (written.length + 1)]?.value ?? null };
  });
}

const KINDS: Readonly<Record<SessionGuarantee, readonly [string, string]>> = {
  'read-your-writes': ['write', 'read'],
  'monotonic-reads': ['read', 'read'],
  'monotonic-writes': ['write', 'write'],
  'writes-follow-reads': ['read', 'write'],
};

const seenIn = ({ f, argument, result }: RecordedOperation): Value =>
  (f === 'write' ? argument : result) ?? null;

const isWrite = ({ f, end }: RecordedOperation) => f === 'write' && end !== 'fail';
const isRead = ({ f, end }: RecordedOperation) => f === 'read' && end === 'ok';

function ordersOf(values: readonly Value[]): Value[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, at) =>
    ordersOf(values.toSpliced(at, 1)).map((rest) => [value, ...rest]),
  );
}

/** Whether some order of the writes of a key fulfils the guarantees, and versions agree. */
function isKept(
  guarantees: readonly SessionGuarantee[],
  part: Operations,
  version: (value: Value) => number | undefined,
): boolean {
  const kinds = guarantees.map((guarantee) => KINDS[guarantee].join());
  const happened = part.filter((it) => isWrite(it) || isRead(it));
  const pairs = happened.flatMap((later) =>
    happened
      .filter(({ id, process, end }) => id < later.id && process === later.process && end === 'ok')
      .filter(({ f }) => kinds.includes([f, later.f].join()))
      .map((earlier) => [seenIn(earlier), seenIn(later)] as const),
  );
  const isTold = pairs.every(([earlier, later]) => {
    const [old, young] = [version(earlier), version(later)];
    return old === undefined || young === undefined || old <= young;
  });
  const orders = ordersOf(part.filter(isWrite).map(seenIn));
  return (
    isTold &&
    orders.some((order) => pairs.every(([a, b]) => placeIn(order, a) <= placeIn(order, b)))
  );
}

/** What was there at first is the oldest. */
const placeIn = (order: readonly Value[], value: Value) =>
  value === null ? -1 : order.indexOf(value);

it('R41: agrees with trying every order of the writes of every key', () => {
  const refuted = new Map<string, number>();
  let keptCount = 0;
  const ranks = fc.option(fc.uniqueArray(fc.nat(50), { minLength: 9, maxLength: 9 }));
  fc.assert(
    fc.property(
      histories,
      fc.oneof(
        fc.constantFrom(...SESSION_GUARANTEES).map((each) => [each]),
        fc.subarray([...SESSION_GUARANTEES], { minLength: 3 }),
      ),
      ranks,
      (history, guarantees, ranks) => {
        const operations = pairOperations(history);
        const versionOf = (value: Value) => (ranks === null ? undefined : ranks[Number(value) - 1]);
        const parts = ['x', 'y'].map((key) => operations.filter((it) => it.key === key));
        const isGarbage = parts.some((part) =>
          part.some((it) => isRead(it) && seenIn(it) !== null && !isWrittenIn(part, seenIn(it))),
        );
        const isRight = !isGarbage && parts.every((part) => isKept(guarantees, part, versionOf));
        const verdict = checkSessions(history, {
          guarantees,
          version: ({ argument }) => versionOf(argument ?? null),
        });
        const isTested = operations.some(({ end }) => end === 'ok');
        expect(verdict.type).toBe(isRight ? (isTested ? 'valid' : 'unknown') : 'invalid');
        if (isRight) keptCount++;
        if (isGarbage || verdict.type !== 'invalid') return;
        for (const { anomaly } of verdict.violations) {
          refuted.set(anomaly, (refuted.get(anomaly) ?? 0) + 1);
        }
      },
    ),
    { numRuns: 16_000, seed: SEED },
  );
  expect(keptCount).toBeGreaterThan(500);
  for (const anomaly of [...SESSION_GUARANTEES, 'session-guarantees-together']) {
    expect([anomaly, (refuted.get(anomaly) ?? 0) > 15]).toEqual([anomaly, true]);
  }
});

const isWrittenIn = (part: Operations, value: Value) =>
  part.some((it) => isWrite(it) && canonical(seenIn(it)) === canonical(value));

it('R42: agrees with a look at every write for every read', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  fc.assert(
    fc.property(histories, fc.nat(6), (history, maxStaleMs) => {
      const operations = pairOperations(history);
      const reads = operations.filter(isRead);
      const ages = reads.flatMap((read) => {
        const part = operations.filter(({ key }) => key === read.key);
        return stalenessOf(read, part);
      });
      const isGarbage = reads.some((read) => {
        const part = operations.filter(({ key }) => key === read.key);
        return seenIn(read) !== null && !isWrittenIn(part, seenIn(read));
      });
      const report = checkStaleness(history, { maxStaleMs });
      const worst = Math.max(-1, ...ages);
      expect(report.worst?.staleMs ?? -1).toBe(worst);
      const isWrong = isGarbage || worst > maxStaleMs;
      const expected = isWrong ? 'invalid' : reads.length > 0 ? 'valid' : 'unknown';
      expect(report.verdict.type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});

/** Since when each write had ended that surely replaced what the read saw. */
function stalenessOf(read: RecordedOperation, part: Operations): number[] {
  const writes = part.filter(isWrite);
  const seen = writes.find((write) => seenIn(write) === seenIn(read));
  if (seen === undefined && seenIn(read) !== null) return [];
  return writes
    .filter((other) => other.invokedAt > (seen?.completedAt ?? -1))
    .filter((other) => other.completedAt < read.invokedAt)
    .map((other) => read.invokedAtMs - other.completedAtMs);
}
