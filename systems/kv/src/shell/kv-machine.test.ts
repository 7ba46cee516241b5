/**
 * Commands that take long, as a member applies them: in several calls, with others in between that
 * see nothing of it before its end.
 */
import { type Host, type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import type { LogIndex, Term } from '@mangrove/raft';
import { Simulation } from '@mangrove/sim';
import { afterEach, describe, expect, it } from 'vitest';
import type { Command } from '../core/command.ts';
import { OperationRead } from '../core/operation-read.ts';
import type { Applied } from '../core/replicated-state.ts';
import { readAll } from '../core/request.ts';
import { WatchHub } from '../core/watch-hub.ts';
import { WatchSession } from '../core/watch-session.ts';
import { PIECE_KEYS } from '../core/work.ts';
import { type LeaseId, NO_LEASE, NO_REVISION } from '../index.ts';
import { KvMachine } from './kv-machine.ts';

const NODE: NodeId = toNodeId('n');
const ALL = { from: new Uint8Array([0]), to: undefined };
const LEASE = 7n as LeaseId;
const KEY_COUNT = 20_000;
/** What one call looks at of a range, at most: 64 pieces. */
const CALL_KEYS = 64 * PIECE_KEYS;

let simulation: Simulation | undefined;

afterEach(() => simulation?.close());

describe('the loop budget: a command that takes long', () => {
  it('R43: lets others run: a deletion of many keys', async () => {
    const { machine, propose } = await filled(NO_LEASE);
    const range = { type: 'delete', range: ALL, wantsPrevious: false } as const;
    const { callCount, applied } = inBetween(machine, () => propose(operationOf(range)));
    expect(callCount).toBe(Math.ceil(KEY_COUNT / CALL_KEYS));
    expect(applied).toMatchObject({ result: { type: 'delete', deletedCount: KEY_COUNT } });
  });

  it('R43: lets others run: the end of a lease with many keys', async () => {
    const { machine, propose } = await filled(LEASE);
    const end: Command = { type: 'revoke-lease', lease: LEASE };
    expect(inBetween(machine, () => propose(end)).callCount).toBeGreaterThan(4);
    expect(machine.state.store.leases.has(LEASE)).toBe(false);
  });

  it('R43: lets others run: a transaction that compares, reads and deletes many keys', async () => {
    const { machine, propose } = await filled(NO_LEASE);
    const compare = {
      range: ALL,
      relation: 'greater',
      operand: { target: 'mod', number: 0 },
    } as const;
    const read = { ...readAll(ALL), keysOnly: true };
    const remove = { type: 'delete', range: ALL, wantsPrevious: false } as const;
    const txn = {
      type: 'txn',
      compares: [compare],
      success: [read, remove, read],
      failure: [],
    } as const;
    const { callCount, applied } = inBetween(machine, () => propose(operationOf(txn)));
    expect(callCount).toBeGreaterThan(8);
    const counts = [{ count: KEY_COUNT }, { deletedCount: KEY_COUNT }, { count: 0 }];
    expect(applied).toMatchObject({ result: { succeeded: true, results: counts } });
  });

  it('R43: lets others run: transactions that are short, and many', async () => {
    const { machine } = await filled(NO_LEASE);
    const puts = Array.from({ length: 100 }, (_, nth) => {
      return { type: 'put', key: new Uint8Array([1, nth]), ...PUT } as const;
    });
    const txn = { type: 'txn', compares: [], success: puts, failure: [] } as const;
    const command = { type: 'change', place: undefined, command: operationOf(txn) } as const;
    const batch = Array.from({ length: 100 }, (_, nth) => {
      return { index: (KEY_COUNT + nth + 3) as LogIndex, term: 1 as Term, command };
    });
    // The clock of a simulation stands still, so that steps are what ends a slice.
    expect(machine.applyBatch(batch)).toHaveLength(64);
    expect(machine.applyBatch(batch.slice(64))).toHaveLength(36);
  });
});

const PUT = Object.freeze({ value: new Uint8Array(8), lease: NO_LEASE, wantsPrevious: false });

/** Calls until the command is applied; whoever looks in between sees the state before it. */
function inBetween(machine: KvMachine, call: () => Applied | undefined) {
  const { store } = machine.state;
  const before = store.revision;
  const hub = new WatchHub(store);
  const session = new WatchSession({ watchersMax: 1, waitingBytesMax: 1e9, fragmentBytes: 1e9 });
  hub.open(session);
  hub.create(session, {
    ...{ range: ALL, startRevision: NO_REVISION, wantsPuts: true, wantsDeletes: true },
    ...{ wantsPrevious: false, wantsProgress: false, allowsFragments: false },
  });
  const created = session.take();
  for (let callCount = 1; ; callCount += 1) {
    const applied = call();
    while (hub.step(100_000));
    const message = session.take();
    if (applied !== undefined) {
      expect(created).toMatchObject({ type: 'created' });
      expect(store.revision).toBe(before + 1);
      expect(message).toMatchObject({ type: 'events', events: { length: KEY_COUNT } });
      return { callCount, applied };
    }
    expect(message).toBeUndefined();
    expect(store.revision).toBe(before);
    const read = new OperationRead(store, { ...readAll(ALL), countOnly: true });
    expect(read.step(1e9)).toMatchObject({ count: KEY_COUNT });
  }
}

/** A machine with many keys, and how it is given commands: what came of one, or nothing yet. */
async function filled(lease: LeaseId) {
  simulation = new Simulation({ seed: 1, nodes: [NODE] });
  let host: Host | undefined;
  simulation.start(NODE, async (given): Promise<RunningNode> => {
    host = given;
    return { close: async () => {}, [Symbol.asyncDispose]: async () => {} };
  });
  await simulation.run(1);
  const machine = new KvMachine(host as Host);
  let index = 1;
  const propose = (command: Command): Applied | undefined => {
    const [applied] = machine.applyBatch([
      {
        index: index as LogIndex,
        term: 1 as Term,
        command: { type: 'change', place: undefined, command },
      },
    ]);
    if (applied !== undefined) index += 1;
    return applied;
  };
  propose({ type: 'grant-lease', lease: LEASE, ttlMs: 1000 });
  for (let nth = 0; nth < KEY_COUNT; nth += 1) {
    const key = new TextEncoder().encode(`k${nth}`);
    const put = { type: 'put', key, value: key, lease, wantsPrevious: false } as const;
    propose(operationOf(put));
  }
  return { machine, propose };
}

function operationOf(operation: Extract<Command, { type: 'operation' }>['operation']): Command {
  return { type: 'operation', operation };
}
