/**
 * A node: the core on a Host, with its storage, its peers and a state machine.
 *
 *        propose, read, changeMembers              StateMachine
 *                 |                                  ^      |
 *              event                               apply  result
 *                 v                                  |      v
 *     messages -> core: step(state, event) -> effects -> settle promises
 *                 ^                                  |
 *             persisted <- journal, snapshots <- persist
 *
 * It decides nothing about the protocol: it carries events in and effects out, in order.
 */
import {
  DiskError,
  type Host,
  InvalidArgument,
  type NodeId,
  type RunningNode,
} from '@mangrove/host';
import { JournalError } from '@mangrove/journal';
import type { MemberChange, StoreId } from '../core/configuration.ts';
import type { Effect, RefusalReason } from '../core/effect.ts';
import type { RequestId } from '../core/event.ts';
import { FORWARD_COUNT_MAX } from '../core/forwarding.ts';
import { settledVersion } from '../core/identity.ts';
import type { RaftOptions } from '../core/options.ts';
import { blankSnapshot, foundingSnapshot } from '../core/snapshot-metadata.ts';
import { createRaft, type RaftState } from '../core/state.ts';
import { type RaftStatus, statusOf } from '../core/status.ts';
import { CoreLoop, type Performer, type TimelessEvent } from './core-loop.ts';
import { Handshake, type HandshakeFault } from './handshake.ts';
import { MachineRunner } from './machine-runner.ts';
import { NodeMetrics } from './node-metrics.ts';
import type { NodeSeat } from './node-seat.ts';
import { type CodecTools, createCodecTools, FORMAT_VERSIONS } from './peer-codec.ts';
import { PeerPort } from './peer-port.ts';
import { ProposalBatch } from './proposal-batch.ts';
import { RaftError, type RaftErrorCode } from './raft-error.ts';
import { type RaftNodeConfig, toNodeOptions } from './raft-node-config.ts';
import { RaftStorage } from './raft-storage.ts';
import { Requests } from './requests.ts';
import { SnapshotMover } from './snapshot-mover.ts';
import { SnapshotPace } from './snapshot-pace.ts';
import { type CommandCodec, codecOf, toStreaming } from './state-machine.ts';
import { StateTrace } from './state-trace.ts';
import { StatusFeed } from './status-feed.ts';
import { StoreIdentity } from './store-identity.ts';

/** How current a read must be. */
export type Consistency =
  /** Everything that was acknowledged before the read began; by a round of heartbeats. */
  | 'linearizable'
  /** The same, by the leader's lease where it holds one: as true as the clocks' stated bound. */
  | 'lease'
  /** Whatever this node has applied; needs no one else, and may be behind without bound. */
  | 'stale';

/** How a call is given up. */
export interface CallOptions {
  /**
   * Ends the wait at once, with `aborted`. What was asked for may happen all the same, as
   * `isDefinite` of the error says: not where the signal was aborted before the call.
   */
  readonly signal?: AbortSignal;
}

/** How a read is made. Giving it up is always definite. */
export interface ReadOptions extends CallOptions {
  /** Default: `linearizable`. */
  readonly consistency?: Consistency;
}

/** How members are changed. */
export interface ChangeOptions extends CallOptions {
  /** Whether a joint configuration is left by itself, not by `leaveJoint`. Default true. */
  readonly isAutoLeave?: boolean;
}

/** How a learner is added. */
export interface LearnerOptions extends CallOptions {
  /** The only store under which it is let in. Default: the one that it is seen with. */
  readonly store?: StoreId;
}

/** Opens the storage, recovers, and takes part. Rejects where the storage is damaged. */
export async function startRaftNode<Result, Command = Uint8Array>(
  host: Host,
  config: RaftNodeConfig<Result, Command>,
  seat: NodeSeat = {},
): Promise<RaftNode<Result, Command>> {
  const { founding, directory = 'raft', cluster = 'mangrove' } = config;
  const { versionMax = FORMAT_VERSIONS.highest } = config;
  if (versionMax < FORMAT_VERSIONS.lowest || versionMax > FORMAT_VERSIONS.highest) {
    const bound = `${FORMAT_VERSIONS.lowest} to ${FORMAT_VERSIONS.highest}`;
    throw new InvalidArgument('versionMax', versionMax, bound);
  }
  const pace = new SnapshotPace(config);
  const identity = await StoreIdentity.open(host, directory, cluster);
  const beginning = founding === undefined ? blankSnapshot() : foundingSnapshot(founding);
  const options = toNodeOptions(config.options, host.messages.maxMessageBytes);
  const chunkBytesMax = options.snapshotChunkBytesMax;
  const tools = seat.tools ?? createCodecTools(config.crc32c);
  const { foundingState: beginningSlices } = config;
  const { openLog } = seat;
  const place = { directory, beginning, beginningSlices, chunkBytesMax, openLog, tools };
  const storage = await RaftStorage.open(host, place);
  await toStreaming(config.stateMachine).restoreSlices(storage.slices());
  return new RaftNode(host, config, { storage, identity, options, versionMax, pace, seat, tools });
}

