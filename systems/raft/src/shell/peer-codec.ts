/**
 * What members say to each other, and what they keep, as bytes.
 *
 *     message      => from:text to:text term:uvarint body:union
 *     record       => entry:union                           (from version 3 on: entry-records.ts)
 *     hard-state   => term:uvarint votedFor:text?
 *     snapshot     => metadata:struct                       (the header of its file)
 *
 * Each is sealed: a checksum and a version stand in front. From version 3 on entries go as records
 * of the journal, which are made once for all.
 */
import type { NodeId } from '@mangrove/host';
import {
  array,
  boolean,
  branded,
  bytes,
  type Crc32c,
  decodeSealed,
  encodeSealed,
  field,
  message,
  oneOf,
  optional,
  crc32c as portableCrc32c,
  struct,
  type TypeOf,
  text,
  uint32,
  union,
  uvarint,
  WireError,
  type Message as WireMessage,
  Writer,
} from '@mangrove/wire';
import { type Configuration, MAX_MEMBERS, type StoreId } from '../core/configuration.ts';
import type { HardState } from '../core/effect.ts';
import { type Entry, entrySizeBytes } from '../core/entry.ts';
import { FORWARDING_SINCE, type ForwardRefusal } from '../core/forwarding.ts';
import { STORES_SINCE } from '../core/identity.ts';
import type { Message } from '../core/message.ts';
import type { LogIndex, Term } from '../core/positions.ts';
import type { SnapshotMetadata } from '../core/snapshot-metadata.ts';
import { createEntryRecords, PackedEntries, PLAIN_RECORDS_SINCE } from './entry-records.ts';
import { SmallWriter } from './small-writer.ts';

/** The most bytes of one command that any node can read, whatever it was configured to take. */
export const COMMAND_BYTES_READ_MAX = 16_777_216;

/** The most entries of one message. */
const ENTRIES_MAX = 65_536;

/** The most bytes of a snapshot in one message. */
const CHUNK_BYTES_MAX = 16_777_216;

/** The most bytes of a message: more entries than any bound lets go. */
const MESSAGE_BYTES_MAX = 8 * COMMAND_BYTES_READ_MAX;

const node = branded<NodeId>(text({ max: 63 }));
const term = branded<Term>(uvarint);
const index = branded<LogIndex>(uvarint);
const store = branded<StoreId>(text({ max: 16 }));
const nodes = array(node, { max: MAX_MEMBERS });
const configuration = struct({
  voters: nodes,
  outgoing: nodes,
  learners: nodes,
  isAutoLeave: boolean,
  stores: field(array(struct({ node, store }), { max: 2 * MAX_MEMBERS }), {
    since: STORES_SINCE,
    absent: [],
  }),
  version: field(uvarint, { since: STORES_SINCE, absent: 1 }),
});
const entry = union('type', {
  'no-op': { number: 0, schema: struct({ index, term }) },
  command: {
    number: 1,
    schema: struct({ index, term, data: bytes({ max: COMMAND_BYTES_READ_MAX }) }),
  },
  configuration: { number: 2, schema: struct({ index, term, configuration }) },
});
const metadata = struct({ index, term, configuration, configurationIndex: index });
const image = struct({ sizeBytes: uvarint, checksum: uint32 });

const forwardOutcome = union('type', {
  appended: { number: 1, schema: struct({ index }) },
  refused: {
    number: 2,
    schema: struct({
      reason: oneOf<ForwardRefusal>({
        'too-large': 1,
        overload: 2,
        'no-space': 3,
        transferring: 4,
      }),
    }),
  },
});

