/**
 * What watchers ask for, and what they are sent.
 *
 *     create -> created, events*, canceled
 *
 * The guarantees are etcd's: events of a watcher come in the order of revisions, each once, without
 * a gap, all events of a revision together (or marked as fragments); progress says that everything
 * up to a revision was sent.
 */
import type { KeyRange } from './key-range.ts';
import type { KeyEvent, KeyValue } from './key-value.ts';
import type { Revision } from './revision.ts';

/** The name of a watcher in its session, from 0. */
export type WatchId = number;

/** What a watcher wants to see. */
export interface WatchRequest {
  readonly range: KeyRange;
  /** The first revision whose events are wanted; `NO_REVISION` is the next one. */
  readonly startRevision: Revision;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
  /** Whether events have what was there before, as far as compaction left it. */
  readonly wantsPrevious: boolean;
  /** Whether the events of one revision may come in several messages. */
  readonly allowsFragments: boolean;
  /** Whether it is told of progress when nothing happens. */
  readonly wantsProgress: boolean;
}

/** An event with what was there before it, where that was wanted and is known. */
export interface WatchEvent extends KeyEvent {
  readonly previous: KeyValue | undefined;
}

/** What an event takes in a message, roughly: its bytes, and the numbers beside them. */
export function eventBytes({ kv, previous }: WatchEvent): number {
  const before = previous === undefined ? 0 : previous.key.length + previous.value.length + 32;
  return kv.key.length + kv.value.length + 32 + before;
}

/** Why a watcher ended that did not ask for it. */
export type CancelReason =
  /** What it still had to see was compacted: it was too slow, or asked for what is gone. */
  | 'compacted'
  /** The id that its client gave is taken. */
  | 'duplicate-id'
  /** The session has as many watchers as it may. */
  | 'too-many-watchers'
  /** The member is cut off from the cluster: others know more. */
  | 'no-leader'
  /** It takes no fragments, and one revision has more than a message holds. */
  | 'revision-too-large';

/** What a session sends. */
export type WatchMessage =
  | { readonly type: 'created'; readonly watchId: WatchId; readonly revision: Revision }
  | {
      readonly type: 'events';
      readonly watchId: WatchId;
      /** The revision of the last event. */
      readonly revision: Revision;
      readonly events: readonly WatchEvent[];
      /** Whether the rest of the last revision follows in the next message. */
      readonly hasMore: boolean;
    }
  | {
      readonly type: 'progress';
      /** The watcher that it is for; `undefined` for all of the session. */
      readonly watchId: WatchId | undefined;
      readonly revision: Revision;
    }
  | {
      readonly type: 'canceled';
      /** `undefined` where the watcher never came to be, and its id may be that of another one. */
      readonly watchId: WatchId | undefined;
      /** `undefined` where its client asked for it. */
      readonly reason: CancelReason | undefined;
      /** The oldest revision that can be watched from, where the reason is `compacted`. */
      readonly compactRevision: Revision;
    };
