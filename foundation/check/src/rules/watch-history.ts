/**
 * Judges watches out of a history: what a recorder writes of them, an operation at a time.
 *
 * A watch is a stream, and an operation has one end, so the recorder writes the stream as its
 * client takes it: `watch` begins it, and each `next` takes one response. A process has one watch
 * at a time; another `watch` begins another one. What the store itself knows of its changes comes
 * in `log`, at any place and in as many pieces as its recorder likes.
 *
 * ```
 * {"process":"w1","type":"invoke","f":"watch","value":{"prefix":"a/","startRevision":5}, ...}
 * {"process":"w1","type":"ok","f":"watch", ...}
 * {"process":"w1","type":"invoke","f":"next", ...}
 * {"process":"w1","type":"ok","f":"next","value":{"changes":[CHANGE, ...],"progressRevision":9}}
 * {"process":"store","type":"invoke","f":"log", ...}
 * {"process":"store","type":"ok","f":"log","value":[CHANGE, ...]}
 *
 * CHANGE  {"revision":7,"type":"put","key":"a/x","value":3,"isCreate":true,"previous":2}
 * ```
 *
 * A watch names the `key`, the `prefix`, or the keys `from` (included) `to` (excluded) that it asks
 * for; all keys where it names none. `history.schema.json` has all of it.
 */
import {
  type HistoryEvent,
  HistoryFault,
  pairOperations,
  type RecordedOperation,
  type Value,
} from '../history.ts';
import { show } from '../model.ts';
import { coverageOf, drawingOf, MAX_VIOLATIONS, type Verdict, type Violation } from '../verdict.ts';
import {
  checkWatches,
  type WatchChange,
  type WatchFault,
  type WatchRecording,
  type WatchResponse,
} from './watch.ts';

/** The verdict, and every fault: of each watch at most one of a guarantee. */
export interface WatchHistoryReport {
  readonly verdict: Verdict;
  readonly faults: readonly WatchFault[];
}

/**
 * Judges the operations `watch`, `next` and `log` of a history; others are passed over. Without a
 * `log` the guarantees that need it are not judged, and `coverage.notChecked` names them.
 *
 * @throws HistoryFault naming the event that is no such operation
 */
export function checkWatchHistory(history: readonly HistoryEvent[]): WatchHistoryReport {
  const operations = pairOperations(history);
  const { watches, log } = readWatches(operations);
  const { type, faults, changeCount, notChecked } = checkWatches(
    watches.map(({ recording }) => recording),
    log,
  );
  const notes = notChecked.length === 0 ? [] : [`${notChecked.join(', ')}: the history has no log`];
  const coverage = coverageOf('watch guarantees', operations, notes);
  const decidedBy = `${changeCount} delivered changes`;
  if (type === 'valid') return { verdict: { type, coverage, decidedBy }, faults };
  if (type === 'unknown') {
    const reason = { code: 'undecided', sentence: 'no watch delivered a change' } as const;
    return { verdict: { type, coverage, reason }, faults };
  }
  const violations = faults.slice(0, MAX_VIOLATIONS).map((fault) => explain(fault, watches));
  return { verdict: { type, coverage, decidedBy, violations }, faults };
}

/** A watch as it is judged, with the operations that it was read from. */
interface RecordedWatch {
  readonly recording: WatchRecording & { readonly responses: WatchResponse[] };
  readonly begin: RecordedOperation;
  /** Of each response its `next`. */
  readonly nexts: RecordedOperation[];
}

function readWatches(operations: readonly RecordedOperation[]): {
  readonly watches: readonly RecordedWatch[];
  readonly log: readonly WatchChange[] | undefined;
} {
  const watches: RecordedWatch[] = [];
  const current = new Map<string, RecordedWatch>();
  const counts = new Map<string, number>();
  let log: WatchChange[] | undefined;
  for (const operation of operations) {
    const { f, process, end, result = null, completedAt } = operation;
    if (f === 'watch' && end !== 'fail') {
      const count = (counts.get(process) ?? 0) + 1;
      counts.set(process, count);
      const watch = toWatch(operation, count === 1 ? process : `${process} (${count})`);
      watches.push(watch);
      current.set(process, watch);
    } else if (f === 'next' && end === 'ok') {
      const watch = current.get(process);
      const place = `event ${completedAt}`;
      if (watch === undefined) throw new HistoryFault(place, `${process} has no watch under way`);
      watch.nexts.push(operation);
      watch.recording.responses.push(toResponse(result, place));
    } else if (f === 'log' && end === 'ok') {
      log = [...(log ?? []), ...toChanges(result, `event ${completedAt}`)];
    }
  }
  const sorted = log?.sort((a, b) => a.revision - b.revision);
  return { watches, log: sorted };
}

function toWatch(begin: RecordedOperation, name: string): RecordedWatch {
  const place = `event ${begin.invokedAt}`;
  const { argument = null } = begin;
  const asked = argument === null ? {} : fieldsOf(argument, place);
  const startRevision = optional(asked, 'startRevision', 'number', place);
  const [key, prefix] = [textOf(asked, 'key', place), textOf(asked, 'prefix', place)];
  const [from, to] = [textOf(asked, 'from', place), textOf(asked, 'to', place)];
  const matches = (name: string): boolean =>
    (key === undefined || name === key) &&
    (prefix === undefined || name.startsWith(prefix)) &&
    (from === undefined || name >= from) &&
    (to === undefined || name < to);
  return { recording: { name, startRevision, matches, responses: [] }, begin, nexts: [] };
}

