/**
 * Judges what a watch of a versioned store promises about the events that it delivers.
 *
 * - ordered: revisions do not go back;
 * - unique: no change of a key is delivered twice;
 * - atomic: all changes of a revision come in one response;
 * - reliable: from the first delivered change to the last, none is left out;
 * - resumable: a watch from a revision begins with the first change at or after it;
 * - bookmarkable: once a response says that all is delivered up to a revision, no change at or
 *   below it comes any more, and no response says less than was delivered or said before;
 * - filtered: only changes of watched keys come, and none from before the start;
 * - true: what is delivered did happen, with the value, kind and previous value that it says.
 *
 * The last two and reliable, resumable need the true changes, which the store itself keeps (its
 * log).
 *
 * Cost: linear in what was delivered, and in what the log has from the beginning of each watch to
 * its end. Source: the watch guarantees of etcd's API documentation and its robustness tests.
 */
import type { Value } from '../history.ts';
import { sameValue, show } from '../model.ts';
import { finishSlices, Pace, type Slices } from '../task.ts';

/** A change of one key, as the log has it or as a watch delivers it. */
export interface WatchChange {
  readonly revision: number;
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly value?: Value;
  /** Whether the key was absent before; not compared where it is absent here. */
  readonly isCreate?: boolean;
  /**
   * The value before, null where there was none; a delivery that does not say it is not compared,
   * and in a log that does not say it, it is the value of the change of the key before.
   */
  readonly previous?: Value;
}

/** What came over a watch at one time. */
export interface WatchResponse {
  readonly changes: readonly WatchChange[];
  /** All changes up to this revision are delivered; absent where the response does not say so. */
  readonly progressRevision?: number;
}

/** One watch, from its request to the last response. */
export interface WatchRecording {
  readonly name: string;
  /** The first revision that was asked for; undefined for whatever comes. */
  readonly startRevision: number | undefined;
  /** Whether the watch asked for changes of this type of a key. */
  readonly matches: (key: string, type: WatchChange['type']) => boolean;
  readonly responses: readonly WatchResponse[];
}

/** The guarantees, by the names that reports use. */
export const WATCH_GUARANTEES = [
  'ordered',
  'unique',
  'atomic',
  'reliable',
  'resumable',
  'bookmarkable',
  'filtered',
  'true',
] as const;

/** One of the guarantees. */
export type WatchGuarantee = (typeof WATCH_GUARANTEES)[number];

/** A guarantee that a watch broke. */
export interface WatchFault {
  readonly guarantee: WatchGuarantee;
  readonly watch: string;
  readonly sentence: string;
  readonly change: WatchChange | undefined;
}

/** What was found, at most one fault of a guarantee for each watch. */
export interface WatchReport {
  readonly type: 'valid' | 'invalid' | 'unknown';
  readonly faults: readonly WatchFault[];
  readonly changeCount: number;
  /** The guarantees that were not judged, since there was no log. */
  readonly notChecked: readonly WatchGuarantee[];
}

/**
 * Judges recorded watches.
 *
 * @param log every change that happened, by ascending revision; undefined where it is not known
 */
export function checkWatches(
  watches: readonly WatchRecording[],
  log: readonly WatchChange[] | undefined,
): WatchReport {
  return finishSlices(watchSlices(watches, log));
}

/** The same in slices. */
export function* watchSlices(
  watches: readonly WatchRecording[],
  log: readonly WatchChange[] | undefined,
): Slices<WatchReport> {
  const pace = new Pace('watches');
  const truth = log && (yield* truthOf(log, pace));
  const faults: WatchFault[] = [];
  for (const watch of watches) {
    faults.push(...(yield* deliveryFaults(watch, pace)));
    if (truth !== undefined) faults.push(...(yield* logFaults(watch, truth, pace)));
  }
  const changeCount = watches.reduce(
    (sum, { responses }) => responses.reduce((count, it) => count + it.changes.length, sum),
    0,
  );
  const notChecked = log === undefined ? (['reliable', 'resumable', 'true'] as const) : [];
  const type = faults.length > 0 ? 'invalid' : changeCount > 0 ? 'valid' : 'unknown';
  return { type, faults, changeCount, notChecked };
}

/** Keeps the first fault of each guarantee. */
class Faults {
  readonly #watch: string;
  readonly found = new Map<WatchGuarantee, WatchFault>();

  constructor(watch: string) {
    this.#watch = watch;
  }

