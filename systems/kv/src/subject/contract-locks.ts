/**
 * Leases and locks, as a client makes them: a lock is a key on a lease, its fencing token the
 * revision in which that key came to be; who writes under it has the store compare the token.
 */
import type { Outcome } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { singleKey } from '../core/key-range.ts';
import { type LeaseId, NO_LEASE } from '../core/key-value.ts';
import type { KvRequest } from '../core/kv-request.ts';
import { type Compare, type Operation, readAll } from '../core/request.ts';
import type { ContractMembers, Done, Refused } from './contract-members.ts';
import { found, put, toKey, under } from './words.ts';

/** A lease that the client was granted. */
interface Granted {
  readonly lease: LeaseId;
  /** How histories name it. */
  readonly name: string;
  readonly ttlMs: number;
}

/** The leases and locks of one client. */
export class ContractLocks {
  private readonly members: ContractMembers;
  private readonly client: string;
  private grantCount = 0;
  private granted: Granted | undefined;
  private readonly tokens = new Map<string, { readonly token: number; readonly lease: LeaseId }>();

  constructor(members: ContractMembers, client: string) {
    this.members = members;
    this.client = client;
  }

  /** Is granted a lease and puts two keys on it at once. */
  async grant(turn: number, ttlMs: number): Promise<Outcome> {
    this.granted = undefined;
    this.grantCount += 1;
    const name = `${this.client}/${this.grantCount}`;
    const lease = await this.leaseOf(turn, ttlMs);
    if (typeof lease !== 'bigint') return outcomeOf(lease);
    const puts = ['b', 'a'].map((key) => ({ ...put(`e/${name}/${key}`, ttlMs), lease }));
    const operation = { type: 'txn', compares: [], success: puts, failure: [] } as Operation;
    const reply = await this.members.change(turn, operation);
    if (reply.type === 'refused') return outcomeOf(reply);
    this.granted = { lease, name, ttlMs };
    return { type: 'ok', value: { name, ttlMs, revision: reply.header.revision } };
  }

  /** Renews the lease: at the leader where it is known, or at `first`. */
  async keep(turn: number, first: NodeId | undefined): Promise<Outcome> {
    const { granted } = this;
    if (granted === undefined) return NO_LEASE_YET;
    const { lease, name, ttlMs } = granted;
    const reply = await this.members.changeOnce(turn, { type: 'keep-lease-alive', lease }, first);
    if (reply.type === 'done') return { type: 'ok', value: { name, ttlMs, isKept: true } };
    if (reply.code !== 'lease-not-found') return outcomeOf(reply);
    return { type: 'ok', value: { name, ttlMs, isKept: false } };
  }

  /** Looks how many of the keys of the lease are there. */
  async look(turn: number): Promise<Outcome> {
    const { granted } = this;
    if (granted === undefined) return NO_LEASE_YET;
    const { name, ttlMs } = granted;
    const reply = await this.members.read(turn, readAll(under(`e/${name}/`)));
    if (reply.type === 'refused') return outcomeOf(reply);
    return { type: 'ok', value: { name, ttlMs, count: found(reply.result).count } };
  }

  /** Takes one of the two keys off the lease, which is not to end with it then. */
  async save(turn: number): Promise<Outcome> {
    const { granted } = this;
    if (granted === undefined) return NO_LEASE_YET;
    this.granted = undefined;
    const key = toKey(`e/${granted.name}/a`);
    const operation: Operation = {
      type: 'txn',
      compares: [{ range: singleKey(key), relation: 'greater', operand: NOT_THERE }],
      success: [{ type: 'put', key, value: undefined, lease: NO_LEASE, wantsPrevious: false }],
      failure: [],
    };
    const reply = await this.members.change(turn, operation);
    if (reply.type === 'refused') return outcomeOf(reply);
    const isSaved = reply.result.type === 'txn' && reply.result.succeeded;
    return { type: 'ok', value: { name: granted.name, isSaved } };
  }

