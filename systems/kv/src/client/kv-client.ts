/**
 * The client of the store: reads, changes, watches, leases, locks, elections, and the cluster.
 *
 * It finds the leader, goes on through failures, and says of each error whether what was asked for
 * may have happened. It works wherever byte streams do: in a process, and in the simulator.
 */
import type { NodeId } from '@mangrove/host';
import type { MemberChange } from '@mangrove/raft';
import { type LeaseId, NO_LEASE } from '../core/key-value.ts';
import type {
  Alarm,
  KvMember,
  KvReply,
  KvResult,
  KvStatus,
  RaisedAlarm,
} from '../core/kv-request.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';
import {
  Caller,
  type CallerOptions,
  type CallOptions,
  type Done,
  endError,
  replyError,
  unexpected,
} from './caller.ts';
import type { ClientHost } from './client-host.ts';
import { Connection, type ConnectionEnd } from './connection.ts';
import { Election } from './election.ts';
import { givenInteger, givenLease } from './given.ts';
import type { KeySelector } from './key.ts';
import type { KvError } from './kv-error.ts';
import { KvOperations } from './kv-operations.ts';
import { KvSession } from './kv-session.ts';
import { KvLease, type LeaseOptions } from './lease.ts';
import { type Claim, claim, type LockOptions } from './lock.ts';
import { op } from './operations.ts';
import { runStm, type StmOptions, type StmView } from './stm.ts';
import { Watch, type WatchOptions } from './watch.ts';
import { WatchConnection } from './watch-connection.ts';

/** How a client is set up. */
export type KvClientOptions = CallerOptions;

/** How a compaction is asked for. */
export interface CompactOptions extends CallOptions {
  /** Whether the memory is to be given back before it is answered. Default: no. */
  readonly isPhysical?: boolean;
}

/** The hash of what a member holds at a revision. */
export interface KvHash {
  readonly hash: number;
  readonly revision: Revision;
  readonly compactRevision: Revision;
}

/** A client. Nothing is connected before the first call. */
export class KvClient extends KvOperations implements AsyncDisposable {
  private readonly watches: WatchConnection;

  constructor(host: ClientHost, options: KvClientOptions) {
    super(new Caller(host, options));
    this.watches = new WatchConnection(this.caller);
  }

  /** Where members are, as far as the client knows. */
  get endpoints(): readonly string[] {
    return this.caller.endpoints.all;
  }

  /** Watches keys: `for await (const event of kv.watch({ prefix: 'a/' }))`. */
  watch(keys: KeySelector, options: WatchOptions = {}): Watch {
    return new Watch(this.watches, keys, options);
  }

  /** Has every watch told how far its member has sent everything. */
  requestWatchProgress(): void {
    this.watches.requestProgress();
  }

  /** A session whose reads see at least what it wrote and read; `token` continues another one. */
  session(token: Revision = NO_REVISION): KvSession {
    return new KvSession(this.caller, token);
  }

  /** Grants a lease and keeps it alive. */
  async grantLease(ttlMs: number, options: LeaseOptions = {}): Promise<KvLease> {
    givenInteger('ttlMs', ttlMs, 1);
    const sentMs = this.caller.host.clock.now();
    const done = await this.caller.change(
      (place) => ({ type: 'grant-lease', lease: NO_LEASE, ttlMs, place }),
      options,
    );
    const { lease: id, ttlMs: grantedMs } = resultOf<'lease'>(done, 'lease');
    const lease = new KvLease(this.caller, id, grantedMs, sentMs);
    if (options.keepAlive !== false) lease.keepAlive();
    return lease;
  }

  /** A lease that is there already, by its id; it is not renewed unless it is asked to. */
  async openLease(id: LeaseId, options: CallOptions = {}): Promise<KvLease> {
    const sentMs = this.caller.host.clock.now();
    const lease = givenLease(id);
    const request = { type: 'lease-time-to-live', lease, wantsKeys: false } as const;
    const done = await this.caller.repeatable(request, options, true);
    const { grantedMs, remainingMs } = resultOf<'lease-time'>(done, 'lease-time');
    return new KvLease(this.caller, id, grantedMs, sentMs + remainingMs - grantedMs);
  }

  /** The ids of all leases. */
  async leases(options: CallOptions = {}): Promise<readonly LeaseId[]> {
    const done = await this.caller.repeatable({ type: 'list-leases' }, options, true);
    return resultOf<'leases'>(done, 'leases').leases;
  }

  /** Takes the lock `name`, waiting for those before; `token` of what it gives fences. */
  lock(name: string, options: LockOptions = {}): Promise<Claim> {
    return claim(this, name, options);
  }

  /** The election called `name`. */
  election(name: string): Election {
    return new Election(this, name);
  }

  /** Runs `work` as one transaction, again where somebody else changed what it had read. */
  stm<Result>(work: (view: StmView) => Promise<Result>, options: StmOptions = {}): Promise<Result> {
    const { host } = this.caller;
    const pause = (attempt: number) =>
      host.timers.sleep(host.random.below(Math.min(64, 2 ** attempt)));
    return runStm(this, work, options, pause);
  }