/** What a node is made of. */
interface NodeParts {
  readonly storage: RaftStorage;
  readonly identity: StoreIdentity;
  readonly options: RaftOptions;
  readonly versionMax: number;
  readonly pace: SnapshotPace;
  readonly seat: NodeSeat;
  readonly tools: CodecTools;
}

/** A node that takes part in a group. */
export class RaftNode<Result, Command = Uint8Array> implements RunningNode {
  private readonly host: Host;
  private readonly seat: NodeSeat;
  private readonly storage: RaftStorage;
  private readonly tools: CodecTools;
  private readonly state: RaftState;
  private readonly loop: CoreLoop;
  private readonly requests: Requests;
  private readonly proposals: ProposalBatch;
  private readonly machine: MachineRunner<Result, Command>;
  private readonly codec: CommandCodec<Command>;
  private readonly identity: StoreIdentity;
  private readonly handshake: Handshake;
  /** The other nodes whose addresses are known. */
  private readonly peers = new Set<NodeId>();
  /** Who does not let this node in, and why. */
  private readonly refusals = new Map<NodeId, HandshakeFault>();
  private readonly port: PeerPort;
  private readonly mover: SnapshotMover;
  private readonly metrics: NodeMetrics;
  private readonly stateTrace: StateTrace;
  private readonly feed: StatusFeed;
  /** Writes that are not durable, and since when. */
  private readonly asked: { readonly sequence: number; readonly at: number }[] = [];
  private hasNewRole = false;
  private told = { commitIndex: -1, appliedIndex: -1, lastIndex: -1, isDiskFull: false };
  private isClosed = false;

  constructor(host: Host, config: RaftNodeConfig<Result, Command>, parts: NodeParts) {
    const { storage, identity, options, versionMax } = parts;
    this.seat = parts.seat;
    this.host = host;
    this.storage = storage;
    this.tools = parts.tools;
    this.codec = codecOf(config.stateMachine);
    this.identity = identity;
    const electionRandom = host.random.stream('election');
    this.state = createRaft({
      self: host.node,
      incarnation: host.incarnation,
      options,
      recovered: storage.recovered,
      now: host.clock.now(),
      random: electionRandom.uint32(),
      identity: { store: identity.store, versionMax },
    });
    const { state } = this;
    const metrics = new NodeMetrics(host, state.log.lastIndex);
    this.requests = new Requests(state.options.hasForwarding ? FORWARD_COUNT_MAX : 0, {
      now: () => host.clock.now(),
      proposed: (tookMs) => metrics.proposalMs.record(tookMs),
    });
    this.metrics = metrics;
    this.stateTrace = new StateTrace(host.trace, config.describeCommand ?? sizeOf);
    this.feed = new StatusFeed(() => this.status());
    const dispatch = (event: TimelessEvent) => this.loop.dispatch(event);
    this.loop = new CoreLoop(host, state, electionRandom, this.performer());
    this.proposals = new ProposalBatch(host, dispatch);
    const run = (task: () => Promise<void>) => this.run(task);
    this.handshake = new Handshake(host, {
      state,
      identity,
      versionMax,
      room: storage.room,
      run,
      dispatch,
      onRefused: (peer, fault) => this.refusedBy(peer, fault),
    });
    this.port = new PeerPort(host, this.handshake, parts.tools);
    this.mover = new SnapshotMover({ run, storage, metrics }, dispatch);
    this.machine = new MachineRunner(
      host,
      config.stateMachine,
      { run, storage, state, metrics, pace: parts.pace },
      dispatch,
      (entries, results) => this.requests.applied(entries, results),
    );
    storage.setWritten((sequence, tookMs) => this.written(sequence, tookMs));
    storage.setFailed((cause) => this.end('storage-failed', cause));
    storage.room.setChanged((isFull) => dispatch({ type: 'disk-room', isFull }));
    for (const { node, address } of config.peers) this.addPeer(node, address);
    this.port.listen((message) => dispatch({ type: 'message', message }), config.onOther);
    host.messages.onLink(({ type, peer }) => {
      if (type === 'refused') this.refusedBy(peer, 'wrong-cluster');
      else if (type === 'down') dispatch({ type: 'unreachable', peer });
      else if (this.peers.has(peer)) this.handshake.greet(peer);
    });
    this.loop.start();
    this.handshake.start();
  }

  /** Tells where another node is, one that may join; a later address counts. */
  addPeer(node: NodeId, address: string): void {
    if (node === this.host.node) return;
    this.peers.add(node);
    this.host.messages.addPeer(node, address);
  }

