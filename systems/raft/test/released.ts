/**
 * One of everything that members say and keep, in each version: what the golden file holds.
 */
import { toNodeId } from '@mangrove/host';
import type { Configuration, StoreId } from '../src/core/configuration.ts';
import type { Entry } from '../src/core/entry.ts';
import type { Message, MessageBody } from '../src/core/message.ts';
import type { LogIndex, Term } from '../src/core/positions.ts';
import type { SnapshotMetadata } from '../src/core/snapshot-metadata.ts';
import { PLAIN_RECORDS_SINCE } from '../src/shell/entry-records.ts';
import {
  createCodecTools,
  encodeEntries,
  encodeHardState,
  encodePeerMessage,
  encodeSnapshotMetadata,
  FORMAT_VERSIONS,
} from '../src/shell/peer-codec.ts';

const index = (value: number) => value as LogIndex;
const term = (value: number) => value as Term;
const [A, B, C] = ['n1', 'n2', 'n3'].map(toNodeId) as [never, never, never];
const DATA = Uint8Array.of(0, 127, 128, 255);

/** A joint configuration, as version 1 knows it and as later ones do. */
const CONFIGURATIONS: readonly Configuration[] = [1, 2, 3].map((version) => ({
  voters: [A, B, C],
  outgoing: [A, B],
  learners: [C],
  isAutoLeave: true,
  stores: version === 1 ? [] : [{ node: A, store: '00112233aabbccdd' as StoreId }],
  version,
}));

const entriesOf = (configuration: Configuration): readonly Entry[] => [
  { type: 'no-op', index: index(300), term: term(7) },
  { type: 'command', index: index(301), term: term(7), data: DATA },
  { type: 'configuration', index: index(302), term: term(8), configuration },
];

const metadataOf = (configuration: Configuration) => ({
  index: index(299),
  term: term(6),
  configuration,
  configurationIndex: index(200),
});

/** What version 1 does not have. */
const ADDED: readonly MessageBody[] = [
  { type: 'forward-proposal', incarnation: 3, sequence: 200, data: DATA },
  {
    type: 'forward-response',
    sequence: 200,
    outcome: { type: 'appended', index: index(303) },
  },
];

const bodiesOf = (configuration: Configuration): readonly MessageBody[] => [
  ...(configuration.version === 1 ? [] : ADDED),
  { type: 'request-pre-vote', lastIndex: index(300), lastTerm: term(7) },
  { type: 'pre-vote-response', isGranted: true },
  { type: 'request-vote', lastIndex: index(300), lastTerm: term(7), isTransfer: true },
  { type: 'vote-response', isGranted: false },
  {
    type: 'append-entries',
    previousIndex: index(299),
    previousTerm: term(6),
    entries: entriesOf(configuration),
    commitIndex: index(250),
  },
  { type: 'append-accepted', index: index(302) },
  {
    type: 'append-rejected',
    previousIndex: index(299),
    hintIndex: index(100),
    hintTerm: term(5),
  },
  { type: 'heartbeat', commitIndex: index(302), round: 1000 },
  { type: 'heartbeat-response', round: 1000 },
  { type: 'quiesce', commitIndex: index(302), commitTerm: term(8) },
  {
    type: 'install-snapshot',
    snapshot: metadataOf(configuration),
    image: { sizeBytes: 1000, checksum: 0xdeadbeef },
    offset: 996,
    data: DATA,
  },
  { type: 'snapshot-progress', index: index(299), offset: 500 },
  { type: 'timeout-now' },
  { type: 'read-index', context: 'c1-17' },
  { type: 'read-index-response', context: 'c1-17', index: index(302) },
];

/** Messages by the name of their line in the golden file. */
export function releasedMessages(): ReadonlyMap<string, Message> {
  const all = new Map<string, Message>();
  for (const [nth, configuration] of CONFIGURATIONS.entries()) {
    for (const body of bodiesOf(configuration)) {
      all.set(`message ${nth + 1} ${body.type}`, { from: A, to: B, term: term(8), ...body });
    }
  }
  return all;
}

/** What snapshots and entries are made of, by version. */
export function releasedRecords(version: number): {
  readonly entries: readonly Entry[];
  readonly snapshot: SnapshotMetadata;
} {
  const configuration = CONFIGURATIONS[version - 1] as Configuration;
  return { entries: entriesOf(configuration), snapshot: metadataOf(configuration) };
}

/** The lines of the golden file: name, and bytes as this code writes them. */
export function releasedBytes(): ReadonlyMap<string, Uint8Array> {
  const all = new Map<string, Uint8Array>();
  for (const [name, message] of releasedMessages()) {
    all.set(name, encodePeerMessage(message, Number(name.split(' ')[1])));
  }
  for (let version = FORMAT_VERSIONS.lowest; version <= FORMAT_VERSIONS.highest; version++) {
    const { entries, snapshot } = releasedRecords(version);
    for (const [nth, bytes] of recordsOf(entries, version).entries()) {
      all.set(`entry ${version} ${entries[nth]?.type}`, bytes);
    }
    all.set(`snapshot ${version}`, encodeSnapshotMetadata(snapshot));
  }
  all.set('hard-state 1', encodeHardState({ term: term(8), votedFor: B }));
  all.set('hard-state 1 without a vote', encodeHardState({ term: term(8), votedFor: undefined }));
  return all;
}

function recordsOf(entries: readonly Entry[], version: number): readonly Uint8Array[] {
  if (version < PLAIN_RECORDS_SINCE) return encodeEntries(entries);
  const { packed } = createCodecTools();
  return entries.map((entry) => packed.of([entry]).bytes);
}
