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
  pairSlices,
  type RecordedOperation,
  type Value,
} from '../history.ts';
import { show } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';
import {
  coverageSlices,
  drawingOf,
  MAX_VIOLATIONS,
  nothingTested,
  type Verdict,
  type Violation,
} from '../verdict.ts';
import {
  type WatchChange,
  type WatchFault,
  type WatchGuarantee,
  type WatchRecording,
  type WatchResponse,
  watchSlices,
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
  return finishSlices(watchHistorySlices(history));
}

/** The same in slices. */
export function* watchHistorySlices(history: readonly HistoryEvent[]): Slices<WatchHistoryReport> {
  const operations = yield* pairSlices(history);
  const { watches, log } = yield* readWatches(operations);
  const { type, faults, changeCount, notChecked } = yield* watchSlices(
    watches.map(({ recording }) => recording),
    log,
  );
  const notes = notChecked.length === 0 ? [] : [`${notChecked.join(', ')}: the history has no log`];
  const coverage = yield* coverageSlices('watch guarantees', operations, notes);
  const decidedBy = `${changeCount} delivered changes`;
  if (type === 'valid') return { verdict: { type, coverage, decidedBy }, faults };
  if (type === 'unknown') {
    return { verdict: nothingTested(coverage, 'no watch delivered a change'), faults };
  }
  const logs = operations.filter(({ f, end }) => f === 'log' && end === 'ok');
  const violations = faults.slice(0, MAX_VIOLATIONS).map((fault) => explain(fault, watches, logs));
  return { verdict: { type, coverage, decidedBy, violations }, faults };
}

/** A watch as it is judged, with the operations that it was read from. */
interface RecordedWatch {
  readonly recording: WatchRecording & { readonly responses: WatchResponse[] };
  readonly begin: RecordedOperation;
  /** Of each response its `next`. */
  readonly nexts: RecordedOperation[];
}

function* readWatches(operations: readonly RecordedOperation[]): Slices<{
  readonly watches: readonly RecordedWatch[];
  readonly log: readonly WatchChange[] | undefined;
}> {
  const pace = new Pace('watches');
  const watches: RecordedWatch[] = [];
  const current = new Map<string, RecordedWatch>();
  const counts = new Map<string, number>();
  let log: WatchChange[] | undefined;
  for (const operation of operations) {
    if (pace.isOver(2)) yield;
    const { f, process, end, result = null, completedAt } = operation;
    const isDone = end === 'ok';
    if (f === 'watch' && end !== 'fail') {
      const count = (counts.get(process) ?? 0) + 1;
      counts.set(process, count);
      const watch = toWatch(operation, count === 1 ? process : `${process} (${count})`);
      watches.push(watch);
      current.set(process, watch);
    } else if (f === 'next' && isDone) {
      const watch = current.get(process);
      const place = `event ${completedAt}`;
      if (watch === undefined) throw new HistoryFault(place, `${process} has no watch under way`);
      watch.nexts.push(operation);
      watch.recording.responses.push(toResponse(result, place));
    } else if (f === 'log' && isDone) {
      log = withAll(log ?? [], toChanges(result, `event ${completedAt}`));
    }
  }
  const sorted = log?.sort((a, b) => a.revision - b.revision);
  return { watches, log: sorted };
}

/** The list, longer by what follows; a spread of a long one would fill the stack. */
function withAll(list: WatchChange[], more: readonly WatchChange[]): WatchChange[] {
  for (const change of more) list.push(change);
  return list;
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

/** What only the log shows. */
const BY_LOG: readonly WatchGuarantee[] = ['reliable', 'resumable', 'true'];

/** The responses at which the fault is seen, and those that it is held against. */
function explain(
  fault: WatchFault,
  watches: readonly RecordedWatch[],
  logs: readonly RecordedOperation[],
): Violation {
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
  const before = earlier(responses, at, change);
  if (guarantee === 'reliable') before.add(lowest(responses));
  const told = BY_LOG.includes(guarantee) ? logs : [];
  const nexts = [...before].map((index) => watch?.nexts[index]);
  const shown = [watch?.begin, ...nexts, marked, ...told].filter((it) => it !== undefined);
  const operations = [...new Set(shown)].sort((a, b) => a.id - b.id);
  const label = (operation: RecordedOperation): string => {
    const response = responses[watch?.nexts.indexOf(operation) ?? -1];
    if (response !== undefined) return labelOf(response);
    return operation.f === 'log' ? 'log' : `watch ${show(operation.argument ?? {})}`;
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
): Set<number> {
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

/** The response with the lowest revision: what did not come is missed from there on. */
function lowest(responses: readonly WatchResponse[]): number {
  let [lowestAt, least] = [0, Number.POSITIVE_INFINITY];
  for (const [index, { changes }] of responses.entries()) {
    const first = changes.reduce((min, { revision }) => Math.min(min, revision), least);
    if (first < least) [lowestAt, least] = [index, first];
  }
  return lowestAt;
}
