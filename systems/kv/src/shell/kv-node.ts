/**
 * A member: the replicated state under Raft, and requests and watchers served from it.
 *
 *     handle ---- changes ---> Raft ---> KvMachine ---> WatchDesk ---> doors
 *        |                      ^            |     `--> Sweeper
 *        `---- reads ----> ReadDesk: round --'
 *
 * It decides nothing about terms or leases: it carries requests to where they are decided, and says
 * truly what became of them.
 */
import type { Host, Random, RunningNode } from '@mangrove/host';
import { type RaftNode, type RaftState, startRaftNode } from '@mangrove/raft';
import type { Command } from '../core/command.ts';
import type { AnswerHeader, ReadConsistency } from '../core/consistency.ts';
import { Freshness } from '../core/freshness.ts';
import { type LeaseId, NO_LEASE } from '../core/key-value.ts';
import type { KvReply, KvRequest, KvResult, SessionPlace } from '../core/kv-request.ts';
import type { LogCommand } from '../core/log-command.ts';
import { isReadOnly, operationBytes } from '../core/operation-kind.ts';
import type { Applied, ReplicatedState } from '../core/replicated-state.ts';
import type { Operation } from '../core/request.ts';
import type { Revision } from '../core/revision.ts';
import { invalidity } from '../core/validity.ts';
import type { WatchSessionOptions } from '../core/watch-session.ts';
import { KvMachine } from './kv-machine.ts';
import { type KvBounds, type KvNodeConfig, toKvBounds } from './kv-node-config.ts';
import type { KvService, WatchDoor } from './kv-service.ts';
import { LeaseOffice } from './lease-office.ts';
import { ReadDesk } from './read-desk.ts';
import { RequestFailure, toFailure } from './request-failure.ts';
import { RequestGate } from './request-gate.ts';
import { Sweeper } from './sweeper.ts';
import { WatchDesk } from './watch-desk.ts';

/** Opens the storage, recovers, and takes part. Rejects where the storage is damaged. */
export async function startKvNode(host: Host, config: KvNodeConfig): Promise<KvNode> {
  const { raft: options, bounds: given, ...place } = config;
  const bounds = toKvBounds(given);
  const machine = new KvMachine(() => host.timers.sleep(0));
  const watches = new WatchDesk(host, machine, bounds.progressMs);
  new Sweeper(host, machine);
  const raft: RaftNode<Applied, LogCommand> = await startRaftNode(host, {
    ...place,
    stateMachine: machine,
    options: { hasForwarding: true, ...options },
  });
  return new KvNode(host, { raft, machine, watches, bounds });
}

/** What a member consists of. */
interface KvNodeParts {
  readonly raft: RaftNode<Applied, LogCommand>;
  readonly machine: KvMachine;
  readonly watches: WatchDesk;
  readonly bounds: KvBounds;
}

/** What a request gave, and the revision behind it. */
interface Served {
  readonly revision: Revision;
  readonly result: KvResult;
}

/** A member that takes part in a cluster. */
export class KvNode implements RunningNode, KvService {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private readonly watches: WatchDesk;
  private readonly freshness: Freshness;
  private readonly reads: ReadDesk;
  private readonly gate: RequestGate;
  private readonly leaseIds: Random;
  private readonly leases: LeaseOffice;
  private isClosed = false;

  constructor(host: Host, { raft, machine, watches, bounds }: KvNodeParts) {
    this.host = host;
    this.raft = raft;
    this.machine = machine;
    this.watches = watches;
    this.leaseIds = host.random.stream('lease');
    this.freshness = new Freshness(host.clock.maxDriftPpm);
    const { answerBytesMax, requestCountMax, requestBytesMax } = bounds;
    const { freshness } = this;
    this.reads = new ReadDesk(host, { raft, machine, freshness, answerBytesMax });
    this.gate = new RequestGate(requestCountMax, requestBytesMax);
    this.leases = new LeaseOffice(host, raft, machine, bounds.leaseCheckpointMs);
  }

