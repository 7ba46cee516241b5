/**
 * One of everything that members keep and say to each other: what the golden file holds.
 */
import { toNodeId } from '@mangrove/host';
import type { Command, LeaseId, LogCommand, Operation, Revision } from '@mangrove/kv';
import type { MemberMessage } from '../src/shell/member-messages.ts';
import type { StateSlice } from '../src/shell/state-codec.ts';

const bytes = (...all: number[]): Uint8Array => new Uint8Array(all);
const KEY = bytes(107, 0, 255);
const lease = (id: bigint): LeaseId => id as LeaseId;
const range = { from: KEY, to: bytes(107, 1) };

const OPERATIONS: Readonly<Record<string, Operation>> = {
  put: {
    type: 'put',
    key: KEY,
    value: bytes(1, 2),
    lease: lease(0x7fff_ffff_ffff_ffffn),
    wantsPrevious: true,
  },
  'put that keeps': {
    type: 'put',
    key: KEY,
    value: undefined,
    lease: undefined,
    wantsPrevious: false,
  },
  delete: { type: 'delete', range: { from: KEY, to: bytes(107, 0, 255, 0) }, wantsPrevious: true },
  range: {
    type: 'range',
    range: { from: KEY, to: undefined },
    revision: 300 as Revision,
    limit: 10,
    sort: { by: 'mod', order: 'descend' },
    minModRevision: 1,
    maxModRevision: 2,
    minCreateRevision: 3,
    maxCreateRevision: 4,
    keysOnly: true,
    countOnly: false,
  },
};

const TXN: Operation = {
  type: 'txn',
  compares: [
    { range, relation: 'equal', operand: { target: 'version', number: 1 } },
    { range, relation: 'not-equal', operand: { target: 'create', number: 2 } },
    { range, relation: 'greater', operand: { target: 'mod', number: 3 } },
    { range, relation: 'less', operand: { target: 'lease', lease: lease(4n) } },
    { range, relation: 'equal', operand: { target: 'value', value: bytes(5) } },
  ],
  success: Object.values(OPERATIONS),
  failure: [{ type: 'txn', compares: [], success: [], failure: [] }],
};

const COMMANDS: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(
    Object.entries({ ...OPERATIONS, txn: TXN }).map(([name, operation]) => [
      name,
      { type: 'operation', operation } as const,
    ]),
  ),
  compact: { type: 'compact', revision: 300 as Revision },
  'grant-lease': { type: 'grant-lease', lease: lease(7n), ttlMs: 60_000 },
  'revoke-lease': { type: 'revoke-lease', lease: lease(7n) },
  'expire-leases': { type: 'expire-leases', leases: [lease(7n), lease(8n)], term: 9 },
  'checkpoint-leases': {
    type: 'checkpoint-leases',
    leases: [{ lease: lease(7n), remainingMs: 1_000 }],
    term: 9,
  },
};

const member = toNodeId('n1');

/** Commands by the name of their line in the golden file. */
export const RELEASED_COMMANDS: ReadonlyMap<string, LogCommand> = new Map<string, LogCommand>([
  ...Object.entries(COMMANDS).map(([name, command]): [string, LogCommand] => [
    `1 ${name}`,
    { type: 'change', place: undefined, command },
  ]),
  [
    '1 put in a session',
    {
      type: 'change',
      place: { session: 500, sequence: 2 },
      command: { type: 'operation', operation: OPERATIONS['put'] as Operation },
    },
  ],
  [
    '1 put in a window',
    {
      type: 'change',
      place: { session: 500, sequence: 9, settled: 2 },
      command: { type: 'operation', operation: OPERATIONS['put'] as Operation },
    },
  ],
  ['1 open-session', { type: 'open-session' }],
  ['1 raise-alarm', { type: 'raise-alarm', alarm: 'no-space', member }],
  ['1 disarm-alarm', { type: 'disarm-alarm', alarm: 'corrupt' }],
  ['1 announce', { type: 'announce', member, clientAddress: '10.0.0.1:2379' }],
  ['1 take-digest', { type: 'take-digest' }],
]);

const revision = 300 as Revision;
const kv = {
  key: KEY,
  value: bytes(1, 2),
  createRevision: 3 as Revision,
  modRevision: revision,
  version: 4,
  lease: lease(7n),
};
const version = { key: KEY, revision, sub: 1, createRevision: revision, version: 4 };

/** Slices of a state by the name of their line. */
export const RELEASED_SLICES: ReadonlyMap<string, StateSlice> = new Map<string, StateSlice>([
  [
    '1 slice head',
    {
      type: 'head',
      revision,
      compactRevision: 200 as Revision,
      alarms: [{ alarm: 'corrupt', member }],
      addresses: [{ member, clientAddress: '10.0.0.1:2379' }],
    },
  ],
  [
    '1 slice leases',
    { type: 'leases', leases: [{ id: lease(7n), ttlMs: 60_000, remainingMs: 1_000 }] },
  ],
  [
    '1 slice sessions',
    {
      type: 'sessions',
      sessions: [
        { session: 5, sequence: 0, result: undefined },
        {
          session: 6,
          sequence: 2,
          result: { type: 'done', revision, result: { type: 'applied' } },
        },
        {
          session: 7,
          sequence: 3,
          result: {
            type: 'done',
            revision,
            result: {
              type: 'txn',
              succeeded: true,
              results: [
                { type: 'put', previous: kv },
                { type: 'delete', deletedCount: 1, previous: [kv] },
                { type: 'range', kvs: [kv], count: 2, hasMore: true },
              ],
            },
          },
        },
        {
          session: 8,
          sequence: 4,
          result: { type: 'failed', revision, code: 'no-space', isDefinite: true },
        },
      ],
    },
  ],
  [
    '1 slice session-windows',
    {
      type: 'session-windows',
      sessions: [
        { session: 5, settled: 0, answers: [] },
        {
          session: 6,
          settled: 300,
          answers: [
            {
              sequence: 302,
              answer: { type: 'done', revision, result: { type: 'put', previous: undefined } },
            },
            {
              sequence: 301,
              answer: { type: 'failed', revision, code: 'no-space', isDefinite: true },
            },
          ],
        },
      ],
    },
  ],
  [
    '1 slice versions',
    {
      type: 'versions',
      versions: [
        { ...version, value: bytes(9), lease: lease(7n) },
        { ...version, value: undefined, lease: lease(0n) },
      ],
    },
  ],
  ['1 slice end', { type: 'end', versionCount: 2 }],
]);

/** Messages of members by the name of their line. */
export const RELEASED_MESSAGES: ReadonlyMap<string, MemberMessage> = new Map<string, MemberMessage>(
  [
    ['1 message ask-revision', { type: 'ask-revision', id: 300 }],
    ['1 message tell-revision', { type: 'tell-revision', id: 300, revision }],
    ['1 message digest', { type: 'digest', index: 300, digest: 0xdeadbeef }],
  ],
);