const bodies = union('type', {
  'request-pre-vote': { number: 1, schema: struct({ lastIndex: index, lastTerm: term }) },
  'pre-vote-response': { number: 2, schema: struct({ isGranted: boolean }) },
  'request-vote': {
    number: 3,
    schema: struct({ lastIndex: index, lastTerm: term, isTransfer: boolean }),
  },
  'vote-response': { number: 4, schema: struct({ isGranted: boolean }) },
  'append-entries': {
    number: 5,
    schema: struct({
      previousIndex: index,
      previousTerm: term,
      entries: array(entry, { max: ENTRIES_MAX }),
      commitIndex: index,
    }),
  },
  'append-records': {
    number: 22,
    since: PLAIN_RECORDS_SINCE,
    schema: struct({
      previousIndex: index,
      previousTerm: term,
      commitIndex: index,
      lengths: array(uvarint, { max: ENTRIES_MAX }),
      records: bytes({ max: MESSAGE_BYTES_MAX }),
    }),
  },
  'append-accepted': { number: 6, schema: struct({ index }) },
  'append-rejected': {
    number: 7,
    schema: struct({ previousIndex: index, hintIndex: index, hintTerm: term }),
  },
  heartbeat: { number: 8, schema: struct({ commitIndex: index, round: uvarint }) },
  'heartbeat-response': { number: 9, schema: struct({ round: uvarint }) },
  'install-snapshot': {
    number: 10,
    schema: struct({
      snapshot: metadata,
      image,
      offset: uvarint,
      data: bytes({ max: CHUNK_BYTES_MAX }),
    }),
  },
  'timeout-now': { number: 11, schema: struct({}) },
  'read-index': { number: 12, schema: struct({ context: text({ max: 200 }) }) },
  'forward-proposal': {
    number: 20,
    since: FORWARDING_SINCE,
    schema: struct({
      incarnation: uvarint,
      sequence: uvarint,
      data: bytes({ max: COMMAND_BYTES_READ_MAX }),
    }),
  },
  'forward-response': {
    number: 21,
    since: FORWARDING_SINCE,
    schema: struct({ sequence: uvarint, outcome: forwardOutcome }),
  },
  'read-index-response': {
    number: 13,
    schema: struct({ context: text({ max: 200 }), index: optional(index) }),
  },
  quiesce: { number: 15, schema: struct({ commitIndex: index, commitTerm: term }) },
  'snapshot-progress': { number: 14, schema: struct({ index, offset: uvarint }) },
});

type WireBody = TypeOf<typeof bodies>;

/** The versions of messages and records that this code has. */
export const FORMAT_VERSIONS = { lowest: 1, highest: 3 } as const;

const peerMessage = message(
  'raft-message',
  struct({ from: node, to: node, term, body: bodies }),
  FORMAT_VERSIONS,
);
const sealedRecord = message('raft-entry', struct({ entry }), {
  lowest: 1,
  highest: PLAIN_RECORDS_SINCE - 1,
});
const records = createEntryRecords(entry);
const hardStateRecord = message(
  'raft-hard-state',
  struct({ term, votedFor: optional(node) }),
  FORMAT_VERSIONS,
);
const snapshotHeader = message('raft-snapshot', struct({ metadata }), FORMAT_VERSIONS);

/** What makes and reads the messages of one node. */
export interface CodecTools {
  /** The fastest checksum of this machine. */
  readonly crc32c: Crc32c;
  /** What the journal and all messages of one turn share. */
  readonly packed: PackedEntries;
  /** What is small is written with this: memory of its own would take longer than all else. */
  readonly small: SmallWriter;
}

/** The tools of a node, or of all nodes of a process: they are used for one thing at a time. */
export function createCodecTools(crc32c: Crc32c = portableCrc32c): CodecTools {
  const small = new SmallWriter();
  return { crc32c, packed: new PackedEntries(records, small), small };
}

/**
 * The bytes of a message in a version that its receiver has.
 *
 * @param prefix a byte that stands in front of it
 */
export function encodePeerMessage(
  given: Message,
  version: number = FORMAT_VERSIONS.highest,
  prefix?: number,
  { crc32c, packed, small }: CodecTools = createCodecTools(),
): Uint8Array {
  const { from, to, term: ofTerm } = given;
  const body = bodyOf(given, version, packed);
  const sizeBytes = HEAD_BYTES + contentBytes(body);
  const writer = small.for(sizeBytes) ?? writerFor(sizeBytes);
  if (prefix !== undefined) writer.uint8(prefix);
  encodeSealed(writer, peerMessage, { from, to, term: ofTerm, body }, version, crc32c);
  return writer.take();
}

/**
 * The message in `bytes`; throws `WireError`. Data shares the memory of `bytes`.
 *
 * @param versionMax newer ones are not known, as code that is older would say
 */
