/**
 * Shows that the judges of locks, rates, convergence and watches say what naive twins say, which
 * take each promise word by word and look at every moment, every pair and every change.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  checkConvergence,
  checkMutualExclusion,
  checkRateBound,
  checkWatches,
  pairOperations,
  type RecordedOperation,
  WATCH_GUARANTEES,
  type WatchChange,
  type WatchGuarantee,
  type WatchRecording,
} from '../src/index.ts';
import { looseHistories, type Request } from './generated-histories.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

const keys = fc.constantFrom('x', 'y');
const ask = (f: string) => keys.map((key): Request => ({ f, key }));
const nothing = fc.constant(null);

/** Where a hold ends: at the release that brings its process back to where it was before. */
function releaseOf(acquire: RecordedOperation, all: readonly RecordedOperation[]) {
  let depth = 0;
  for (const it of all) {
    if (it.id <= acquire.id || it.process !== acquire.process || it.key !== acquire.key) continue;
    if (it.f === 'acquire' && it.end === 'ok') depth++;
    if (it.f !== 'release' || it.end === 'fail') continue;
    if (depth === 0) return it;
    depth--;
  }
  return undefined;
}

it('R36: agrees with counting the holders at every moment', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  const histories = looseHistories({
    requests: fc.oneof(ask('acquire'), ask('release'), ask('release')),
    answers: nothing,
    turnCount: 30,
  });
  const options = fc.record({
    permits: fc.integer({ min: 1, max: 3 }),
    leaseMs: fc.constantFrom(2, 5, 9, Number.POSITIVE_INFINITY),
  });
  fc.assert(
    fc.property(histories, options, (history, { permits, leaseMs }) => {
      const operations = pairOperations(history);
      const acquires = operations.filter(({ f, end }) => f === 'acquire' && end === 'ok');
      const holds = acquires.map((acquire) => ({
        acquire,
        release: releaseOf(acquire, operations),
      }));
      const isTooMany = history.some(({ atMs }, position) => {
        const holding = holds.filter(
          ({ acquire, release }) =>
            acquire.completedAt <= position &&
            position < (release?.invokedAt ?? Number.POSITIVE_INFINITY) &&
            atMs < acquire.invokedAtMs + leaseMs &&
            atMs < (release?.invokedAtMs ?? Number.POSITIVE_INFINITY),
        );
        return ['x', 'y'].some(
          (key) => holding.filter(({ acquire }) => acquire.key === key).length > permits,
        );
      });
      const expected = isTooMany ? 'invalid' : acquires.length > 0 ? 'valid' : 'unknown';
      expect(checkMutualExclusion(history, { permits, leaseMs }).type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(50);
});

it('R37: agrees with a look at every window of every key, whatever admissions cost', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  const histories = looseHistories({
    requests: ask('admit'),
    answers: fc.nat(3),
    turnCount: 40,
  });
  const bounds = fc.record({ limit: fc.nat(7), windowMs: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(histories, bounds, (history, bound) => {
      const costOf = ({ result }: RecordedOperation) => Number(result ?? 0);
      const admitted = pairOperations(history).filter((it) => it.end === 'ok' && costOf(it) > 0);
      let most = 0;
      for (const key of ['x', 'y']) {
        for (let from = 0; from <= (history.at(-1)?.atMs ?? 0); from++) {
          const inside = admitted.filter(
            (it) =>
              it.key === key && it.invokedAtMs >= from && it.completedAtMs < from + bound.windowMs,
          );
          most = Math.max(
            most,
            inside.reduce((sum, it) => sum + costOf(it), 0),
          );
        }
      }
      const report = checkRateBound(history, { ...bound, costOf });
      expect(report.most).toBe(most);
      const expected = most > bound.limit ? 'invalid' : admitted.length > 0 ? 'valid' : 'unknown';
      expect(report.verdict.type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
});

it('R35: agrees with holding every two late reads of a key against each other', () => {
  const counts = { valid: 0, invalid: 0, unknown: 0 };
  const histories = looseHistories({
    requests: fc.oneof(
      ask('read'),
      ask('read'),
      ask('read'),
      keys.map((key): Request => ({ f: 'write', key, argument: 1 })),
    ),
    answers: fc.constantFrom(1, 1, 1, 2),
    turnCount: 24,
  });
  fc.assert(
    fc.property(histories, fc.nat(30), (history, settledAtMs) => {
      const operations = pairOperations(history);
      const isUnsettled = operations.some(
        ({ f, end, completedAtMs }) => f === 'write' && end === 'ok' && completedAtMs > settledAtMs,
      );
      const late = operations.filter(
        ({ f, end, invokedAtMs }) => f === 'read' && end === 'ok' && invokedAtMs >= settledAtMs,
      );
      const pairs = late.flatMap((a) => late.filter(({ key }) => key === a.key).map((b) => [a, b]));
      const isDifferent = pairs.some(([a, b]) => a?.result !== b?.result);
      const isCompared = pairs.some(([a, b]) => a?.process !== b?.process);
      const settled = isDifferent ? 'invalid' : isCompared ? 'valid' : 'unknown';
      const expected = isUnsettled ? 'unknown' : settled;
      expect(checkConvergence(history, { settledAtMs }).type).toBe(expected);
      counts[expected]++;
    }),
    { numRuns: 3000, seed: SEED },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(30);
});

/** What a delivery does wrong, in the order in which it is done. */
const mistakes = fc.array(
  fc.record({
    kind: fc.constantFrom('drop', 'repeat', 'swap', 'split', 'merge', 'alter', 'progress'),
    place: fc.nat(9),
    choice: fc.nat(5),
  }),
  { maxLength: 3 },
);

interface Delivery {
  changes: WatchChange[];
  progressRevision?: number;
}

const logs = fc
  .array(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), { minLength: 1, maxLength: 6 })
  .map((revisions) => {
    const before = new Map<string, number | null>();
    return revisions.flatMap((changed, index) =>
      changed.map((key): WatchChange => {
        const revision = index + 1;
        const previous = before.get(key) ?? null;
        const isDelete = previous !== null && revision % 3 === 0;
        before.set(key, isDelete ? null : revision);
        const rest = { revision, key, previous, isCreate: previous === null };
        return isDelete ? { type: 'delete', ...rest } : { type: 'put', value: revision, ...rest };
      }),
    );
  });

/** A change as no log has it. */
function altered(change: WatchChange, choice: number): WatchChange {
  const all: WatchChange[] = [
    { ...change, value: 77 },
    { ...change, type: change.type === 'put' ? 'delete' : 'put' },
    { ...change, previous: 77 },
    { ...change, isCreate: change.isCreate !== true },
    { ...change, key: 'd' },
    { ...change, revision: change.revision + 9 },
  ];
  return all[choice] ?? change;
}

function spoil(
  deliveries: Delivery[],
  {
    kind,
    place,
    choice,
  }: { readonly kind: string; readonly place: number; readonly choice: number },
): Delivery[] {
  const at = place % Math.max(1, deliveries.length);
  const one = deliveries[at];
  if (one === undefined) return deliveries;
  const within = choice % Math.max(1, one.changes.length);
  switch (kind) {
    case 'drop':
      return deliveries.with(at, { ...one, changes: one.changes.toSpliced(within, 1) });
    case 'repeat':
      return deliveries.toSpliced((at + choice) % deliveries.length, 0, one);
    case 'swap':
      return deliveries.toSpliced(at, 1).toSpliced(choice % deliveries.length, 0, one);
    case 'split': {
      const [head, tail] = [one.changes.slice(0, within), one.changes.slice(within)];
      return deliveries.toSpliced(at, 1, { changes: head }, { ...one, changes: tail });
    }
    case 'merge': {
      const next = deliveries[at + 1];
      if (next === undefined) return deliveries;
      return deliveries.toSpliced(at, 2, { ...next, changes: [...one.changes, ...next.changes] });
    }
    case 'alter': {
      const change = one.changes[within];
      if (change === undefined) return deliveries;
      return deliveries.with(at, {
        ...one,
        changes: one.changes.with(within, altered(change, choice)),
      });
    }
    default:
      return deliveries.with(at, { ...one, progressRevision: choice + 1 });
  }
}

/** A change, or a word on progress where there is none, and the response that it came in. */
interface Item {
  readonly change: WatchChange | undefined;
  readonly revision: number;
  readonly response: number;
}

/** All that a watch told, and what the log has of it. */
interface Told {
  readonly watch: WatchRecording;
  readonly log: readonly WatchChange[];
  /** Every item with every later one. */
  readonly pairs: readonly (readonly [Item, Item])[];
  readonly delivered: readonly WatchChange[];
  /** What should have come and did not, were the watch without end and beginning. */
  readonly missing: readonly WatchChange[];
  readonly first: number;
  readonly last: number;
}

function toldBy(watch: WatchRecording, log: readonly WatchChange[]): Told {
  const items = watch.responses.flatMap(({ changes, progressRevision }, response): Item[] => {
    const come = changes.map((change) => ({ change, response, revision: change.revision }));
    if (progressRevision === undefined) return come;
    return [...come, { change: undefined, response, revision: progressRevision }];
  });
  const delivered = items.flatMap(({ change }) => (change === undefined ? [] : [change]));
  return {
    watch,
    log,
    delivered,
    pairs: items.flatMap((later, place) =>
      items.slice(0, place).map((earlier) => [earlier, later] as const),
    ),
    missing: log.filter(
      (change) =>
        watch.matches(change.key, change.type) && !delivered.some((it) => isSame(it, change)),
    ),
    first: Math.min(...delivered.map(({ revision }) => revision)),
    last: Math.max(...items.map(({ revision }) => revision)),
  };
}

const isSame = (a: WatchChange, b: WatchChange) => a.revision === b.revision && a.key === b.key;

/** Whether two delivered changes are as they must not be. */
const hasPair =
  (isBad: (earlier: WatchChange, later: WatchChange, isOneResponse: boolean) => boolean) =>
  ({ pairs }: Told) =>
    pairs.some(([a, b]) => {
      if (a.change === undefined || b.change === undefined) return false;
      return isBad(a.change, b.change, a.response === b.response);
    });

/** Each guarantee, from its words. */
const BREAKS: Readonly<Record<WatchGuarantee, (told: Told) => boolean>> = {
  ordered: hasPair((earlier, later) => later.revision < earlier.revision),
  unique: hasPair(isSame),
  atomic: hasPair((earlier, later, isOne) => earlier.revision === later.revision && !isOne),
  bookmarkable: ({ pairs }) =>
    pairs.some(
      ([earlier, later]) =>
        (earlier.change === undefined &&
          later.change !== undefined &&
          later.revision <= earlier.revision) ||
        (later.change === undefined && later.revision < earlier.revision),
    ),
  filtered: ({ delivered, watch }) =>
    delivered.some(
      ({ key, type, revision }) =>
        !watch.matches(key, type) || revision < (watch.startRevision ?? 0),
    ),
  true: ({ delivered, log }) =>
    delivered.some((change) => !log.some((it) => isSame(it, change) && tellsTheSame(it, change))),
  resumable: ({ missing, watch: { startRevision }, first, last }) =>
    startRevision !== undefined &&
    missing.some(
      ({ revision }) => revision >= startRevision && revision < first && revision <= last,
    ),
  reliable: ({ missing, watch, first, last }) =>
    missing.some(
      ({ revision }) =>
        revision >= first && revision >= (watch.startRevision ?? first) && revision <= last,
    ),
};

function tellsTheSame(truth: WatchChange, got: WatchChange): boolean {
  const isSameNow = truth.type === got.type && (truth.value ?? null) === (got.value ?? null);
  return isSameNow && truth.isCreate === got.isCreate && truth.previous === got.previous;
}

it('R34: breaks the guarantees that their words say are broken, and no others', () => {
  const counts = new Map<WatchGuarantee | 'none', number>();
  const starts = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  const wanted = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 2 });
  fc.assert(
    fc.property(logs, mistakes, starts, wanted, fc.boolean(), (log, list, start, names, isBare) => {
      const matches = (key: string) => names.includes(key);
      const due = log.filter(({ key, revision }) => matches(key) && revision >= (start ?? 1));
      const revisions = [...new Set(due.map(({ revision }) => revision))];
      const right = revisions.map((revision): Delivery => {
        return { changes: due.filter((change) => change.revision === revision) };
      });
      const responses = list.reduce(spoil, right);
      const watch = { name: 'w', startRevision: start, matches, responses };
      // A log need not say what was there before: it follows from the log itself.
      const told = isBare ? log.map(({ previous: _, ...change }): WatchChange => change) : log;
      const report = checkWatches([watch], told);
      const facts = toldBy(watch, log);
      const expected = new Set(WATCH_GUARANTEES.filter((name) => BREAKS[name](facts)));
      expect(report.faults.map(({ guarantee }) => guarantee).sort()).toEqual([...expected].sort());
      const isTold = responses.some(({ changes }) => changes.length > 0);
      expect(report.type).toBe(expected.size > 0 ? 'invalid' : isTold ? 'valid' : 'unknown');
      for (const name of expected.size > 0 ? expected : ['none' as const]) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }),
    { numRuns: 4000, seed: SEED },
  );
  expect(counts.size).toBe(9);
  expect(Math.min(...counts.values())).toBeGreaterThan(20);
});
