/**
 * Serves requests: each goes to where it is decided, the log, a read or the leader's leases.
 */
import type { Host, Instant, NodeId, Random } from '@mangrove/host';
import type { RaftNode } from '@mangrove/raft';
import type { Command } from '../core/command.ts';
import type { Freshness } from '../core/freshness.ts';
import { type LeaseId, NO_LEASE } from '../core/key-value.ts';
import type { KvRequest, KvResult, SessionPlace } from '../core/kv-request.ts';
import type { LogCommand } from '../core/log-command.ts';
import { hasPut, isReadOnly, operationBytes } from '../core/operation-kind.ts';
import type { Applied, ReplicatedState } from '../core/replicated-state.ts';
import type { Operation } from '../core/request.ts';
import { resultBytes } from '../core/result-bytes.ts';
import type { Revision } from '../core/revision.ts';
import type { KvStore } from '../core/store.ts';
import { invalidity } from '../core/validity.ts';
import type { Ask } from './ask.ts';
import { hashOf } from './hash-task.ts';
import type { KvMachine } from './kv-machine.ts';
import { type AnswerMeter, NO_ROOM } from './kv-service.ts';
import type { LeaseOffice } from './lease-office.ts';
import { membersOfCluster, statusOfMember } from './member-report.ts';
import type { QuotaKeeper } from './quota-keeper.ts';
import type { ReadDesk } from './read-desk.ts';
import { RequestFailure } from './request-failure.ts';
import { inSlices, stepsOf } from './sliced-work.ts';
import type { Sweeper } from './sweeper.ts';
import type { WatchDesk } from './watch-desk.ts';

/** What a request gave, and the revision behind it. */
export interface Served {
  readonly revision: Revision;
  readonly result: KvResult;
}

type OperationRequest = Extract<KvRequest, { readonly type: 'operation' }>;

/** A request that changes keys. */
export type KeyChange = OperationRequest;

/** Whether `request` changes keys. */
export function isKeyChange(request: KvRequest): request is KeyChange {
  return request.type === 'operation' && !isReadOnly(request.operation);
}

/** What requests are served with. */
export interface RequestDeskParts {
  readonly raft: RaftNode<Applied, LogCommand>;
  readonly machine: KvMachine;
  readonly watches: WatchDesk;
  readonly freshness: Freshness;
  readonly reads: ReadDesk;
  readonly leases: LeaseOffice;
  readonly quota: QuotaKeeper;
  readonly sweeper: Sweeper;
  /** The most leases; what is under way comes in as well. */
  readonly leasesMax: number;
  readonly peers: readonly { readonly node: NodeId; readonly address: string }[];
}

/** What serves the requests of one member. */
export class RequestDesk {
  private readonly host: Host;
  private readonly parts: RequestDeskParts;
  private readonly leaseIds: Random;

  constructor(host: Host, parts: RequestDeskParts) {
    this.host = host;
    this.parts = parts;
    this.leaseIds = host.random.stream('lease');
  }

  /**
   * Serves a request that is no change of keys. Rejects with, or throws, `RequestFailure`,
   * `RaftError` or `WireError`.
   */
  serve(request: KvRequest, ask: Ask): Promise<Served> {
    const { raft } = this.parts;
    switch (request.type) {
      case 'operation':
        return this.read(request, ask);
      case 'open-session':
        return this.propose({ type: 'open-session' }, ask);
      case 'compact':
        return this.proposeChange({ type: 'compact', revision: request.revision }, ask);
      case 'await-sweep':
        return this.whenDone(this.parts.sweeper.swept(request.revision, ask));
      case 'grant-lease':
        return this.grant(request, ask);
      case 'revoke-lease': {
        const { lease, place } = request;
        return this.proposeChange({ type: 'revoke-lease', lease }, ask, place);
      }
      case 'keep-lease-alive':
        return this.keepAlive(request.lease, ask.signal);
      case 'lease-time-to-live':
        return this.timeToLive(request, ask);
      case 'list-leases':
      case 'list-alarms':
        return this.freshReport(request.type, ask);
      case 'status':
      case 'list-members':
        return Promise.resolve(this.served(this.report(request.type)));
      case 'hash':
        return this.hash(request.revision, ask);
      case 'disarm-alarm':
        return this.propose({ type: 'disarm-alarm', alarm: request.alarm }, ask);
      case 'change-members':
        return this.whenDone(raft.changeMembers(request.changes));
      case 'transfer-leadership':
        return this.whenDone(raft.transferLeadership(request.target));
    }
  }

  /**
   * Proposes a change of keys; what comes of it is for `taken`. Rejects, or throws, as `serve`. It
   * cannot be given up: it may stand in the log already.
   */
  change({ operation, place }: KeyChange, { answer }: Ask): Promise<Applied> {
    const { raft, quota } = this.parts;
    refuseInvalid(operation);
    if (hasPut(operation)) quota.admit(operationBytes(operation));
    if (answer?.growTo(CHANGE_BYTES) === false) throw new RequestFailure(TOO_MANY, true, NO_ROOM);
    return raft.propose({ type: 'change', place, command: { type: 'operation', operation } });
  }

  /** What a command gave that was proposed at `beganAtMs`. Throws `RequestFailure`. */
  taken(applied: Applied, beganAtMs: Instant, answer?: AnswerMeter): Served {
    // It stands in the log behind all that was acknowledged before it began.
    this.parts.freshness.learned(beganAtMs);
    if (applied.type === 'failed') throw new RequestFailure(applied.code, applied.isDefinite);
    return answer === undefined ? applied : told(applied, answer);
  }