  /**
   * Has a command committed and applied; resolves to what this node's state machine made of it.
   *
   * Rejects with `RaftError`. Where `isDefinite` is false the command may be applied all the same,
   * now or later: it must not be proposed again unless applying it twice does no harm.
   */
  propose(command: Command, options?: CallOptions): Promise<Result> {
    if (this.isClosed) return Promise.reject(new RaftError('closed', true));
    const { proposals } = this;
    try {
      const data = this.codec.encode(command);
      const { add, beginsAt } = proposals;
      return this.requests.propose(data, add, beginsAt, options?.signal) as Promise<Result>;
    } catch (error) {
      // A command that has no bytes: an async function would reject as well, at a higher price.
      return Promise.reject(error);
    }
  }

  /**
   * Resolves when the state machine of this node may be read with the wanted consistency: at once,
   * in the same turn. Rejects with `RaftError`, always definite.
   */
  async read(options: ReadOptions = {}): Promise<void> {
    const { consistency = 'linearizable', signal } = options;
    if (consistency === 'stale') {
      if (this.isClosed) throw new RaftError('closed', true);
      return;
    }
    const mode = consistency === 'lease' ? 'lease' : 'read-index';
    const forget = (id: RequestId) => this.loop.dispatch({ type: 'cancel-read', id });
    const toEvent = (id: RequestId): TimelessEvent => ({ type: 'read', id, mode });
    await this.open(toEvent, { signal, isDefinite: true, forget });
  }

  /**
   * Changes the members; resolves when all of the change is committed. Rejects as `propose`; what
   * is given up may go on, and `status` tells how far it is.
   */
  async changeMembers(
    changes: readonly MemberChange[],
    options: ChangeOptions = {},
  ): Promise<void> {
    const { isAutoLeave = true, signal } = options;
    await this.request((id) => ({ type: 'change-members', id, changes, isAutoLeave }), signal);
  }

  /** Adds a node that gets the log and has no vote. */
  async addLearner(node: NodeId, options: LearnerOptions = {}): Promise<void> {
    await this.changeMembers([{ type: 'add-learner', node, store: options.store }], options);
  }

  /** Makes a learner that has caught up a voter. */
  async promote(node: NodeId, options: CallOptions = {}): Promise<void> {
    await this.changeMembers([{ type: 'promote', node }], options);
  }

  /** Leaves a joint configuration that does not leave itself. */
  async leaveJoint({ signal }: CallOptions = {}): Promise<void> {
    await this.request((id) => ({ type: 'leave-joint', id }), signal);
  }

  /** Has `target` take over; resolves when it is heard as the leader. */
  async transferLeadership(target: NodeId, { signal }: CallOptions = {}): Promise<void> {
    await this.request((id) => ({ type: 'transfer-leadership', id, target }), signal);
  }

  /** The store of this node: what `addLearner` takes where a disk was replaced. */
  get store(): StoreId {
    return this.identity.store;
  }

  /** Whether the group is idle and has stopped its clocks. */
  get isAsleep(): boolean {
    return this.state.isAsleep;
  }

  /** Wakes an idle group, whose leader may be gone; nothing happens where it is awake. */
  wake(): void {
    this.loop.dispatch({ type: 'wake' });
  }

  /** How the node stands. */
  status(): RaftStatus {
    return statusOf(this.state);
  }