  async handle(
    request: KvRequest,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<KvReply> {
    const bytes = request.type === 'operation' ? operationBytes(request.operation) : 0;
    if (!this.gate.enter(bytes)) return this.failed(new RequestFailure('too-many-requests', true));
    try {
      if (this.isClosed) throw new RequestFailure('closed', true);
      const { revision, result } = await this.serve(request, signal);
      return { type: 'done', header: this.headerAt(revision), result };
    } catch (error) {
      return this.failed(toFailure(error));
    } finally {
      this.gate.leave(bytes);
    }
  }

  openWatch(options: WatchSessionOptions, onMessages: () => void): WatchDoor {
    return this.watches.open(options, onMessages);
  }

  /** The state of Raft and the replicated one, to be looked at; never to be written to. */
  inspect(): { readonly raft: Readonly<RaftState>; readonly state: ReplicatedState } {
    return { raft: this.raft.inspect(), state: this.machine.state };
  }

  /** Refuses what it owes, as not known, and stops. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.watches.stop();
    this.leases.stop();
    await this.raft.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async serve(request: KvRequest, signal: AbortSignal | undefined): Promise<Served> {
    switch (request.type) {
      case 'operation':
        return await this.operate(request.operation, request, signal);
      case 'open-session':
        return await this.propose({ type: 'open-session' }, signal);
      case 'compact':
        return await this.change({ type: 'compact', revision: request.revision }, signal);
      case 'grant-lease':
        return await this.grant(request, signal);
      case 'revoke-lease':
        return await this.change(
          { type: 'revoke-lease', lease: request.lease },
          signal,
          request.place,
        );
      case 'keep-lease-alive': {
        const { revision } = this.store;
        const { id: lease, ttlMs } = await this.leases.renew(request.lease, signal);
        return { revision, result: { type: 'lease', lease, ttlMs } };
      }
      case 'lease-time-to-live':
        return await this.timeToLive(request, signal);
      case 'list-leases': {
        await this.reads.freshen({ type: 'linearizable' }, signal);
        const leases = [...this.store.leases.all()].map(({ id }) => id);
        return this.served({ type: 'leases', leases });
      }
      case 'list-alarms':
        await this.reads.freshen({ type: 'linearizable' }, signal);
        return this.served({ type: 'alarms', alarms: this.machine.state.alarms.all() });
      case 'disarm-alarm':
        return await this.propose({ type: 'disarm-alarm', alarm: request.alarm }, signal);
      case 'change-members':
        await this.raft.changeMembers(request.changes);
        return this.served({ type: 'applied' });
      case 'transfer-leadership':
        await this.raft.transferLeadership(request.target);
        return this.served({ type: 'applied' });
      default:
        throw new RequestFailure('bad-request', true, `${request.type} is not served yet`);
    }
  }

  private async operate(
    operation: Operation,
    how: { readonly consistency: ReadConsistency; readonly place: SessionPlace | undefined },
    signal: AbortSignal | undefined,
  ): Promise<Served> {
    const refusal = invalidity(operation);
    if (refusal !== undefined) throw new RequestFailure(refusal, true);
    if (isReadOnly(operation)) return await this.reads.read(operation, how.consistency, signal);
    return await this.change({ type: 'operation', operation }, signal, how.place);
  }

  private async grant(
    request: KvRequest & { type: 'grant-lease' },
    signal: AbortSignal | undefined,
  ): Promise<Served> {
    const { ttlMs: wantedMs, place } = request;
    if (!Number.isSafeInteger(wantedMs) || wantedMs < 1 || wantedMs > TTL_MS_MAX) {
      throw new RequestFailure('bad-request', true, `ttlMs is ${wantedMs}, not 1 to ${TTL_MS_MAX}`);
    }
    // Shorter, it would be over before a keep-alive can get through a change of leaders.
    const ttlMs = Math.max(wantedMs, 2 * this.raft.inspect().options.electionTimeoutMs);
    const lease = request.lease === NO_LEASE ? this.drawLease() : request.lease;
    const granted = await this.change({ type: 'grant-lease', lease, ttlMs }, signal, place);
    return { ...granted, result: { type: 'lease', lease, ttlMs } };
  }

  private async timeToLive(
    { lease: id, wantsKeys }: KvRequest & { type: 'lease-time-to-live' },
    signal: AbortSignal | undefined,
  ): Promise<Served> {
    const { lease, remainingMs } = await this.leases.timeToLive(id, signal);
    const keys = wantsKeys ? this.store.keysOfLease(id) : [];
    const grantedMs = lease.ttlMs;
    return this.served({ type: 'lease-time', lease: id, grantedMs, remainingMs, keys });
  }

  private change(
    command: Command,
    signal: AbortSignal | undefined,
    place?: SessionPlace,
  ): Promise<Served> {
    return this.propose({ type: 'change', place, command }, signal);
  }

  private async propose(command: LogCommand, signal: AbortSignal | undefined): Promise<Served> {
    const beganAtMs = this.host.clock.now();
    const applied = await this.raft.propose(command, signal === undefined ? {} : { signal });
    // It stands in the log behind all that was acknowledged before it began.
    this.freshness.learned(beganAtMs);
    if (applied.type === 'failed') throw new RequestFailure(applied.code, applied.isDefinite);
    return applied;
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
    return this.machine.state.store;
  }

  private headerAt(revision: Revision): AnswerHeader {
    return {
      member: this.host.node,
      term: this.raft.inspect().term,
      revision,
      stalenessMs: this.freshness.stalenessMs(this.host.clock.now()),
    };
  }

  private failed(failure: RequestFailure): KvReply {
    return failure.toReply(this.raft.inspect().leader, this.store.compactRevision);
  }
}

/** The longest time to live: 285 years. */
const TTL_MS_MAX = 9_000_000_000_000;
