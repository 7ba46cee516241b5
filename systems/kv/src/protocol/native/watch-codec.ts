/**
 * Watchers as schemas of the wire: what is asked for, and what is sent.
 */
import {
  array,
  boolean,
  oneOf,
  optional,
  type Schema,
  struct,
  union,
  uvarint,
} from '@mangrove/wire';
import type {
  CancelReason,
  WatchEvent,
  WatchMessage,
  WatchRequest,
} from '../../core/watch-message.ts';
import { keyRange, keyValue, revision } from '../../shell/operation-codec.ts';

/** The most events of one message. */
const EVENTS_MAX = 1_048_576;

/** What a watcher wants to see. */
export const watchRequest: Schema<WatchRequest> = struct({
  range: keyRange,
  startRevision: revision,
  wantsPuts: boolean,
  wantsDeletes: boolean,
  wantsPrevious: boolean,
  allowsFragments: boolean,
  wantsProgress: boolean,
});

const event: Schema<WatchEvent> = struct({
  type: oneOf({ put: 1, delete: 2 }),
  kv: keyValue,
  previous: optional(keyValue),
});

const reason = oneOf<CancelReason>({
  compacted: 1,
  'duplicate-id': 2,
  'too-many-watchers': 3,
  'no-leader': 4,
  'revision-too-large': 5,
});

/** What a watcher is sent. */
export const watchMessage: Schema<WatchMessage> = union('type', {
  created: { number: 1, schema: struct({ watchId: uvarint, revision }) },
  events: {
    number: 2,
    schema: struct({
      watchId: uvarint,
      revision,
      events: array(event, { max: EVENTS_MAX }),
      hasMore: boolean,
    }),
  },
  progress: { number: 3, schema: struct({ watchId: optional(uvarint), revision }) },
  canceled: {
    number: 4,
    schema: struct({
      watchId: optional(uvarint),
      reason: optional(reason),
      compactRevision: revision,
    }),
  },
});
