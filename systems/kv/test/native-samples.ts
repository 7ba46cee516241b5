/**
 * One message of every kind that clients and members say to each other, with every kind of request
 * and result in them.
 */
import { toNodeId } from '@mangrove/host';
import {
  type KeyValue,
  type KvReply,
  type KvRequest,
  type KvResult,
  type LeaseId,
  op,
  prefixRange,
  type Revision,
  singleKey,
  when,
} from '../src/index.ts';
import type { ClientMessage, ServerMessage } from '../src/protocol/native/messages.ts';

const A = new TextEncoder().encode('a');
const LEASE = 0x1234_5678_9abcn as LeaseId;
const NODE = toNodeId('n1');
const PLACE = { session: 300, sequence: 2 };
const NOW = 0 as Revision;

const kv: KeyValue = {
  key: A,
  value: new TextEncoder().encode('1'),
  createRevision: 2 as Revision,
  modRevision: 1000 as Revision,
  version: 3,
  lease: LEASE,
};

const requests: readonly KvRequest[] = [
  {
    type: 'operation',
    operation: op.txn(
      [
        when('a').value('=', '1'),
        when({ prefix: 'b' }).version('>', 2),
        when('c').lease('!=', LEASE),
      ],
      [op.put('a', '2', { lease: LEASE, previous: true }), op.txn([], [op.delete('d')])],
      [op.get({ prefix: '' }, { limit: 5, sortBy: 'mod', order: 'descend', keysOnly: true })],
    ),
    consistency: { type: 'linearizable' },
    place: PLACE,
  },
  {
    type: 'operation',
    operation: op.get('a', { revision: 7 }),
    consistency: { type: 'bounded', stalenessMsMax: 50, revisionLagMax: undefined },
    place: undefined,
  },
  {
    type: 'operation',
    operation: op.delete({ from: 'a', to: 'c' }, { previous: true }),
    consistency: { type: 'session', token: 12 as Revision },
    place: undefined,
  },
  { type: 'open-session' },
  { type: 'compact', revision: 9 as Revision },
  { type: 'grant-lease', lease: LEASE, ttlMs: 10_000, place: PLACE },
  { type: 'revoke-lease', lease: LEASE, place: undefined },
  { type: 'keep-lease-alive', lease: LEASE },
  { type: 'lease-time-to-live', lease: LEASE, wantsKeys: true },
  { type: 'list-leases' },
  { type: 'hash', revision: NOW },
  { type: 'status' },
  { type: 'list-members' },
  {
    type: 'change-members',
    changes: [
      { type: 'add-learner', node: toNodeId('n4') },
      { type: 'promote', node: toNodeId('n4') },
      { type: 'demote', node: NODE },
      { type: 'remove', node: NODE },
    ],
  },
  { type: 'transfer-leadership', target: NODE },
  { type: 'list-alarms' },
  { type: 'disarm-alarm', alarm: 'no-space' },
  { type: 'await-sweep', revision: 9 as Revision },
];

const results: readonly KvResult[] = [
  { type: 'put', previous: kv },
  { type: 'delete', deletedCount: 1, previous: [kv] },
  { type: 'range', kvs: [kv], count: 4, hasMore: true },
  { type: 'txn', succeeded: false, results: [{ type: 'put', previous: undefined }] },
  { type: 'session', session: 300 },
  { type: 'applied' },
  { type: 'lease', lease: LEASE, ttlMs: 10_000 },
  { type: 'lease-time', lease: LEASE, grantedMs: 10_000, remainingMs: 1234.5, keys: [A] },
  { type: 'leases', leases: [LEASE] },
  { type: 'hash', hash: 0xdeadbeef, revision: 9 as Revision, compactRevision: NOW },
  {
    type: 'status',
    status: {
      ...{ member: NODE, version: '0.1.0', role: 'leader', leader: NODE, term: 3 },
      ...{ commitIndex: 10, appliedIndex: 9, revision: 8 as Revision, compactRevision: NOW },
      ...{ keyCount: 1, leaseCount: 1, watcherCount: 0, sizeBytes: 4096, quotaBytes: 1 << 20 },
      alarms: [{ alarm: 'corrupt', member: NODE }],
    },
  },
  {
    type: 'members',
    members: [
      {
        ...{ node: NODE, role: 'voter', peerAddress: '127.0.0.1:1', clientAddress: '127.0.0.1:2' },
        store: undefined,
      },
    ],
  },
  { type: 'alarms', alarms: [] },
];

const header = { member: NODE, term: 3, revision: 1000 as Revision, stalenessMs: 4 };

const replies: readonly KvReply[] = [
  ...results.map((result): KvReply => ({ type: 'done', header, result })),
  {
    ...{ type: 'failed', code: 'compacted', isDefinite: true, detail: 'why', leader: NODE },
    compactRevision: 5 as Revision,
  },
];

/** What a client says. */
export const CLIENT_SAMPLES: readonly ClientMessage[] = [
  { type: 'hello', lowest: 1, highest: 1, cluster: 'mangrove' },
  ...requests.map(
    (request, id): ClientMessage => ({ type: 'request', id, timeoutMs: 5000, request }),
  ),
  { type: 'cancel', id: 3 },
  {
    type: 'watch-create',
    watchId: 4,
    request: {
      ...{ range: prefixRange(A), startRevision: 9 as Revision, wantsPuts: true },
      ...{ wantsDeletes: false, wantsPrevious: true, allowsFragments: true, wantsProgress: false },
    },
  },
  {
    type: 'watch-create',
    watchId: 5,
    request: {
      ...{ range: singleKey(A), startRevision: NOW, wantsPuts: true, wantsDeletes: true },
      ...{ wantsPrevious: false, allowsFragments: false, wantsProgress: true },
    },
  },
  { type: 'watch-cancel', watchId: 4 },
  { type: 'watch-progress' },
  { type: 'credit', sizeBytes: 1 << 20 },
  { type: 'ping' },
  { type: 'snapshot-next', id: 6 },
];

/** What a member says. */
export const SERVER_SAMPLES: readonly ServerMessage[] = [
  {
    ...{ type: 'welcome', version: 1, cluster: 'mangrove', member: NODE, keepAliveMs: 30_000 },
    ...{ requestsMax: 4096, frameBytesMax: 1 << 22 },
  },
  ...replies.map((reply, id): ServerMessage => ({ type: 'reply', id, reply })),
  { type: 'watch', message: { type: 'created', watchId: 4, revision: 9 as Revision } },
  {
    type: 'watch',
    message: {
      ...{ type: 'events', watchId: 4, revision: 1000 as Revision, hasMore: true },
      events: [
        { type: 'put', kv, previous: undefined },
        { type: 'delete', kv, previous: kv },
      ],
    },
  },
  { type: 'watch', message: { type: 'progress', watchId: undefined, revision: 9 as Revision } },
  {
    type: 'watch',
    message: { type: 'canceled', watchId: 4, reason: 'compacted', compactRevision: 7 as Revision },
  },
  {
    type: 'watch',
    message: { type: 'canceled', watchId: 4, reason: 'no-leader', compactRevision: NOW },
  },
  { type: 'pong' },
  { type: 'goodbye', code: 'bad-request', detail: 'why' },
  { type: 'snapshot-chunk', id: 6, chunk: A },
];
