/**
 * The engine of `mangrove check FILE`: reads a history in any known format, finds out what to check
 * where nobody says it, and judges.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Bounds } from './budget.ts';
import { type HistoryFormat, type ReadHistory, readHistoryText } from './formats/history-text.ts';
import type { HistoryEvent, Value } from './history.ts';
import { linearizableTask } from './linearizability/check-linearizable.ts';
import type { Model } from './model.ts';
import { MODEL_NAMES, modelNamed } from './models/named-models.ts';
import { checkCounterBounds } from './objects/counter-bounds.ts';
import { checkFinalSet } from './objects/final-set.ts';
import { checkQueue, checkTotalQueue, checkUniqueIds } from './objects/queue-totals.ts';
import { checkSetFull } from './objects/set-full.ts';
import { checkMutualExclusion } from './rules/mutual-exclusion.ts';
import { sequentialTask } from './sessions/sequential.ts';
import { checkSessions } from './sessions/session-guarantees.ts';
import type { Task } from './task.ts';
import { checkBank } from './transactions/bank.ts';
import { checkCausalReverse } from './transactions/causal-reverse.ts';
import { judgeIsolation } from './transactions/isolation.ts';
import { ISOLATION_LEVELS, type IsolationLevel } from './transactions/levels.ts';
import { checkLongFork } from './transactions/long-fork.ts';
import { type Transaction, toTransactions } from './transactions/transaction.ts';
import { judgeWeakIsolation, WEAK_LEVELS, type WeakLevel } from './transactions/weak-isolation.ts';
import type { Verdict } from './verdict.ts';

/** What a caller may set. */
export interface CheckTextOptions extends Bounds {
  /** One of `CHECK_NAMES`; found from the operations where it is absent. */
  readonly check?: string;
  /**
   * The initial value of registers, of `kv` and of counters; that of the model where it is absent.
   */
  readonly initial?: Value;
}

/** What came of a text. */
export interface TextReport {
  readonly format: HistoryFormat;
  /** One of `CHECK_NAMES`. */
  readonly check: string;
  /** Whether the check was found from the operations, since nobody asked for one. */
  readonly isGuessed: boolean;
  readonly verdict: Verdict;
  /** Sentences on more than the verdict: which levels stay possible, for example. */
  readonly notes: readonly string[];
}

const SEQUENTIAL = 'sequential:';
const OTHER_CHECKS: readonly string[] = [
  ...['set-full', 'final-set', 'counter-bounds', 'queue', 'total-queue', 'unique-ids'],
  ...['mutual-exclusion', 'sessions', 'bank', 'long-fork', 'causal-reverse'],
];

/**
 * Every check by name: a model for linearizability (`cas-register`), a model after `sequential:`
 * for sequential consistency, a level of isolation (`serializable`), or one of the others.
 */
export const CHECK_NAMES: readonly string[] = [
  ...MODEL_NAMES,
  ...MODEL_NAMES.map((name) => SEQUENTIAL + name),
  ...OTHER_CHECKS,
  ...new Set<string>([...WEAK_LEVELS, ...ISOLATION_LEVELS]),
];

/**
 * Reads and judges a history, in slices.
 *
 * The exit code of a command follows from the verdict alone: `valid` 0, `invalid` 1, `unknown` 2.
 * What is thrown is no verdict: `HistoryFault` (the text is no history, or has operations that the
 * check does not know) and `BrokenInvariant` are 3, could not run; `InvalidArgument` (no such
 * check, a wrong bound) is 64, wrong usage. A history in which nothing happened is `valid`, and
 * `coverage.notChecked` says that nothing was tested: a command should print that as a warning.
 *
 * The text is read at once, about a second for a million events; then the judges of linearizability
 * and sequential consistency yield every few milliseconds. The others work at once, in linear time
 * or close to it. Nothing keeps the text afterwards.
 */
export function* checkTextTask(text: string, options: CheckTextOptions = {}): Task<TextReport> {
  if (options.check !== undefined && !CHECK_NAMES.includes(options.check)) {
    throw new InvalidArgument('check', options.check, `one of ${CHECK_NAMES.join(', ')}`);
  }
  const history = readHistoryText(text);
  const check = options.check ?? guessCheck(history);
  const base = { format: history.format, check, isGuessed: options.check === undefined };
  if (MODEL_NAMES.includes(check)) {
    const { model, events, notes } = prepare(check, history, options.initial);
    const verdict = yield* linearizableTask(model, events, options);
    return { ...base, verdict, notes };
  }
  if (check.startsWith(SEQUENTIAL)) {
    const name = check.slice(SEQUENTIAL.length);
    const { model, events, notes } = prepare(name, history, options.initial);
    const verdict = yield* sequentialTask(model, events, options);
    return { ...base, verdict, notes };
  }
  if (OTHER_CHECKS.includes(check)) {
    return { ...base, verdict: judgeOther(check, eventsOf(history)), notes: [] };
  }
  return { ...base, ...judgeLevel(check, transactionsOf(history)) };
}

function eventsOf(history: ReadHistory): readonly HistoryEvent[] {
  if ('events' in history) return history.events;
  throw new InvalidArgument('check', history.format, 'a level of isolation for this format');
}

function transactionsOf(history: ReadHistory): readonly Transaction[] {
  return 'events' in history ? toTransactions(history.events) : history.transactions;
}

