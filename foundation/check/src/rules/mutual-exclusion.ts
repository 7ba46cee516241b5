/**
 * Judges mutual exclusion by time: how many hold a lock, or a permit, at one moment for certain.
 *
 * A process holds for certain from the end of its `acquire` to the beginning of the `release` that
 * ends it, or until its lease is over. A release ends the latest hold of its process that none has
 * ended yet, so of a lock with permits a process may hold several. Two that hold for certain at one
 * moment break the promise, whatever happened under way. Unlike the models of locks this needs no
 * order of operations, so it is linear and knows leases; what only an order refutes, a lock that is
 * refused though it is free for example, it does not see.
 */
import { type HistoryEvent, pairSlices, type RecordedOperation } from '../history.ts';
import { canonical } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
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
  options: MutualExclusionOptions = {},
): Verdict {
  return finishSlices(mutualExclusionSlices(history, options));
}

/** The same in slices. */
export function* mutualExclusionSlices(
  history: readonly HistoryEvent[],
  { permits = 1, leaseMs = Number.POSITIVE_INFINITY }: MutualExclusionOptions = {},
): Slices<Verdict> {
  const operations = yield* pairSlices(history);
  const pace = new Pace('mutual exclusion');
  const coverage = yield* coverageSlices(`mutual exclusion of ${permits}`, operations);
  const locks = new Map<string, Hold[]>();
  const violations: Violation[] = [];
  const holds = yield* holdsOf(operations, leaseMs, pace);
  for (const hold of holds) {
    if (pace.isOver(1 + (locks.get(hold.acquire.key ?? '')?.length ?? 0))) yield;
    const key = hold.acquire.key ?? '';
    const { completedAt, completedAtMs } = hold.acquire;
    const still = (locks.get(key) ?? []).filter(
      ({ until, untilMs }) => until > completedAt && untilMs > completedAtMs,
    );
    // A lease may be over before its acquire is even answered: then nobody holds for certain.
    if (hold.untilMs > completedAtMs) still.push(hold);
    locks.set(key, still);
    // One more than may is enough to see it; the newest are with the one that came too much.
    if (still.length > permits) violations.push(explain(still.slice(-permits - 1), permits));
    if (violations.length === MAX_VIOLATIONS) break;
  }
  const nothing = 'no acquire is known to have happened';
  return concluded({
    ...{ coverage, decidedBy: 'times', violations, testedCount: holds.length, nothing },
  });
}

/** In the order in which the acquires ended. */
function* holdsOf(
  operations: readonly RecordedOperation[],
  leaseMs: number,
  pace: Pace,
): Slices<readonly Hold[]> {
  const stacks = new Map<string, RecordedOperation[]>();
  const ends = new Map<RecordedOperation, RecordedOperation>();
  const acquires: RecordedOperation[] = [];
  for (const operation of operations) {
    if (pace.isOver(2)) yield;
    const name = canonical([operation.process, operation.key ?? null]);
    const stack = stacks.get(name) ?? [];
    stacks.set(name, stack);
    if (operation.f === 'acquire' && operation.end === 'ok') {
      acquires.push(operation);
      stack.push(operation);
    }
    if (operation.f !== 'release' || operation.end === 'fail') continue;
    const latest = stack.pop();
    if (latest !== undefined) ends.set(latest, operation);
  }
  return acquires
    .map((acquire) => {
      const release = ends.get(acquire);
      const releasedAtMs = release?.invokedAtMs ?? Number.POSITIVE_INFINITY;
      return {
        acquire,
        until: release?.invokedAt ?? Number.POSITIVE_INFINITY,
        untilMs: Math.min(releasedAtMs, acquire.invokedAtMs + leaseMs),
      };
    })
    .sort((a, b) => a.acquire.completedAt - b.acquire.completedAt);
}

function explain(holds: readonly Hold[], permits: number): Violation {
  const acquires = holds.map(({ acquire }) => acquire).sort((a, b) => a.id - b.id);
  const last = holds.at(-1)?.acquire;
  const names = acquires.map(({ process }) => process).join(', ');
  const most = permits === 1 ? 'only one may' : `at most ${permits} may`;
  const sentence = `At ${last?.completedAtMs} ms ${names} hold it, and ${most}.`;
  return violationOf('two-holders', [sentence], acquires, last);
}