  /** What is left when every lease should have ended: keys that hung on one, and leases. */
  async lookAtAll(turn: number): Promise<Outcome> {
    const reply = await this.members.read(turn, readAll(under('e/')));
    if (reply.type === 'refused') return outcomeOf(reply);
    const keys = found(reply.result).kvs.filter(({ lease }) => lease !== NO_LEASE);
    const saved = found(reply.result).kvs.filter(({ lease }) => lease === NO_LEASE);
    const leases = await this.members.changeOnce(turn, { type: 'list-leases' });
    if (leases.type === 'refused') return outcomeOf(leases);
    const leaseCount = leases.result.type === 'leases' ? leases.result.leases.length : 0;
    const savedNames = saved.map(({ key }) => new TextDecoder().decode(key).slice(2, -2));
    return { type: 'ok', value: { keyCount: keys.length, leaseCount, saved: savedNames } };
  }

  /** Takes a lock, where nobody has it. */
  async acquire(turn: number, lock: string, ttlMs: number): Promise<Outcome> {
    const lease = await this.leaseOf(turn, ttlMs);
    if (typeof lease !== 'bigint') return { type: 'fail', error: lease.code };
    const free: Compare = {
      range: singleKey(toKey(lock)),
      relation: 'equal',
      operand: { target: 'create', number: 0 },
    };
    const own = { ...put(lock, this.client), lease } as Operation;
    const operation: Operation = { type: 'txn', compares: [free], success: [own], failure: [] };
    const reply = await this.members.change(turn, operation);
    if (reply.type === 'refused') return outcomeOf(reply);
    if (reply.result.type !== 'txn' || !reply.result.succeeded) {
      await this.members.changeOnce(turn, revokeRequest(lease));
      return { type: 'fail', error: 'taken' };
    }
    const token = reply.header.revision;
    this.tokens.set(lock, { token, lease });
    return { type: 'ok', value: { token, ttlMs } };
  }

  /** Writes to what the lock guards, under the token of the last time that the client had it. */
  async write(turn: number, lock: string, value: number): Promise<Outcome> {
    const held = this.tokens.get(lock);
    if (held === undefined) return { type: 'fail', error: 'no token' };
    const { token } = held;
    const mine: Compare = {
      range: singleKey(toKey(lock)),
      relation: 'equal',
      operand: { target: 'create', number: token },
    };
    const write = put(`g/${lock}`, [token, value]);
    const operation: Operation = { type: 'txn', compares: [mine], success: [write], failure: [] };
    const reply = await this.members.change(turn, operation);
    if (reply.type === 'refused') return outcomeOf(reply);
    if (reply.result.type !== 'txn' || !reply.result.succeeded) {
      return { type: 'fail', error: 'stale token' };
    }
    return { type: 'ok', value: { token, value, revision: reply.header.revision } };
  }

  /** Gives a lock back, by ending its lease. */
  async release(turn: number, lock: string): Promise<Outcome> {
    const held = this.tokens.get(lock);
    if (held === undefined) return { type: 'fail', error: 'no token' };
    this.tokens.delete(lock);
    const reply = await this.members.changeOnce(turn, revokeRequest(held.lease));
    if (reply.type === 'done' || reply.code === 'lease-not-found') return { type: 'ok' };
    return outcomeOf(reply);
  }

  private async leaseOf(turn: number, ttlMs: number): Promise<LeaseId | Refused> {
    const request: KvRequest = { type: 'grant-lease', lease: NO_LEASE, ttlMs, place: undefined };
    const reply = await this.members.changeOnce(turn, request);
    return reply.type === 'refused' ? reply : leaseIn(reply);
  }
}

const NO_LEASE_YET: Outcome = { type: 'fail', error: 'no lease' };
const NOT_THERE = { target: 'create', number: 0 } as const;

function revokeRequest(lease: LeaseId): KvRequest {
  return { type: 'revoke-lease', lease, place: undefined };
}

function leaseIn({ result }: Done): LeaseId {
  if (result.type !== 'lease') throw new Error(`a ${result.type} for a lease`);
  return result.lease;
}

function outcomeOf({ code, isDefinite }: Refused): Outcome {
  return { type: isDefinite ? 'fail' : 'info', error: code };
}