function judgeOther(check: string, events: readonly HistoryEvent[]): Verdict {
  switch (check) {
    case 'set-full':
      return checkSetFull(events).verdict;
    case 'final-set':
      return checkFinalSet(events).verdict;
    case 'counter-bounds':
      return checkCounterBounds(events).verdict;
    case 'queue':
      return checkQueue(events);
    case 'total-queue':
      return checkTotalQueue(events).verdict;
    case 'unique-ids':
      return checkUniqueIds(events);
    case 'mutual-exclusion':
      return checkMutualExclusion(events);
    case 'sessions':
      return checkSessions(events);
    case 'bank':
      return checkBank(events);
    case 'long-fork':
      return checkLongFork(events);
    default:
      return checkCausalReverse(events);
  }
}

/** Text formats of registers have no times: for them the judge of weak levels is the fast one. */
function judgeLevel(
  level: string,
  transactions: readonly Transaction[],
): { readonly verdict: Verdict; readonly notes: readonly string[] } {
  if ((WEAK_LEVELS as readonly string[]).includes(level) && isRegisters(transactions)) {
    return { verdict: judgeWeakIsolation(transactions, level as WeakLevel), notes: [] };
  }
  const { verdict, levels } = judgeIsolation(transactions, { level: level as IsolationLevel });
  const notes = [
    `The strongest levels that stay possible: ${levels.strongestPossible.join(', ')}.`,
  ];
  if (levels.weakestRefuted.length > 0) {
    notes.push(`The weakest that are refuted: ${levels.weakestRefuted.join(', ')}.`);
  }
  return { verdict, notes };
}

function isRegisters(transactions: readonly Transaction[]): boolean {
  return transactions.every(({ operations }) =>
    operations.every(({ type }) => type === 'read' || type === 'write'),
  );
}

/** A model, and the events that it is given. */
interface Prepared {
  readonly model: Model;
  readonly events: readonly HistoryEvent[];
  /** Sentences on what was made of the events. */
  readonly notes: readonly string[];
}

/** What a model is given, after what its format means by `nil` is settled. */
function prepare(name: string, history: ReadHistory, initial: Value | undefined): Prepared {
  const events = eventsOf(history);
  const isJepsen = history.format === 'jepsen-edn' || history.format === 'jepsen-json';
  if (name === 'kv' && initial === undefined && isJepsen && readsEmptyText(events)) {
    const notes = ['An absent value is read as the empty text, so keys begin with it.'];
    return { model: modelNamed(name, ''), events, notes };
  }
  const model = modelNamed(name, initial);
  const isExact = !isJepsen || !name.endsWith('register') || initial === null;
  return isExact ? { model, events, notes: [] } : { model, ...withoutNilReads(events) };
}

function readsEmptyText(events: readonly HistoryEvent[]): boolean {
  const gets = events.filter(({ f, type }) => f === 'get' && type === 'ok');
  return gets.some(({ value }) => value === '') && gets.every(({ value }) => value !== null);
}

/** By the rule of Knossos a read that completed with nil is one whose answer is not known. */
function withoutNilReads(events: readonly HistoryEvent[]): Omit<Prepared, 'model'> {
  let count = 0;
  const known = events.map((event): HistoryEvent => {
    if (event.f !== 'read' || event.type !== 'ok' || (event.value ?? null) !== null) return event;
    count++;
    return { ...event, type: 'fail', error: 'its answer is not known' };
  });
  const sentence =
    `${count} reads answered nil and are left out, since Jepsen writes that where an answer is ` +
    'not known; with an initial value of null they count.';
  return { events: known, notes: count === 0 ? [] : [sentence] };
}

/** What the operations look like; `HistoryFault` is left to the judge that it leads to. */
function guessCheck(history: ReadHistory): string {
  if ('transactions' in history) return 'causal';
  const { events } = history;
  const names = new Set(events.map(({ f }) => f));
  const hasAny = (...list: readonly string[]) => list.some((name) => names.has(name));
  if (events.some(({ value }) => isMicroOperations(value))) return 'strict-serializable';
  if (hasAny('acquire', 'release')) return 'mutex';
  if (hasAny('drain')) return 'total-queue';
  if (hasAny('enqueue', 'dequeue')) return 'queue';
  if (hasAny('generate')) return 'unique-ids';
  if (hasAny('get', 'put', 'append')) return 'kv';
  if (hasAny('add', 'increment', 'decrement', 'transfer') || !hasAny('write', 'cas')) {
    return guessByReads(events, names);
  }
  return hasAny('cas') ? 'cas-register' : 'register';
}

function guessByReads(events: readonly HistoryEvent[], names: ReadonlySet<string>): string {
  const read = events.find(
    ({ f, type, value }) => f === 'read' && type === 'ok' && value !== null && value !== undefined,
  );
  if (names.has('transfer')) return 'bank';
  if (Array.isArray(read?.value)) return 'set-full';
  if (typeof read?.value === 'object') return 'bank';
  return names.has('add') || names.has('increment') ? 'counter-bounds' : 'register';
}

function isMicroOperations(value: Value | undefined): boolean {
  const isOne = (item: Value) =>
    Array.isArray(item) && typeof item[0] === 'string' && /^(?:r|w|append)$/.test(item[0]);
  return Array.isArray(value) && value.length > 0 && value.every(isOne);
}
