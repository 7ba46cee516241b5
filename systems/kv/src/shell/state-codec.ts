/**
 * The state of a member as slices: what snapshots of Raft, and backups, are made of.
 *
 *     slice => version:uvarint part:union
 *     state => head leases* sessions* versions* end
 *
 * A slice is small enough to be made in a millisecond or so. One of versions may be empty: it
 * stands for keys that have nothing to tell.
 */
import { assert } from '@mangrove/host';
import {
  array,
  boolean,
  message,
  optional,
  Reader,
  type Schema,
  struct,
  type TypeOf,
  union,
  uvarint,
  Writer,
} from '@mangrove/wire';
import type { RaisedAlarm } from '../core/kv-request.ts';
import type { Lease } from '../core/leases.ts';
import { ADDRESSES_MAX, type Applied, SESSIONS_MAX } from '../core/replicated-state.ts';
import { type SessionRecord, WINDOW_MAX } from '../core/session-windows.ts';
import type { SnapshotVersion } from '../core/snapshot.ts';
import { address, alarm, member } from './log-codec.ts';
import { blob, errorCode, leaseId, operationResult, revision } from './operation-codec.ts';

/** The most elements of one slice. */
export const SLICE_COUNT_MAX = 4_096;

/** The most alarms of a state. */
const ALARMS_MAX = 128;

const lease: Schema<Lease> = struct({ id: leaseId, ttlMs: uvarint, remainingMs: uvarint });

const version: Schema<SnapshotVersion> = struct({
  key: blob,
  value: optional(blob),
  revision,
  sub: uvarint,
  createRevision: revision,
  version: uvarint,
  lease: leaseId,
});

/** What a change of a session gave; where nothing is there, that it is done. */
const result: Schema<(Applied & { type: 'done' })['result']> = {
  compile: (layout) => {
    const codec = optional(operationResult).compile(layout);
    return {
      minBytes: codec.minBytes,
      write: (writer, value) => {
        assert(value.type !== 'session', 'a session opened within a session');
        codec.write(writer, value.type === 'applied' ? undefined : value);
      },
      read: (reader) => codec.read(reader) ?? { type: 'applied' },
    };
  },
};

const applied: Schema<Applied> = union('type', {
  done: { number: 1, schema: struct({ revision, result }) },
  failed: { number: 2, schema: struct({ revision, code: errorCode, isDefinite: boolean }) },
});

/** A session of one change at a time, as it was written first. */
const session = struct({ session: uvarint, sequence: uvarint, result: optional(applied) });

const sessionWindow: Schema<SessionRecord<Applied>> = struct({
  session: uvarint,
  settled: uvarint,
  answers: array(struct({ sequence: uvarint, answer: applied }), { max: WINDOW_MAX }),
});

const raisedAlarm: Schema<RaisedAlarm> = struct({ alarm, member });

const slice = union('type', {
  head: {
    number: 1,
    schema: struct({
      revision,
      compactRevision: revision,
      alarms: array(raisedAlarm, { max: ALARMS_MAX }),
      addresses: array(struct({ member, clientAddress: address }), { max: ADDRESSES_MAX }),
    }),
  },
  leases: { number: 2, schema: struct({ leases: array(lease, { max: SLICE_COUNT_MAX }) }) },
  sessions: { number: 3, schema: struct({ sessions: array(session, { max: SESSIONS_MAX }) }) },
  versions: { number: 4, schema: struct({ versions: array(version, { max: SLICE_COUNT_MAX }) }) },
  'session-windows': {
    number: 6,
    schema: struct({ sessions: array(sessionWindow, { max: SESSIONS_MAX }) }),
  },
  end: { number: 5, schema: struct({ versionCount: uvarint }) },
});

const slices = message('kv-state-slice', slice, { lowest: 1, highest: 1 });

/** A slice of a state. */
export type StateSlice = TypeOf<typeof slice>;

/** The bytes of a slice, in the memory of `writer`. */
export function encodeSlice(value: StateSlice, writer: Writer = new Writer()): Uint8Array {
  writer.uvarint(slices.highest);
  slices.at(slices.highest).encodeInto(writer, value);
  return writer.take();
}

/** The slice in `bytes`, whose memory it shares; throws `WireError`. */
export function decodeSlice(bytes: Uint8Array): StateSlice {
  const reader = new Reader(bytes);
  const value = slices.at(reader.uvarint()).decodeFrom(reader);
  reader.finish();
  return value;
}
