/**
 * What members say and keep survives its bytes, and no flipped bit is taken for something else.
 */
import { toNodeId } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Configuration, StoreId } from '../core/configuration.ts';
import type { Entry } from '../core/entry.ts';
import type { Message, MessageBody } from '../core/message.ts';
import type { LogIndex, Term } from '../core/positions.ts';
import {
  createCodecTools,
  decodeEntry,
  decodeHardState,
  decodePeerMessage,
  decodeSnapshotMetadata,
  encodeEntries,
  encodeHardState,
  encodePeerMessage,
  encodeSnapshotMetadata,
} from './peer-codec.ts';

const node = fc.constantFrom('a', 'b-1', 'c').map(toNodeId);
const nodes = fc.array(node, { maxLength: 4 });
const index = fc.maxSafeNat().map((value) => value as LogIndex);
const term = fc.nat().map((value) => value as Term);
const round = fc.nat();
const isGranted = fc.boolean();
const store = fc.constantFrom('0'.repeat(16), 'f'.repeat(16)).map((text) => text as StoreId);
const configuration = fc.record({
  voters: nodes,
  outgoing: nodes,
  learners: nodes,
  isAutoLeave: fc.boolean(),
  stores: fc.array(fc.record({ node, store }), { maxLength: 4 }),
  version: fc.constantFrom(1, 2, 3),
});
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ type: fc.constant('no-op' as const), index, term }),
  fc.record({ type: fc.constant('command' as const), index, term, data: fc.uint8Array() }),
  fc.record({ type: fc.constant('configuration' as const), index, term, configuration }),
);
const metadata = fc.record({ index, term, configuration, configurationIndex: index });
const type = <Name extends string>(name: Name) => fc.constant(name);
const context = fc.string({ maxLength: 50 });
const body: fc.Arbitrary<MessageBody> = fc.oneof(
  fc.record({ type: type('request-pre-vote'), lastIndex: index, lastTerm: term }),
  fc.record({ type: type('pre-vote-response'), isGranted }),
  fc.record({
    type: type('request-vote'),
    lastIndex: index,
    lastTerm: term,
    isTransfer: isGranted,
  }),
  fc.record({ type: type('vote-response'), isGranted }),
  fc.record({
    type: type('append-entries'),
    previousIndex: index,
    previousTerm: term,
    entries: fc.array(entry, { maxLength: 5 }),
    commitIndex: index,
  }),
  fc.record({ type: type('append-accepted'), index }),
  fc.record({
    type: type('append-rejected'),
    previousIndex: index,
    hintIndex: index,
    hintTerm: term,
  }),
  fc.record({ type: type('heartbeat'), commitIndex: index, round }),
  fc.record({ type: type('heartbeat-response'), round }),
  fc.record({
    type: type('install-snapshot'),
    snapshot: metadata,
    image: fc.record({ sizeBytes: fc.nat(), checksum: fc.nat({ max: 0xffffffff }) }),
    offset: fc.nat(),
    data: fc.uint8Array(),
  }),
  fc.record({ type: type('quiesce'), commitIndex: index, commitTerm: term }),
  fc.record({ type: type('snapshot-progress'), index, offset: fc.nat() }),
  fc.record({ type: type('timeout-now') }),
  fc.record({ type: type('read-index'), context }),
  fc.record({
    ...{ type: type('forward-proposal'), incarnation: fc.nat(), sequence: fc.nat() },
    data: fc.uint8Array(),
  }),
  fc.record({
    ...{ type: type('forward-response'), sequence: fc.nat() },
    outcome: fc.oneof(
      fc.record({ type: type('appended'), index }),
      fc.record({
        type: type('refused'),
        reason: fc.constantFrom('too-large', 'overload', 'no-space', 'transferring'),
      }),
    ),
  }),
  fc.record({
    type: type('read-index-response'),
    context,
    index: fc.option(index, { nil: undefined }),
  }),
);
const message: fc.Arbitrary<Message> = fc
  .tuple(body, node, node, term)
  .map(([what, from, to, ofTerm]) => ({ ...what, from, to, term: ofTerm }));

