/**
 * What the store promises of leases and of locks that stand on them.
 *
 * Times are those of the recorder, which sees every operation from outside: a lease that was
 * renewed by an operation lives from some moment within it on.
 */
import {
  checkMutualExclusion,
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  type Verdict,
  type Violation,
  violationOf,
} from '@mangrove/check';
import { fieldsOf, type KvPromise, named, revisionOf, verdictOn } from './promise.ts';

/** For how long locks are leased in the experiments, in milliseconds. */
export const LOCK_TTL_MS = 400;

/** How much sooner than by the recorder's clock a lease may end: members' clocks drift. */
const DRIFT = 0.9995;

/** What is promised of the time for which a lease lives. */
export const lives: KvPromise = {
  check: 'a lease lives for its time, its keys end at once, and it does not live for ever',
  view: named({
    grant: 'grant',
    keep: 'keep',
    look: 'look',
    save: 'save',
    'look-at-all': 'look-at-all',
    acquire: 'acquire',
  }),
  judge: judgeLives,
};

/** What is promised of who has a lock. */
export const exclusion: KvPromise = {
  check: 'nobody else has a lock while its lease must live',
  view: named({ acquire: 'acquire', release: 'release' }),
  judge: (seen) => checkMutualExclusion(byClient(seen), { leaseMs: LOCK_TTL_MS * DRIFT }),
};

/** What is promised of writes under a lock. */
export const fencing: KvPromise = {
  check: 'no write under a fencing token comes behind the next holder',
  view: named({ acquire: 'acquire', 'guarded-write': 'write' }),
  judge: judgeFencing,
};

/** The promises of this file. */
export const leasePromises: readonly KvPromise[] = Object.freeze([lives, exclusion, fencing]);

/**
 * The same under the names of clients, which go on holding what they held when an outcome was not
 * known and their processes got other names. What may have been acquired is left out, and what may
 * have been released counts as such.
 */
function byClient(seen: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const known = pairOperations(seen).filter(({ f, end }) => end === 'ok' || f === 'release');
  const begins = new Set(known.map(({ invokedAt }) => invokedAt));
  const open = new Set(known.filter(({ end }) => end === 'open').map(({ invokedAt }) => invokedAt));
  const ends = new Set(known.map(({ completedAt }) => completedAt));
  return seen.flatMap((event, place): readonly HistoryEvent[] => {
    if (!begins.has(place) && !ends.has(place)) return [];
    const process = event.process.split('.')[0] ?? event.process;
    const own = { ...event, process };
    return open.has(place) ? [own, { ...own, type: 'ok' }] : [own];
  });
}

/** What lets a lease live on. */
const RENEWALS: ReadonlySet<string> = new Set(['grant', 'keep', 'acquire']);

/**
 * So long after the last renewal was asked for, every lease has ended: it may be on its way for two
 * seconds, and the experiments' leases and elections are shorter than one.
 */
const SETTLING_MS = 4000;

function judgeLives(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const leases = new Map<string, RecordedOperation[]>();
  for (const operation of operations) {
    const { name } = fieldsOf(operation);
    if (typeof name !== 'string') continue;
    const own = leases.get(name);
    if (own === undefined) leases.set(name, [operation]);
    else own.push(operation);
  }
  const violations: Violation[] = [];
  let testedCount = 0;
  for (const [name, own] of leases) {
    testedCount += 1;
    violations.push(...faultsOf(name, own));
  }
  for (const last of operations) {
    if (last.f !== 'look-at-all' || last.end !== 'ok') continue;
    const isBusy = operations.some(
      ({ f, invokedAtMs }) =>
        RENEWALS.has(f) &&
        invokedAtMs < last.completedAtMs &&
        invokedAtMs > last.invokedAtMs - SETTLING_MS,
    );
    if (isBusy) continue;
    violations.push(...faultsAtTheEnd(last, leases));
  }
  return verdictOn('leases', operations, violations, testedCount);
}

