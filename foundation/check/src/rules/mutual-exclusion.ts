/**
 * Judges mutual exclusion by time: how many hold a lock, or a permit, at one moment for certain.
 *
 * A process holds for certain from the end of its `acquire` to the beginning of its next `release`,
 * or until its lease is over. Two that hold for certain at one moment break the promise, whatever
 * happened under way. Unlike the models of locks this needs no order of operations, so it is linear
 * and knows leases; what only an order refutes, a lock that is refused though it is free for
 * example, it does not see.
 */
import { type HistoryEvent, pairOperations, type RecordedOperation } from '../history.ts';
import {
  coverageOf,
  MAX_VIOLATIONS,
  type Verdict,
  type Violation,
  violationOf,
} from '../verdict.ts';

/** What a caller may set. */
export interface MutualExclusionOptions {
  /** How many may hold at a time; 1. */
  readonly permits?: number;
  /** For how long an `acquire` holds from its invocation on, where nobody releases; for ever. */
  readonly leaseMs?: number;
}

/** A time for which a process surely holds. */
interface Hold {
  readonly acquire: RecordedOperation;
  readonly untilMs: number;
  readonly until: number;
}

/** Judges `acquire` and `release` operations, each key a lock of its own. */
export function checkMutualExclusion(
  history: readonly HistoryEvent[],
  { permits = 1, leaseMs = Number.POSITIVE_INFINITY }: MutualExclusionOptions = {},
): Verdict {
  const operations = pairOperations(history);
  const coverage = coverageOf(`mutual exclusion of ${permits}`, operations);
  const locks = new Map<string, Hold[]>();
  const violations: Violation[] = [];
  for (const hold of holdsOf(operations, leaseMs)) {
    const key = hold.acquire.key ?? '';
    const { completedAt, completedAtMs } = hold.acquire;
    const still = (locks.get(key) ?? []).filter(
      ({ until, untilMs }) => until > completedAt && untilMs > completedAtMs,
    );
    // A lease may be over before its acquire is even answered: then nobody holds for certain.
    if (hold.untilMs > completedAtMs) still.push(hold);
    locks.set(key, still);
    if (still.length > permits) violations.push(explain(still, permits));
    if (violations.length === MAX_VIOLATIONS) break;
  }
  if (violations.length > 0) return { type: 'invalid', coverage, decidedBy: 'times', violations };
  return { type: 'valid', coverage, decidedBy: 'times' };
}

/** In the order in which the acquires ended. */
function holdsOf(operations: readonly RecordedOperation[], leaseMs: number): readonly Hold[] {
  const nextRelease = new Map<string, RecordedOperation>();
  const holds: Hold[] = [];
  for (const operation of operations.toReversed()) {
    const name = `${operation.process} ${operation.key ?? ''}`;
    if (operation.f === 'release' && operation.end !== 'fail') nextRelease.set(name, operation);
    if (operation.f !== 'acquire' || operation.end !== 'ok') continue;
    const release = nextRelease.get(name);
    nextRelease.delete(name);
    const until = release?.invokedAt ?? Number.POSITIVE_INFINITY;
    const releasedAtMs = release?.invokedAtMs ?? Number.POSITIVE_INFINITY;
    holds.push({
      acquire: operation,
      until,
      untilMs: Math.min(releasedAtMs, operation.invokedAtMs + leaseMs),
    });
  }
  return holds.sort((a, b) => a.acquire.completedAt - b.acquire.completedAt);
}

function explain(holds: readonly Hold[], permits: number): Violation {
  const acquires = holds.map(({ acquire }) => acquire).sort((a, b) => a.id - b.id);
  const last = holds.at(-1)?.acquire;
  const names = acquires.map(({ process }) => process).join(', ');
  const most = permits === 1 ? 'only one may' : `at most ${permits} may`;
  const sentence = `At ${last?.completedAtMs} ms ${names} hold it, and ${most}.`;
  return violationOf('two-holders', [sentence], acquires, last);
}