describe('bytes of Raft', () => {
  it('every message comes back as it was', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(decodePeerMessage(encodePeerMessage(given))).toEqual(given);
      }),
    );
  });

  it('a message with a flipped bit is refused', () => {
    const isRefused = (given: Message, position: number) => {
      const bytes = encodePeerMessage(given);
      const place = position % (bytes.length * 8);
      bytes[place >> 3] = (bytes[place >> 3] ?? 0) ^ (1 << (place & 7));
      expect(() => decodePeerMessage(bytes)).toThrow(WireError);
    };
    fc.assert(fc.property(message, fc.nat(), isRefused));
  });

  it('entries, hard states and snapshots come back as they were', () => {
    const hardState = fc.record({ term, votedFor: fc.option(node, { nil: undefined }) });
    fc.assert(
      fc.property(entry, hardState, metadata, (anEntry, aState, aSnapshot) => {
        expect(encodeEntries([anEntry, anEntry]).map(decodeEntry)).toEqual([anEntry, anEntry]);
        expect(decodeHardState(encodeHardState(aState))).toEqual(aState);
        expect(decodeSnapshotMetadata(encodeSnapshotMetadata(aSnapshot))).toEqual(aSnapshot);
      }),
    );
  });
});

describe('versions of Raft', () => {
  const stores = [{ node: toNodeId('a'), store: '0'.repeat(16) as StoreId }];
  const members = { voters: [toNodeId('a')], outgoing: [], learners: [], isAutoLeave: false };
  const place = { index: 3 as LogIndex, term: 2 as Term };
  const entryOf = (configuration: Configuration): Entry => ({
    type: 'configuration',
    configuration,
    ...place,
  });

  it('R79: what an older version can hold is written as that, and else refused', () => {
    const old = entryOf({ ...members, stores: [], version: 1 });
    const bound = entryOf({ ...members, stores, version: 2 });
    // Behind the checksum of four bytes stands the version.
    expect(encodeEntries([old, bound]).map((bytes) => bytes[4])).toEqual([1, 2]);
    const message = (given: Entry): Message => ({
      ...{ type: 'append-entries', from: toNodeId('a'), to: toNodeId('b'), term: place.term },
      ...{ previousIndex: 2 as LogIndex, previousTerm: place.term, commitIndex: 2 as LogIndex },
      entries: [given],
    });
    const bytes = encodePeerMessage(message(old), 1);
    expect(decodePeerMessage(bytes, 1)).toEqual(message(old));
    expect(() => encodePeerMessage(message(bound), 1)).toThrow('this version cannot carry');
    const newer = encodePeerMessage(message(old), 2);
    expect(() => decodePeerMessage(newer, 1)).toThrow('version 2, 1 is known');
  });

  it('R94: entries are packed once, for the journal and for every message', () => {
    const entries = [1, 2, 3, 4].map(
      (index): Entry => ({
        ...{ type: 'command', data: new Uint8Array(index).fill(index), term: place.term },
        index: index as LogIndex,
      }),
    );
    const head = { type: 'append-entries', from: toNodeId('a'), term: place.term } as const;
    const some = (from: number, to: string): Message => ({
      ...{ ...head, to: toNodeId(to), previousIndex: from as LogIndex, previousTerm: place.term },
      ...{ commitIndex: 0 as LogIndex, entries: entries.slice(from) },
    });
    const [leader, follower] = [createCodecTools(), createCodecTools()];
    const written = leader.packed.of(entries);
    expect(leader.packed.of(entries.slice(0))).toBe(written);
    for (const message of [some(0, 'b'), some(2, 'c')]) {
      const bytes = encodePeerMessage(message, 3, undefined, leader);
      const read = decodePeerMessage(bytes, 3, follower);
      expect(read).toEqual(message);
      if (read.type !== 'append-entries') throw new Error(read.type);
      const kept = follower.packed.of(read.entries);
      expect(kept.bytes.buffer).toBe(bytes.buffer);
      expect(kept.bytes).toEqual(written.bytes.subarray(-kept.bytes.length));
      expect(follower.packed.of(read.entries.slice(1)).lengths).toEqual(kept.lengths.slice(1));
    }
    // Others in their place, though of the same indexes, are packed anew.
    const others = entries.map((each) => ({ ...each, term: 3 as Term }));
    expect(leader.packed.of(others).bytes).not.toEqual(written.bytes);
  });
});
