/**
 * Bounded staleness: a read that allows so many milliseconds, or revisions, is never staler; nor
 * than its own answer says.
 */
import {
  checkStaleness,
  type HistoryEvent,
  pairOperations,
  type Value,
  type Verdict,
  violationOf,
} from '@mangrove/check';
import {
  fieldsOf,
  highestBefore,
  type KvPromise,
  named,
  revisionOf,
  verdictOn,
} from './promise.ts';

/** The bounds that reads allow, in milliseconds; the keys of each are `b/BOUND`. */
export const BOUNDS_MS: readonly number[] = Object.freeze([40, 300]);

/**
 * By how much a time of a member's clock may be shorter than the recorder's: clocks drift by 200
 * ppm, and times of histories are rounded.
 */
const DRIFT = 1.0005;
const ROUNDING_MS = 0.01;

/** What is promised of reads that allow `boundMs` milliseconds. */
export function within(boundMs: number): KvPromise {
  const maxStaleMs = boundMs * DRIFT + ROUNDING_MS;
  return {
    check: `no read that allows ${boundMs} ms is staler`,
    view: named({ write: 'write', 'read-bounded': 'read' }, `b/${boundMs}`),
    judge: (seen) => checkStaleness(boundedInMs(seen, boundMs), { maxStaleMs }).verdict,
  };
}

/** What answers say of themselves. */
export const claims: KvPromise = {
  check: 'no read is staler than its answer says',
  view: named({ write: 'write', 'read-bounded': 'read-bounded' }, 'b/'),
  judge: judgeClaims,
};

const revisions: KvPromise = {
  check: 'no read lags more revisions behind than it allowed',
  view: named({ write: 'write', revision: 'revision', 'read-bounded': 'read-bounded' }),
  judge: judgeRevisions,
};

/** The promises of this file. */
export const stalenessPromises: readonly KvPromise[] = Object.freeze([
  ...BOUNDS_MS.map(within),
  claims,
  revisions,
]);

/**
 * The reads that allow `boundMs`, with what they read as plain values, beside all writes. One that
 * bounds revisions alone may be as old as it likes: its member may have heard of the change, and
 * have no room to write it down and apply it.
 */
function boundedInMs(seen: readonly HistoryEvent[], boundMs: number): readonly HistoryEvent[] {
  const others = new Set<HistoryEvent['process']>();
  return seen.flatMap((event) => {
    const { f, type, process, value } = event;
    if (f !== 'read') return [event];
    if (type === 'invoke' && fieldOf(value, 'ms') !== boundMs) others.add(process);
    else if (!others.has(process)) return [withPlainValue(event)];
    else others.delete(process);
    return [];
  });
}

/** A bounded read answers a value and more; a judge of registers wants the value. */
function withPlainValue(event: HistoryEvent): HistoryEvent {
  const read = event.type === 'ok' ? fieldOf(event.value, 'value') : undefined;
  return read === undefined ? event : { ...event, value: read };
}

/** The state that was read held all that was acknowledged so long before the answer. */
function judgeClaims(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const writes = operations.filter(({ f, end }) => f === 'write' && end !== 'fail');
  const reads = operations.filter(
    (each) => each.f === 'read-bounded' && typeof fieldsOf(each)['stalenessMs'] === 'number',
  );
  const violations = [];
  for (const read of reads) {
    const { value, stalenessMs } = fieldsOf(read);
    const claimMs = Number(stalenessMs) * DRIFT + ROUNDING_MS;
    const own = writes.find(({ key, argument }) => key === read.key && argument === value);
    const newer = writes.find(
      ({ key, invokedAt, completedAtMs }) =>
        key === read.key &&
        invokedAt > (own?.completedAt ?? -1) &&
        (own === undefined ? value === null : own.end === 'ok') &&
        completedAtMs < read.invokedAtMs - claimMs,
    );
    if (newer === undefined) continue;
    const ageMs = (read.invokedAtMs - newer.completedAtMs).toFixed(1);
    const sentence =
      `${read.process} read ${String(value)}, at most ${Number(stalenessMs).toFixed(1)} ms stale ` +
      `as the answer said; ${newer.process} had replaced it ${ageMs} ms before it asked.`;
    violations.push(violationOf('staler-than-said', [sentence], [newer, read], read));
  }
  return verdictOn('staleness that answers claim', operations, violations, reads.length);
}

/** The answer's revision against all that clients were told before the read began. */
function judgeRevisions(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const told = operations.filter(({ f, end }) => f !== 'read-bounded' && end === 'ok');
  const reads = operations.filter(
    ({ end, argument }) => end === 'ok' && typeof lagOf(argument) === 'number',
  );
  const violations = [];
  for (const read of reads) {
    const lagMax = lagOf(read.argument) ?? 0;
    const latest = highestBefore(told, read);
    const [due, got] = [
      latest === undefined ? 0 : (revisionOf(latest) ?? 0),
      revisionOf(read) ?? 0,
    ];
    if (latest === undefined || got >= due - lagMax) continue;
    const sentence =
      `${latest.process} was told revision ${due}; ${read.process} allowed a lag of ${lagMax} ` +
      `and was answered from revision ${got}.`;
    violations.push(violationOf('lags-behind', [sentence], [latest, read], read));
  }
  return verdictOn('staleness in revisions', operations, violations, reads.length);
}

function lagOf(argument: Value | undefined): number | undefined {
  const lag = fieldOf(argument, 'lag');
  return lag === undefined ? undefined : Number(lag);
}

/** A field of an object; `undefined` where there is none. */
function fieldOf(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
  return (value as Readonly<Record<string, Value>>)[name];
}