  add(guarantee: WatchGuarantee, sentence: string, change?: WatchChange): void {
    if (this.found.has(guarantee)) return;
    this.found.set(guarantee, { guarantee, watch: this.#watch, sentence, change });
  }
}

/** What the delivered changes alone show. */
function* deliveryFaults(watch: WatchRecording, pace: Pace): Slices<Iterable<WatchFault>> {
  const delivery = new Delivery(watch);
  for (const [index, { changes, progressRevision }] of watch.responses.entries()) {
    for (const change of changes) {
      delivery.take(change, index);
      if (pace.isOver(4)) yield;
    }
    if (progressRevision !== undefined) delivery.progress(progressRevision);
  }
  return delivery.faults.found.values();
}

/** Follows one watch. */
class Delivery {
  readonly #watch: WatchRecording;
  readonly #seen = new Set<string>();
  /** By revision, the first response that had it. */
  readonly #responseOf = new Map<number, number>();
  #last = Number.NEGATIVE_INFINITY;
  #bookmark = Number.NEGATIVE_INFINITY;
  readonly faults: Faults;

  constructor(watch: WatchRecording) {
    this.#watch = watch;
    this.faults = new Faults(watch.name);
  }

  /** Takes a change that came in the response of a number. */
  take(change: WatchChange, response: number): void {
    const { revision, key, type } = change;
    const first = this.#responseOf.get(revision) ?? response;
    this.#responseOf.set(revision, first);
    if (first !== response) {
      this.faults.add('atomic', `Revision ${revision} came in two responses.`, change);
    }
    const [name, what] = [nameOf(change), describe(change)];
    const { startRevision = revision } = this.#watch;
    if (revision < this.#last) {
      this.faults.add('ordered', `After revision ${this.#last} came ${what}.`, change);
    }
    if (this.#seen.has(name)) this.faults.add('unique', `Twice came ${what}.`, change);
    if (revision <= this.#bookmark) {
      const sentence = `After all up to ${this.#bookmark} was said to be delivered, came ${what}.`;
      this.faults.add('bookmarkable', sentence, change);
    }
    if (!this.#watch.matches(key, type) || revision < startRevision) {
      this.faults.add('filtered', `Nobody asked for ${what}.`, change);
    }
    this.#seen.add(name);
    this.#last = Math.max(this.#last, revision);
  }

  progress(revision: number): void {
    const before = Math.max(this.#last, this.#bookmark);
    if (revision < before) {
      this.faults.add('bookmarkable', `Progress went back to ${revision}, from ${before}.`);
    }
    this.#bookmark = Math.max(this.#bookmark, revision);
  }
}

/** What the log shows of the delivered changes. */
function* logFaults(watch: WatchRecording, truth: Truth, pace: Pace): Slices<Iterable<WatchFault>> {
  const faults = new Faults(watch.name);
  const changes = watch.responses.flatMap((response) => response.changes);
  const delivered = new Set(changes.map(nameOf));
  const first = changes.reduce(
    (least, { revision }) => Math.min(least, revision),
    Number.POSITIVE_INFINITY,
  );
  const told = watch.responses.reduce(
    (most, { progressRevision = 0 }) => Math.max(most, progressRevision),
    0,
  );
  const last = changes.reduce((most, { revision }) => Math.max(most, revision), told);
  const { changes: happened, byName } = truth;
  for (let at = firstFrom(happened, watch.startRevision ?? first); at < happened.length; at++) {
    const change = happened[at];
    if (pace.isOver()) yield;
    if (change === undefined || change.revision > last) break;
    const { revision, key, type } = change;
    if (delivered.has(nameOf(change)) || !watch.matches(key, type)) continue;
    if (revision < first) faults.add('resumable', `It left out ${describe(change)}.`, change);
    else faults.add('reliable', `Between others, ${describe(change)} did not come.`, change);
  }
  for (const got of changes) {
    if (pace.isOver(2)) yield;
    const difference = differenceOf(byName.get(nameOf(got)), got);
    if (difference !== undefined) faults.add('true', `Of ${describe(got)}, ${difference}.`, got);
  }
  return faults.found.values();
}

/** The changes of a log, each with the value before it: in their order, and by their names. */
interface Truth {
  readonly changes: readonly WatchChange[];
  readonly byName: ReadonlyMap<string, WatchChange>;
}

function* truthOf(log: readonly WatchChange[], pace: Pace): Slices<Truth> {
  const values = new Map<string, Value>();
  const byName = new Map<string, WatchChange>();
  for (const change of log) {
    if (pace.isOver(2)) yield;
    const previous = change.previous ?? values.get(change.key) ?? null;
    byName.set(nameOf(change), { ...change, previous });
    values.set(change.key, change.type === 'put' ? (change.value ?? null) : null);
  }
  return { changes: [...byName.values()], byName };
}

/** The index of the first change at or after a revision. */
function firstFrom(changes: readonly WatchChange[], revision: number): number {
  let [from, to] = [0, changes.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((changes[middle]?.revision ?? 0) < revision) from = middle + 1;
    else to = middle;
  }
  return from;
}

function nameOf({ revision, key }: WatchChange): string {
  return `${revision} ${key}`;
}

function describe({ revision, key }: WatchChange): string {
  return `the change of ${key} at revision ${revision}`;
}

function differenceOf(truth: WatchChange | undefined, got: WatchChange): string | undefined {
  if (truth === undefined) return 'the log knows nothing';
  if (truth.type !== got.type) return `the kind is ${got.type}, not ${truth.type}`;
  const [value, previous] = [truth.value ?? null, truth.previous ?? null];
  if (!sameValue(value, got.value ?? null)) {
    return `the value is ${show(got.value ?? null)}, not ${show(value)}`;
  }
  if ((got.isCreate ?? truth.isCreate) !== (truth.isCreate ?? got.isCreate)) {
    return `it says ${got.isCreate ? '' : 'not '}to be the first`;
  }
  if (got.previous !== undefined && !sameValue(got.previous, previous)) {
    return `the previous value is ${show(got.previous)}, not ${show(previous)}`;
  }
  return undefined;
}
