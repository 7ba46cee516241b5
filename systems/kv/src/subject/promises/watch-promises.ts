/**
 * What the store promises of watches: each segment of a watcher, from its request to the end of its
 * line, is one watch; the truth is what a scribe read of every revision.
 */
import {
  checkWatches,
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  type Verdict,
  type Violation,
  violationOf,
  type WatchChange,
  type WatchResponse,
} from '@mangrove/check';
import type { CancelReason } from '../../core/watch-message.ts';
import { type KvPromise, named, verdictOn } from './promise.ts';
import { truthIn } from './truth.ts';

/** The promise of this file. */
export const watches: KvPromise = {
  check: 'watches are ordered, unique, atomic, reliable, resumable, bookmarkable, true',
  view: named({ next: 'next', 'catch-up': 'next', log: 'log' }),
  judge: judgeWatches,
};

type ChangeType = WatchChange['type'];

/** What a client noted of its watchers, in the order in which it came. */
type Note =
  | {
      readonly type: 'begin';
      readonly segment: number;
      readonly prefix: string;
      /** The one type of change that is wanted; absent where both are. */
      readonly only?: ChangeType;
      /** The first revision that is wanted; 0 is whatever comes. */
      readonly from: number;
    }
  | { readonly type: 'created'; readonly segment: number; readonly revision: number }
  | ({ readonly type: 'response'; readonly segment: number } & WatchResponse)
  | {
      readonly type: 'end';
      readonly segment: number;
      readonly reason: CancelReason | 'lost' | 'asked';
      readonly compactRevision?: number;
    };

/** One segment as it is put together. */
interface Segment {
  readonly name: string;
  readonly prefix: string;
  readonly only: ChangeType | undefined;
  from: number;
  readonly responses: WatchResponse[];
  readonly operations: RecordedOperation[];
  /** Everything before it was seen. */
  next: number;
  isCreated: boolean;
}

function judgeWatches(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const { upTo, log } = truthIn(operations);
  const reader = new SegmentReader();
  for (const operation of operations) {
    if (operation.f === 'next' && operation.end === 'ok') reader.read(operation);
  }
  const segments = [...reader.segments.values()];
  const recordings = segments.map(({ name, prefix, only, from, responses }) => ({
    name,
    startRevision: from === 0 ? undefined : from,
    matches: (key: string, type: ChangeType) => key.startsWith(prefix) && type === (only ?? type),
    // What the scribe has not written down yet cannot be judged.
    responses: responses.map(({ changes, progressRevision }) => ({
      changes: changes.filter(({ revision }) => revision <= upTo),
      ...(progressRevision === undefined
        ? {}
        : { progressRevision: Math.min(progressRevision, upTo) }),
    })),
  }));
  const { faults, changeCount } = checkWatches(recordings, log);
  const violations = faults.map(({ guarantee, watch, sentence }) => {
    const shown = reader.segments.get(watch)?.operations ?? [];
    return violationOf(guarantee, [`${watch}: ${sentence}`], shown, shown.at(-1));
  });
  return verdictOn('watches', operations, [...violations, ...reader.violations], changeCount);
}

/** Puts segments together from what clients noted. */
class SegmentReader {
  readonly segments = new Map<string, Segment>();
  readonly violations: Violation[] = [];

  read(operation: RecordedOperation): void {
    const client = operation.process.split('.')[0] ?? '';
    for (const note of (operation.result ?? []) as unknown as readonly Note[]) {
      this.take(`${client} segment ${note.segment}`, note, operation);
    }
  }

  private take(name: string, note: Note, operation: RecordedOperation): void {
    if (note.type === 'begin') {
      const { prefix, only, from } = note;
      const head = { name, prefix, only, from, next: from };
      this.segments.set(name, {
        ...head,
        responses: [],
        operations: [operation],
        isCreated: false,
      });
      return;
    }
    const segment = this.segments.get(name);
    if (segment === undefined) throw new Error(`${name} has no beginning`);
    if (!segment.operations.includes(operation)) segment.operations.push(operation);
    if (note.type === 'created') this.created(segment, note.revision);
    else if (note.type === 'response') this.response(segment, note);
    else this.end(segment, note);
  }

  private created(segment: Segment, revision: number): void {
    segment.isCreated = true;
    if (segment.from === 0) segment.from = revision + 1;
    segment.next = Math.max(segment.next, segment.from);
  }

  private response(segment: Segment, note: Extract<Note, { readonly type: 'response' }>): void {
    if (!segment.isCreated)
      this.fault(segment, 'created-late', 'Events came before it was created.');
    const { changes, progressRevision } = note;
    segment.responses.push(
      progressRevision === undefined ? { changes } : { changes, progressRevision },
    );
    for (const { revision } of changes) segment.next = Math.max(segment.next, revision + 1);
    segment.next = Math.max(segment.next, (progressRevision ?? 0) + 1);
  }

  /** It ends unasked only where compaction has overtaken what is still to be seen. */
  private end(segment: Segment, note: Extract<Note, { readonly type: 'end' }>): void {
    const { reason, compactRevision = 0 } = note;
    if (reason === 'lost' || reason === 'asked' || reason === 'no-leader') return;
    if (reason === 'compacted' && compactRevision > segment.next) return;
    const sentence = `It was ended as ${reason} at ${compactRevision}, and wanted ${segment.next}.`;
    this.fault(segment, 'ended', sentence);
  }

  private fault({ name, operations }: Segment, anomaly: string, sentence: string): void {
    const shown = [...operations];
    this.violations.push(violationOf(anomaly, [`${name}: ${sentence}`], shown, shown.at(-1)));
  }
}
