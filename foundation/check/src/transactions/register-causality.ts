/**
 * What the exact judges of read atomic and causal consistency find in a history of registers, for
 * the judge of isolation, whose inference knows only a part of the order of versions.
 *
 * A history that no commit order makes causal has, whatever the order of versions is, a cycle with
 * at most one anti-dependency. Say `c` reads `x` from `a`, and `b`, which also writes `x`, reaches
 * `c` by reads and sessions, so that causal asks for `b` before `a`. If the version of `b` comes
 * before that of `a`, writes lead from `b` to `a`. If not, `c` precedes by one anti-dependency
 * whoever wrote over what it read, writes lead from there to `b`, and `b` reaches `c`: G-single. So
 * either some such order gives a G-single, or the cycle of commits is one of writes, reads and
 * sessions: G1c. Where the cycle needs no session, consistent view is refuted, and else its form
 * for sessions.
 *
 * Source: Biswas and Enea, OOPSLA 2019, for the axioms; Adya's thesis, 4.3, for consistent view
 * (PL-2+).
 */
import { Pace, type Task } from '../task.ts';
import type { Finding } from './explanation.ts';
import { clockEntryCount, MAX_CLOCK_ENTRIES } from './happens-before.ts';
import type { AnomalyName, IsolationLevel } from './levels.ts';
import { sessionHistoryTask } from './session-history.ts';
import type { Transaction } from './transaction.ts';
import { violationTask, type WeakLevel } from './weak-isolation.ts';

/** What was found, and what was not looked for. */
export interface CausalityFindings {
  readonly findings: readonly Finding<AnomalyName>[];
  readonly notes: readonly string[];
}

/**
 * The anomalies of a history of registers that refute more than `refuted`. Nothing is found where
 * values are not unique, or a single read is wrong by itself: the other rules tell of those.
 */
export function* causalityTask(
  transactions: readonly Transaction[],
  refuted: ReadonlySet<IsolationLevel>,
): Task<CausalityFindings> {
  const pace = new Pace('causality');
  const alone: Transaction[] = [];
  for (const one of transactions) {
    alone.push({ ...one, process: `alone ${one.id}` });
    if (pace.isOver()) yield pace.progress;
  }
  const findings: Finding<AnomalyName>[] = [];
  const notes: string[] = [];
  const look = function* (name: AnomalyName, history: readonly Transaction[], level: WeakLevel) {
    const found = yield* faultTask(history, level);
    if (found === 'too large') notes.push(`${name} was not looked for: too many sessions`);
    else if (found !== undefined) findings.push({ ...found, name });
    return found !== undefined;
  };
  if (!refuted.has('read-atomic')) yield* look('fractured-read', alone, 'read-atomic');
  if (refuted.has('consistent-view')) return { findings, notes };
  const isSuspect = yield* look('causality-violation-process', transactions, 'causal');
  // Without sessions fewer orders are asked for: what holds with them holds without.
  if (isSuspect) yield* look('causality-violation', alone, 'causal');
  const isRefuted = findings.some(({ name }) => name === 'causality-violation');
  const isKnown = isRefuted || refuted.has('strong-session-consistent-view');
  const kept = findings.filter(({ name }) => name !== 'causality-violation-process' || !isKnown);
  return { findings: kept, notes };
}

function* faultTask(
  transactions: readonly Transaction[],
  level: WeakLevel,
): Task<Finding | 'too large' | undefined> {
  const pace = new Pace(`${level} (rw-register)`);
  const history = yield* sessionHistoryTask(transactions, pace);
  if (history.ambiguousCount > 0 || history.anomalies.length > 0) return undefined;
  if (level === 'causal' && clockEntryCount(history) > MAX_CLOCK_ENTRIES) return 'too large';
  const finding = yield* violationTask(transactions, history, level, pace);
  // Reads and sessions that form a cycle are a G1c, which the search for cycles has found.
  return finding?.name === 'causality-cycle' ? undefined : finding;
}
