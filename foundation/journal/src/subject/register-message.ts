/**
 * What clients and replicas of the durable register say to each other, and what replicas keep.
 *
 *     message => sealed: ask | keep | have          between clients and replicas
 *     record  => kept | table | proof               in the journal of a replica
 */
import type { NodeId } from '@mangrove/host';
import {
  array,
  branded,
  bytes,
  decodeSealed,
  encodeSealed,
  message,
  optional,
  struct,
  type TypeOf,
  text,
  union,
  uvarint,
  varint,
  WireError,
  Writer,
} from '@mangrove/wire';

/** The most bytes that go with a value. */
const LOAD_BYTES_MAX = 1200;

/** Writes are ordered by their count, and by their writer where counts are equal. */
const stamp = struct({ count: uvarint, writer: branded<NodeId>(text({ max: 63 })) });
/** The load makes records of all sizes: some cross sectors, and tear. */
const kept = struct({ stamp, value: varint, load: bytes({ max: LOAD_BYTES_MAX }) });
const key = text({ max: 64 });
const keyed = struct({ key, kept });

const registerMessage = union('type', {
  /** What have you under this key? */
  ask: { number: 1, schema: struct({ id: uvarint, key }) },
  /** Keep this, unless you have something newer. */
  keep: { number: 2, schema: struct({ id: uvarint, key, kept }) },
  /** The answer to both: what is durable now. */
  have: { number: 3, schema: struct({ id: uvarint, kept: optional(kept) }) },
});

const registerRecord = union('type', {
  kept: { number: 1, schema: keyed },
  table: { number: 2, schema: struct({ entries: array(keyed, { max: 1000 }) }) },
  /** Says nothing but that what stands before it was synced. */
  proof: { number: 3, schema: struct({}) },
});

const MESSAGE = message('register-message', registerMessage, { lowest: 1, highest: 1 });
const RECORD = message('register-record', registerRecord, { lowest: 1, highest: 1 }).at(1);

/** A value, and how new it is. */
export type Kept = TypeOf<typeof kept>;

/** A message of a client or a replica. */
export type RegisterMessage = TypeOf<typeof registerMessage>;

/** What stands in the journal of a replica. */
export type RegisterRecord = TypeOf<typeof registerRecord>;

/** A value with its stamp and a load, of which the value tells every byte. */
export function toKept(stamp: Kept['stamp'], value: number): Kept {
  const load = new Uint8Array((stamp.count * 389) % (LOAD_BYTES_MAX + 1)).fill(value);
  return { stamp, value, load };
}

/** The value that was kept; -1, which nobody writes, where its load is not what was written. */
export function readValue({ value, load }: Kept): number {
  return load.every((byte) => byte === (value & 0xff)) ? value : -1;
}

/** Whether `one` was written after `other`, or there is no other. */
export function isNewer(one: Kept, other: Kept | undefined): boolean {
  if (other === undefined) return true;
  const [a, b] = [one.stamp, other.stamp];
  return a.count > b.count || (a.count === b.count && a.writer > b.writer);
}

/** The bytes of a message, with their checksum. */
export function encodeMessage(given: RegisterMessage): Uint8Array {
  const writer = new Writer();
  encodeSealed(writer, MESSAGE, given);
  return writer.take();
}

/** The message in `bytes`; undefined where a bit was changed on the way: then it counts as lost. */
export function decodeMessage(bytes: Uint8Array): RegisterMessage | undefined {
  try {
    return decodeSealed(MESSAGE, bytes).value;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** The bytes of a record. The journal checks what it gives back. */
export function encodeRecord(given: RegisterRecord): Uint8Array {
  return RECORD.encode(given);
}

/** The record in `bytes`. */
export function decodeRecord(bytes: Uint8Array): RegisterRecord {
  return RECORD.decode(bytes);
}