/** What is wrong with the life of one lease, whose operations come from one client in turn. */
function faultsOf(name: string, own: readonly RecordedOperation[]): readonly Violation[] {
  let renewal: RecordedOperation | undefined;
  let end: RecordedOperation | undefined;
  const violations: Violation[] = [];
  for (const operation of own) {
    const { ttlMs, isKept, count } = fieldsOf(operation);
    const isGone = isKept === false || count === 0;
    const isThere = operation.f === 'grant' || isKept === true || Number(count) > 0;
    const fault = (anomaly: string, sentence: string, with_: RecordedOperation | undefined) => {
      const both = with_ === undefined ? [operation] : [with_, operation];
      violations.push(violationOf(anomaly, [`Lease ${name}: ${sentence}`], both, operation));
    };
    if (count === 1)
      fault('lease-in-halves', 'one of its two keys was there, the other not.', renewal);
    if (isThere && end !== undefined) fault('lease-comes-back', 'it was there after its end.', end);
    if (isGone && end === undefined && renewal !== undefined) {
      const lived = operation.completedAtMs - renewal.invokedAtMs;
      const due = Number(ttlMs) * DRIFT;
      const sentence = `it ended within ${lived.toFixed(1)} ms of a renewal for ${ttlMs} ms.`;
      if (lived < due) fault('lease-ends-early', sentence, renewal);
    }
    if (isGone) end ??= operation;
    if (operation.f === 'grant' || isKept === true) renewal = operation;
  }
  return violations;
}

/** Long after the last renewal no lease is there, and what was taken off its lease still is. */
function faultsAtTheEnd(
  last: RecordedOperation,
  leases: ReadonlyMap<string, readonly RecordedOperation[]>,
): readonly Violation[] {
  const { keyCount, leaseCount, saved } = fieldsOf(last);
  const violations: Violation[] = [];
  if (Number(keyCount) > 0 || Number(leaseCount) > 0) {
    const left = `${leaseCount} leases and ${keyCount} keys on them`;
    const sentence = `Long after the last renewal there were ${left}.`;
    violations.push(violationOf('lease-lives-for-ever', [sentence], [last], last));
  }
  const kept = new Set(saved as readonly string[]);
  for (const [name, own] of leases) {
    const save = own.find((each) => each.f === 'save' && fieldsOf(each)['isSaved'] === true);
    if (save === undefined || kept.has(name)) continue;
    const sentence = `Lease ${name}: a key that was taken off it ended with it.`;
    violations.push(violationOf('key-ends-with-old-lease', [sentence], [save, last], last));
  }
  return violations;
}

/** By their revisions, the tokens of the writes that were let through never go back. */
function judgeFencing(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const known = operations.filter(({ end }) => end === 'ok');
  const acquires = known.filter(({ f }) => f === 'acquire');
  const writes = known
    .filter(({ f }) => f === 'write')
    .toSorted((a, b) => (revisionOf(a) ?? 0) - (revisionOf(b) ?? 0));
  const violations: Violation[] = [];
  const highest = new Map<string, RecordedOperation>();
  for (const write of writes) {
    const key = write.key ?? '';
    const before = highest.get(key);
    const [last, token] = [before === undefined ? 0 : tokenOf(before), tokenOf(write)];
    if (before === undefined || token >= last) {
      highest.set(key, write);
      continue;
    }
    const sentence =
      `${write.process} wrote in revision ${revisionOf(write)} under the token ${token}, behind ` +
      `${before.process}, which had the token ${last}.`;
    violations.push(violationOf('stale-holder-writes', [sentence], [before, write], write));
  }
  const tokens = new Set(acquires.map((each) => `${each.key} ${tokenOf(each)}`));
  if (tokens.size < acquires.length) {
    const sentence = 'Two holders of a lock have the same token.';
    violations.push(violationOf('token-comes-twice', [sentence], acquires, acquires.at(-1)));
  }
  return verdictOn('fencing', operations, violations, acquires.length);
}

function tokenOf(operation: RecordedOperation): number {
  return Number(fieldsOf(operation)['token']);
}