function toResponse(value: Value, place: string): WatchResponse {
  const fields = fieldsOf(value, place);
  const progressRevision = optional(fields, 'progressRevision', 'number', place);
  const changes = toChanges(fields['changes'] ?? [], place);
  return { changes, ...(progressRevision === undefined ? {} : { progressRevision }) };
}

function toChanges(value: Value, place: string): WatchChange[] {
  if (!Array.isArray(value)) throw new HistoryFault(place, `${show(value)} is no list of changes`);
  return value.map((item: Value) => toChange(fieldsOf(item, place), place));
}

function toChange(fields: Fields, place: string): WatchChange {
  const revision = optional(fields, 'revision', 'number', place);
  const key = textOf(fields, 'key', place);
  const { type, value, previous } = fields;
  if (revision === undefined || key === undefined || (type !== 'put' && type !== 'delete')) {
    throw new HistoryFault(
      place,
      `the change ${show(fields)} lacks a revision, a key, or a type that is put or delete`,
    );
  }
  const isCreate = optional(fields, 'isCreate', 'boolean', place);
  return {
    ...{ revision, type, key },
    ...(value === undefined ? {} : { value }),
    ...(isCreate === undefined ? {} : { isCreate }),
    ...(previous === undefined ? {} : { previous }),
  };
}

type Fields = { readonly [name: string]: Value };

function fieldsOf(value: Value, place: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new HistoryFault(place, `${show(value)} is no object with named fields`);
}

function textOf(fields: Fields, name: string, place: string): string | undefined {
  return optional(fields, name, 'string', place);
}

interface Kinds {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
}

function optional<Kind extends keyof Kinds>(
  fields: Fields,
  name: string,
  kind: Kind,
  place: string,
): Kinds[Kind] | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value === kind) return value as Kinds[Kind];
  throw new HistoryFault(place, `${name} is ${show(value)}, but must be a ${kind}`);
}

/** How many changes of a response stand in a drawing. */
const MAX_NAMED = 6;

/** The responses at which the fault is seen, and those that it is held against. */
function explain(fault: WatchFault, watches: readonly RecordedWatch[]): Violation {
  const { guarantee, sentence, change, watch: name } = fault;
  const watch = watches.find(({ recording }) => recording.name === name);
  const responses = watch?.recording.responses ?? [];
  const revision = change?.revision ?? Number.POSITIVE_INFINITY;
  const delivering = responses.findIndex(({ changes }) =>
    changes.some((it) => it === change || (change === undefined && it.revision >= revision)),
  );
  // What did not come is missed at the first response that is past it.
  const past = responses.findIndex(
    ({ changes, progressRevision = 0 }) =>
      progressRevision >= revision || changes.some((it) => it.revision > revision),
  );
  const at = delivering >= 0 ? delivering : past >= 0 ? past : responses.length - 1;
  const marked = watch?.nexts[at];
  const before = [...earlier(responses, at, change)].map((index) => watch?.nexts[index]);
  const shown = [watch?.begin, ...before, marked].filter((it) => it !== undefined);
  const operations = [...new Set(shown)];
  const label = (operation: RecordedOperation): string => {
    const response = responses[watch?.nexts.indexOf(operation) ?? -1];
    return response === undefined ? `watch ${show(operation.argument ?? {})}` : labelOf(response);
  };
  const drawing = drawingOf(operations, label, new Set(marked === undefined ? [] : [marked.id]));
  return { anomaly: guarantee, sentences: [`${name}: ${sentence}`], operations, drawing };
}

/** A response in a few words: `5 a/x, 6 a/y, all up to 7`. */
function labelOf({ changes, progressRevision }: WatchResponse): string {
  const named = changes.slice(0, MAX_NAMED).map(({ revision, key }) => `${revision} ${key}`);
  const more = changes.length > MAX_NAMED ? [`${changes.length - MAX_NAMED} more`] : [];
  const upTo = progressRevision === undefined ? [] : [`all up to ${progressRevision}`];
  return [...named, ...more, ...upTo].join(', ');
}

/**
 * The responses that a fault at response `at` is held against: the one before it, the one with the
 * highest revision, and an earlier one with the same change.
 */
function earlier(
  responses: readonly WatchResponse[],
  at: number,
  change: WatchChange | undefined,
): ReadonlySet<number> {
  const chosen = new Set<number>();
  let [highest, most] = [-1, Number.NEGATIVE_INFINITY];
  responses.slice(0, at).forEach(({ changes, progressRevision = most }, index) => {
    const last = changes.reduce((max, it) => Math.max(max, it.revision), progressRevision);
    if (last > most) [highest, most] = [index, last];
    const isSame = changes.some((it) => it.key === change?.key && it.revision === change.revision);
    if (isSame) chosen.add(index);
  });
  if (highest >= 0) chosen.add(highest);
  if (at > 0) chosen.add(at - 1);
  return chosen;
}