export function decodePeerMessage(
  encoded: Uint8Array,
  versionMax: number = FORMAT_VERSIONS.highest,
  { crc32c, packed }: CodecTools = createCodecTools(),
): Message {
  const { value, version } = decodeSealed(peerMessage, encoded, crc32c);
  if (version > versionMax) {
    throw new WireError('unknown-version', `version ${version}, ${versionMax} is known`);
  }
  const { from, to, term: ofTerm, body } = value;
  if (body.type !== 'append-records') return { ...body, from, to, term: ofTerm };
  const { previousIndex, previousTerm, commitIndex, lengths } = body;
  const came = { bytes: body.records, lengths };
  const entries = records.unpack(came);
  packed.keep(entries, came);
  return {
    type: 'append-entries',
    previousIndex,
    previousTerm,
    entries,
    commitIndex,
    from,
    to,
    term: ofTerm,
  };
}

/**
 * Entries as records of the journal, sealed, which share memory: what a group writes as long as
 * not all of its members have version 3. Each is in the oldest version that can hold it, so that
 * the code before this one can read what it wrote.
 */
export function encodeEntries(given: readonly Entry[]): Uint8Array[] {
  const writer = writerFor(sizeOf(given));
  return given.map((entry) => {
    const version = entry.type === 'configuration' ? versionOf(entry.configuration) : 1;
    encodeSealed(writer, sealedRecord, { entry }, version);
    return writer.take();
  });
}

/** The entry in a record of any version; throws `WireError`. */
export function decodeEntry(encoded: Uint8Array): Entry {
  if (!records.isPlain(encoded)) return decodeSealed(sealedRecord, encoded).value.entry;
  const [entry] = records.unpack({ bytes: encoded, lengths: [encoded.length] });
  return entry as Entry;
}

/** Term and vote, for the reserved record of the journal. */
export function encodeHardState(given: HardState): Uint8Array {
  return sealed(hardStateRecord, given, FORMAT_VERSIONS.lowest);
}

/** Term and vote; throws `WireError`. */
export function decodeHardState(encoded: Uint8Array): HardState {
  return decodeSealed(hardStateRecord, encoded).value;
}

/** What a snapshot says of itself, for the header of its file, in the oldest version that can. */
export function encodeSnapshotMetadata(given: SnapshotMetadata): Uint8Array {
  return sealed(snapshotHeader, { metadata: given }, versionOf(given.configuration));
}

/** What the header of a snapshot says; throws `WireError`. */
export function decodeSnapshotMetadata(encoded: Uint8Array): SnapshotMetadata {
  return decodeSealed(snapshotHeader, encoded).value.metadata;
}

/** The oldest version that can hold `configuration`. */
function versionOf({ stores, version }: Configuration): number {
  return stores.length === 0 && version < STORES_SINCE ? 1 : STORES_SINCE;
}

/** What a message without entries takes at most, but for read contexts. */
const HEAD_BYTES = 256;

/** What a message carries: entries as records, where there are any and its version has them. */
function bodyOf(given: Message, version: number, packed: PackedEntries): WireBody {
  if (given.type !== 'append-entries' || version < PLAIN_RECORDS_SINCE) return given;
  const { previousIndex, previousTerm, commitIndex, entries } = given;
  const { bytes: content, lengths } = packed.of(entries);
  return {
    type: 'append-records',
    previousIndex,
    previousTerm,
    commitIndex,
    lengths,
    records: content,
  };
}

/** What of a message may be long. */
function contentBytes(body: WireBody): number {
  switch (body.type) {
    case 'append-entries':
      return sizeOf(body.entries);
    case 'append-records':
      return body.records.length + body.lengths.length * LENGTH_COST_BYTES;
    case 'install-snapshot':
      return body.data.length;
    default:
      return 0;
  }
}

/** What the length of a record takes at most. */
const LENGTH_COST_BYTES = 4;

/** Entries take up less, sealed: their overhead is counted generously. */
function sizeOf(entries: readonly Entry[]): number {
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += entrySizeBytes(entry);
  return sizeBytes;
}

/** A writer that needs not grow: growing copies, and a batch of entries is long. */
function writerFor(sizeBytes: number): Writer {
  return new Writer({ slabBytes: Math.max(HEAD_BYTES, sizeBytes), maxBytes: MESSAGE_BYTES_MAX });
}

function sealed<Value>(schema: WireMessage<Value>, value: Value, version: number): Uint8Array {
  const writer = new Writer();
  encodeSealed(writer, schema, value, version);
  return writer.take();
}