  /** How the member at `endpoint` stands; without one, the one that the client asks first. */
  async status(endpoint?: string, options: CallOptions = {}): Promise<KvStatus> {
    const request = { type: 'status' } as const;
    const done = await (endpoint === undefined
      ? this.caller.repeatable(request, options)
      : this.caller.at(endpoint, request, options));
    return resultOf<'status'>(done, 'status').status;
  }

  /** The members of the cluster. */
  async members(options: CallOptions = {}): Promise<readonly KvMember[]> {
    const done = await this.caller.repeatable({ type: 'list-members' }, options, true);
    return resultOf<'members'>(done, 'members').members;
  }

  /** Changes the members, all at once. */
  async changeMembers(changes: readonly MemberChange[], options: CallOptions = {}): Promise<void> {
    await this.caller.once({ type: 'change-members', changes }, options);
  }

  /** Has `target` lead. */
  async transferLeadership(target: NodeId, options: CallOptions = {}): Promise<void> {
    await this.caller.once({ type: 'transfer-leadership', target }, options);
  }

  /**
   * Gives up what is older than `revision`. It counts at once; `isPhysical` waits until the leader
   * has given back the memory as well.
   */
  async compact(revision: number, options: CompactOptions = {}): Promise<void> {
    const oldest = givenInteger('revision', revision) as Revision;
    await this.caller.once({ type: 'compact', revision: oldest }, options);
    if (options.isPhysical !== true) return;
    await this.caller.repeatable({ type: 'await-sweep', revision: oldest }, options, true);
  }

  /** The hash of what the member at `endpoint` holds at `revision`; default: the present. */
  async hash(
    endpoint: string,
    revision: number = NO_REVISION,
    options: CallOptions = {},
  ): Promise<KvHash> {
    const wanted = givenInteger('revision', revision) as Revision;
    const request = { type: 'hash', revision: wanted } as const;
    return resultOf<'hash'>(await this.caller.at(endpoint, request, options), 'hash');
  }

  /**
   * The bytes of a backup, as they are taken: what `verifyBackup` reads, and what a cluster can be
   * founded with. It has everything that was acknowledged before; with `endpoint`, what the member
   * there has now, also where no majority of members runs.
   */
  async *snapshot(endpoint?: string): AsyncGenerator<Uint8Array, void, undefined> {
    const connection = await (endpoint === undefined
      ? this.currentMember()
      : this.caller.endpoints.connection(endpoint));
    if (!(connection instanceof Connection)) throw endError(connection, true);
    const id = connection.nextSnapshot();
    try {
      for (;;) {
        const chunk = await connection.snapshotChunk(id);
        if (chunk === undefined) throw endError(connection.ended ?? LOST, true);
        if (!(chunk instanceof Uint8Array)) throw refusalOf(chunk);
        if (chunk.length === 0) return;
        yield chunk;
      }
    } finally {
      connection.say({ type: 'cancel', id });
    }
  }

  /** What is wrong with the cluster. */
  async alarms(options: CallOptions = {}): Promise<readonly RaisedAlarm[]> {
    const done = await this.caller.repeatable({ type: 'list-alarms' }, options, true);
    return resultOf<'alarms'>(done, 'alarms').alarms;
  }

  /** Says that what an alarm told of was mended. */
  async disarm(alarm: Alarm, options: CallOptions = {}): Promise<void> {
    await this.caller.once({ type: 'disarm-alarm', alarm }, options);
  }

  /** Ends all calls, watches and connections. Leases are not revoked, and live their time. */
  async close(): Promise<void> {
    this.watches.close();
    this.caller.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A member whose store has everything that was acknowledged before. */
  private async currentMember(): Promise<Connection | ConnectionEnd> {
    const consistency = { type: 'linearizable' } as const;
    const operation = op.get(ANY_KEY, { countOnly: true });
    const read = { type: 'operation', operation, consistency, place: undefined } as const;
    // Once of whoever can tell, however long an election takes, then of the member itself.
    await this.caller.repeatable(read, {}, true);
    const connection = await this.caller.endpoints.pick(true);
    if (connection instanceof Connection) await this.caller.at(connection.address, read);
    return connection;
  }
}

/** Who reads a key learns what the store has, whether there is such a key or not. */
const ANY_KEY = 'any';

const LOST = { code: 'unavailable', detail: 'the connection ended' } as const;

/** The error of a reply that stands in the place of a piece of a snapshot. */
function refusalOf(reply: KvReply): KvError {
  if (reply.type === 'done') return unexpected(reply);
  return replyError(reply, reply.isDefinite);
}

function resultOf<Type extends KvResult['type']>(
  done: Done,
  type: Type,
): Extract<KvResult, { type: Type }> {
  if (done.result.type !== type) throw unexpected(done);
  return done.result as Extract<KvResult, { type: Type }>;
}
