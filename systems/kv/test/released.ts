/**
 * One of everything that the log of the store carries: what the golden file holds.
 */
import { toNodeId } from '@mangrove/host';
import type { Command, LeaseId, LogCommand, Operation, Revision } from '@mangrove/kv';

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
  ['1 open-session', { type: 'open-session' }],
  ['1 raise-alarm', { type: 'raise-alarm', alarm: 'no-space', member }],
  ['1 disarm-alarm', { type: 'disarm-alarm', alarm: 'corrupt' }],
  ['1 announce', { type: 'announce', member, clientAddress: '10.0.0.1:2379' }],
  ['1 take-digest', { type: 'take-digest' }],
]);