  /**
   * The status now, then the newest one after each change of its own role, term, indexes or disk;
   * slow readers miss what lies between. It ends when the node is closed, and throws `aborted` with
   * `signal`.
   */
  changes(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<RaftStatus, void, undefined> {
    return this.feed.read(options.signal);
  }

  /** The core's own state, to be looked at by who watches invariants; never to be written to. */
  inspect(): Readonly<RaftState> {
    return this.state;
  }

  /** Refuses what it owes, all but reads as not known, and stops. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.end('closed');
    await this.storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Asks for what may happen though it is given up. */
  private request(
    toEvent: (id: RequestId) => TimelessEvent,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    return this.open(toEvent, { signal, isDefinite: false });
  }

  private open(
    toEvent: (id: RequestId) => TimelessEvent,
    abort: Parameters<Requests['open']>[1],
  ): Promise<unknown> {
    this.proposals.flush();
    if (this.isClosed) return Promise.reject(new RaftError('closed', true));
    return this.requests.open((id) => this.loop.dispatch(toEvent(id)), abort);
  }

  private performer(): Performer {
    return {
      perform: (effect) => this.perform(effect),
      settled: () => this.settled(),
      timerFired: (lateMs) => this.metrics.timerFired(this.state, lateMs),
      broken: (cause) => {
        this.end('broken', cause);
        this.host.fail(cause);
      },
    };
  }

  /** Runs a part of the node's work; where it fails, those who wait are told before the Host is. */
  private run(task: () => Promise<void>): void {
    this.host.run(async () => {
      try {
        await task();
      } catch (cause) {
        // What was under way when the node was closed finds its log closed.
        if (this.isClosed && cause instanceof JournalError && cause.code === 'closed') return;
        const isOfDisk = cause instanceof DiskError || cause instanceof JournalError;
        this.end(isOfDisk ? 'storage-failed' : 'broken', cause);
        throw cause;
      }
    });
  }

  /** Does no more; where the Host ends the node, those who wait are told before. */
  private end(code: RaftErrorCode, cause?: unknown): void {
    this.isClosed = true;
    this.loop.stop();
    this.handshake.stop();
    this.machine.stop();
    this.requests.rejectAll(code, cause);
    this.feed.close();
  }

  private written(sequence: number, tookMs: number): void {
    const now = this.host.clock.now();
    this.metrics.syncMs.record(tookMs);
    while (this.asked[0] !== undefined && this.asked[0].sequence <= sequence) {
      this.metrics.appendMs.record(now - this.asked[0].at);
      this.asked.shift();
    }
    this.loop.dispatch({ type: 'persisted', sequence });
  }

  /** A node that is not let in will never have a leader: that is what its caller must know. */
  private reasonOf(reason: RefusalReason): RaftErrorCode {
    const [fault] = this.refusals.values();
    const isStuck = reason === 'not-leader' && this.state.leader === undefined;
    return isStuck && fault !== undefined ? fault : reason;
  }

  private refusedBy(peer: NodeId, fault: HandshakeFault | undefined): void {
    if (fault === undefined) {
      this.refusals.delete(peer);
      return;
    }
    if (this.refusals.get(peer) === fault) return;
    this.refusals.set(peer, fault);
    if (this.host.trace.isOn) this.host.trace.event('refused', { peer, fault });
  }

  private settled(): void {
    const { state } = this;
    this.tools.packed.clear();
    this.machine.snapshotIfDue();
    this.metrics.settled(state);
    this.stateTrace.tell(state);
    const { commitIndex, appliedIndex, isDiskFull } = state;
    const { lastIndex } = state.log;
    const isNews =
      this.hasNewRole ||
      commitIndex !== this.told.commitIndex ||
      appliedIndex !== this.told.appliedIndex ||
      isDiskFull !== this.told.isDiskFull ||
      lastIndex !== this.told.lastIndex;
    if (!isNews) return;
    this.hasNewRole = false;
    this.told = { commitIndex, appliedIndex, lastIndex, isDiskFull };
    this.feed.changed();
  }

  private perform(effect: Effect): void {
    this.metrics.asked(effect);
    switch (effect.type) {
      case 'persist':
        this.asked.push({ sequence: effect.sequence, at: this.state.now });
        this.storage.persist(effect, settledVersion(this.state));
        return;
      case 'send':
        this.port.send(effect.message);
        return;
      case 'apply':
        this.machine.apply(effect.entries);
        return;
      case 'apply-stored':
        this.machine.applyStored(effect);
        return;
      case 'restore':
        this.machine.restore(effect);
        this.requests.skippedTo(effect.snapshot.index);
        return;
      case 'load-entries':
        this.run(() => this.load(effect));
        return;
      case 'load-chunk':
        this.mover.load(effect);
        return;
      case 'write-chunk':
        this.mover.write(effect);
        return;
      case 'forget':
        this.run(() => this.storage.forget(effect.logIndex, effect.snapshotIndex));
        return;
      case 'committed':
        this.requests.place(effect.id, effect.index);
        return;
      case 'refused': {
        const { id, reason, isDefinite, leader } = effect;
        this.requests.reject(id, new RaftError(this.reasonOf(reason), isDefinite, { leader }));
        return;
      }
      case 'read-ready':
      case 'transferred':
        this.requests.resolve(effect.id, undefined);
        return;
      case 'asleep':
        this.seat.onAsleep?.(effect.leader);
        return;
      case 'awake':
        this.seat.onAwake?.();
        return;
      case 'role':
        this.metrics.became(this.state);
        this.hasNewRole = true;
        this.seat.onRole?.(effect.role, effect.leader);
        // Whoever follows a leader, or leads, was let in.
        if (effect.leader !== undefined) this.refusals.clear();
        return;
    }
  }

  private async load(wanted: Extract<Effect, { type: 'load-entries' }>): Promise<void> {
    const { peer, from, to, bytesMax } = wanted;
    const entries = await this.storage.read(from, to, bytesMax);
    this.loop.dispatch({ type: 'entries-loaded', peer, entries });
  }
}

/** A command in a word, where the configuration gives none. */
function sizeOf(command: Uint8Array): string {
  return `${command.length}B`;
}