  private read({ operation, consistency }: OperationRequest, ask: Ask): Promise<Served> {
    refuseInvalid(operation);
    return this.parts.reads.read(operation, consistency, ask);
  }

  private async grant(request: KvRequest & { type: 'grant-lease' }, ask: Ask): Promise<Served> {
    const { ttlMs: wantedMs, place } = request;
    if (!Number.isSafeInteger(wantedMs) || wantedMs < 1 || wantedMs > TTL_MS_MAX) {
      throw new RequestFailure('bad-request', true, `ttlMs is ${wantedMs}, not 1 to ${TTL_MS_MAX}`);
    }
    const { count } = this.store.leases;
    if (count >= this.parts.leasesMax) {
      throw new RequestFailure(TOO_MANY, true, `there are ${count} leases already`);
    }
    // Shorter, it would be over before a keep-alive can get through a change of leaders.
    const { electionTimeoutMs } = this.parts.raft.inspect().options;
    const ttlMs = Math.max(wantedMs, 2 * electionTimeoutMs);
    const lease = request.lease === NO_LEASE ? this.drawLease() : request.lease;
    const granted = await this.proposeChange({ type: 'grant-lease', lease, ttlMs }, ask, place);
    return { ...granted, result: { type: 'lease', lease, ttlMs } };
  }

  private async keepAlive(id: LeaseId, signal: AbortSignal | undefined): Promise<Served> {
    // The revision from before: what is said of the lease holds from there on.
    const { revision } = this.store;
    const { ttlMs } = await this.parts.leases.renew(id, signal);
    return { revision, result: { type: 'lease', lease: id, ttlMs } };
  }

  private async timeToLive(
    { lease: id, wantsKeys }: KvRequest & { type: 'lease-time-to-live' },
    ask: Ask,
  ): Promise<Served> {
    const { lease, remainingMs } = await this.parts.leases.timeToLive(id, ask.signal);
    const { store } = this;
    const { revision } = store;
    const keys = wantsKeys ? await this.keysOfLease(store, id, ask) : [];
    const grantedMs = lease.ttlMs;
    const result = { type: 'lease-time', lease: id, grantedMs, remainingMs, keys } as const;
    return listed({ revision, result }, ask);
  }

  private keysOfLease(store: KvStore, lease: LeaseId, ask: Ask): Promise<readonly Uint8Array[]> {
    const step = stepsOf(store.keysOfLease(lease));
    return inSlices(this.host, store, step, { stepsMax: PIECES_MAX, ask });
  }

  private async hash(revision: Revision, ask: Ask): Promise<Served> {
    const result = await hashOf(this.host, this.store, revision, ask);
    return { revision: this.store.revision, result };
  }

  private async whenDone(done: Promise<void>): Promise<Served> {
    await done;
    return this.served({ type: 'applied' });
  }

  private async freshReport(type: 'list-leases' | 'list-alarms', ask: Ask): Promise<Served> {
    await this.parts.reads.freshen({ type: 'linearizable' }, ask);
    return listed(this.served(this.report(type)), ask);
  }

  private report(type: 'list-leases' | 'list-alarms' | 'status' | 'list-members'): KvResult {
    const { raft, machine, watches, quota, peers } = this.parts;
    const { state } = machine;
    switch (type) {
      case 'list-leases':
        return { type: 'leases', leases: [...state.store.leases.all()].map(({ id }) => id) };
      case 'list-alarms':
        return { type: 'alarms', alarms: state.alarms.all() };
      case 'status': {
        const more = { watcherCount: watches.watcherCount, quotaBytes: quota.quotaBytes };
        return { type: 'status', status: statusOfMember(raft.inspect(), state, more) };
      }
      case 'list-members':
        return { type: 'members', members: membersOfCluster(raft.inspect(), state, peers) };
    }
  }

  private proposeChange(command: Command, ask: Ask, place?: SessionPlace): Promise<Served> {
    return this.propose({ type: 'change', place, command }, ask);
  }

  private async propose(command: LogCommand, { signal }: Ask): Promise<Served> {
    const beganAtMs = this.host.clock.now();
    return this.taken(await this.parts.raft.propose(command, { signal }), beganAtMs);
  }

  private drawLease(): LeaseId {
    const { leaseIds } = this;
    const id = (BigInt(leaseIds.uint32() >>> 1) << 32n) | BigInt(leaseIds.uint32());
    return (id === NO_LEASE ? 1n : id) as LeaseId;
  }

  private served(result: KvResult): Served {
    return { revision: this.store.revision, result };
  }

  private get store(): ReplicatedState['store'] {
    return this.parts.machine.state.store;
  }
}

/** How many pieces of work are done before others run. */
const PIECES_MAX = 64;

/** What has room before a change is proposed: what most of them answer takes no more. */
const CHANGE_BYTES = 256;

/** The change is done, whether its result has room or not. */
function told(served: Served, answer: AnswerMeter): Served {
  if (answer.growTo(CHANGE_BYTES + resultBytes(served.result))) return served;
  throw new RequestFailure('result-lost', false, NO_ROOM);
}

/** What was asked for is told where it has room. */
function listed(served: Served, { answer }: Ask): Served {
  if (answer?.growTo(resultBytes(served.result)) !== false) return served;
  throw new RequestFailure(TOO_MANY, true, NO_ROOM);
}

const TOO_MANY = 'too-many-requests';

function refuseInvalid(operation: Operation): void {
  const refusal = invalidity(operation);
  if (refusal !== undefined) throw new RequestFailure(refusal, true);
}

/** The longest time to live: 285 years. */
const TTL_MS_MAX = 9_000_000_000_000;
