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
  assert,
  type Envelope,
  type Host,
  type NodeId,
  type Random,
  type RunningNode,
  type Timer,
} from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import type { Configuration, MemberChange } from '../core/configuration.ts';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { RaftEvent, ReadMode, RequestId } from '../core/event.ts';
import type { Message } from '../core/message.ts';
import { type RaftOptions, toRaftOptions } from '../core/options.ts';
import { indexAfter, type LogIndex } from '../core/positions.ts';
import { blankSnapshot, foundingSnapshot } from '../core/snapshot-metadata.ts';
import { snapshotAt } from '../core/snapshots.ts';
import { createRaft, type RaftState } from '../core/state.ts';
import { type RaftStatus, statusOf } from '../core/status.ts';
import { nextTimerAt, step } from '../core/step.ts';
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from './peer-codec.ts';
import { RaftError } from './raft-error.ts';
import { RaftStorage } from './raft-storage.ts';
import type { StateMachine } from './state-machine.ts';

/** How a node is set up. */
export interface RaftNodeConfig<Result> {
  readonly stateMachine: StateMachine<Result>;
  /** The founding configuration, the same on all founders; left out by a node that joins. */
  readonly founding?: Configuration;
  /** Where the other nodes are, those that may join included. */
  readonly peers: readonly { readonly node: NodeId; readonly address: string }[];
  readonly options?: Partial<RaftOptions>;
  /** Where on the Host's disk. Default: `raft`. */
  readonly directory?: string;
  /** After how many applied entries a snapshot is taken. Default: 10,000. */
  readonly snapshotEveryCount?: number;
  /** How many entries before a snapshot stay, for followers a bit behind. Default: 1000. */
  readonly trailingCount?: number;
  /** Gets messages that are not of Raft. */
  readonly onOther?: (envelope: Envelope) => void;
}

/** Messages of Raft begin with this byte, so that others can share the network with them. */
const RAFT_BYTE = 0x52;

/** How long a snapshot may be on its way before it counts as lost, in election timeouts. */
const SNAPSHOT_PATIENCE = 5;

type Timeless<Event> = Event extends RaftEvent ? Omit<Event, 'now'> : never;

/** Someone who waits for the end of a request. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RaftError) => void;
}

/** Opens the storage, recovers, and takes part. Rejects where the storage is damaged. */
export async function startRaftNode<Result>(
  host: Host,
  config: RaftNodeConfig<Result>,
): Promise<RaftNode<Result>> {
  const { founding, directory = 'raft' } = config;
  const beginning = founding === undefined ? blankSnapshot() : foundingSnapshot(founding);
  const storage = await RaftStorage.open(host, directory, beginning);
  config.stateMachine.restore(storage.snapshotData);
  return new RaftNode(host, config, storage);
}

/** A node that takes part in a group. */
export class RaftNode<Result> implements RunningNode {
  private readonly host: Host;
  private readonly config: RaftNodeConfig<Result>;
  private readonly storage: RaftStorage;
  private readonly state: RaftState;
  private readonly events: Timeless<RaftEvent>[] = [];
  private readonly waiters = new Map<RequestId, Waiter>();
  /** Proposals that are committed and not applied yet, by their place. */
  private readonly committed = new Map<LogIndex, RequestId>();
  private readonly electionRandom: Random;
  private isStepping = false;
  private isSnapshotting = false;
  private isClosed = false;
  private requestCount = 0;
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;

  constructor(host: Host, config: RaftNodeConfig<Result>, storage: RaftStorage) {
    this.host = host;
    this.config = config;
    this.storage = storage;
    this.electionRandom = host.random.stream('election');
    this.state = createRaft({
      self: host.node,
      incarnation: host.incarnation,
      options: toRaftOptions(config.options),
      recovered: storage.recovered,
      now: host.clock.now(),
      random: this.electionRandom.uint32(),
    });
    storage.setWritten((sequence) => this.dispatch({ type: 'persisted', sequence }));
    for (const { node, address } of config.peers) {
      if (node !== host.node) host.messages.addPeer(node, address);
    }
    host.messages.onMessage((envelope) => this.receive(envelope));
    host.messages.onLink(({ type, peer }) => {
      if (type === 'down') this.dispatch({ type: 'unreachable', peer });
    });
    this.setTimer();
  }

  /**
   * Has a command committed and applied; resolves to what this node's state machine made of it.
   *
   * Rejects with `RaftError`. Where `isDefinite` is false the command may be applied all the same,
   * now or later: it must not be proposed again unless applying it twice does no harm.
   */
  propose(data: Uint8Array): Promise<Result> {
    return this.request((id) => ({ type: 'propose', id, data })) as Promise<Result>;
  }

  /**
   * Resolves when the state machine of this node may be read linearizably: at once, in the same
   * turn. Rejects with `RaftError`, always definite.
   */
  async read(mode: ReadMode = 'read-index'): Promise<void> {
    await this.request((id) => ({ type: 'read', id, mode }));
  }

  /** Changes the members; resolves when all of the change is committed. Rejects as `propose`. */
  async changeMembers(changes: readonly MemberChange[], isAutoLeave = true): Promise<void> {
    await this.request((id) => ({ type: 'change-members', id, changes, isAutoLeave }));
  }

  /** Adds a node that gets the log and has no vote. */
  async addLearner(node: NodeId): Promise<void> {
    await this.changeMembers([{ type: 'add-learner', node }]);
  }

  /** Makes a learner that has caught up a voter. */
  async promote(node: NodeId): Promise<void> {
    await this.changeMembers([{ type: 'promote', node }]);
  }

  /** Leaves a joint configuration that does not leave itself. */
  async leaveJoint(): Promise<void> {
    await this.request((id) => ({ type: 'leave-joint', id }));
  }

  /** Has `target` take over; resolves when it is heard as the leader. */
  async transferLeadership(target: NodeId): Promise<void> {
    await this.request((id) => ({ type: 'transfer-leadership', id, target }));
  }

  /** How the node stands. */
  status(): RaftStatus {
    return statusOf(this.state);
  }

  /** Refuses what it owes, as not known, and stops. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.timer?.cancel();
    for (const waiter of this.waiters.values()) waiter.reject(new RaftError('closed', false));
    this.waiters.clear();
    await this.storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private request(toEvent: (id: RequestId) => Timeless<RaftEvent>): Promise<unknown> {
    if (this.isClosed) return Promise.reject(new RaftError('closed', true));
    this.requestCount += 1;
    const id = this.requestCount;
    return new Promise((resolve, reject) => {
      this.waiters.set(id, { resolve, reject });
      this.dispatch(toEvent(id));
    });
  }

  private receive(envelope: Envelope): void {
    if (envelope.bytes[0] !== RAFT_BYTE) {
      this.config.onOther?.(envelope);
      return;
    }
    const decoded = decodeOrDrop(envelope.bytes.subarray(1));
    if (decoded === undefined || decoded.message.from !== envelope.from) return;
    const { message, data } = decoded;
    if (message.type === 'install-snapshot') {
      this.storage.keepReceived({ metadata: message.snapshot, data });
    }
    this.dispatch({ type: 'message', message });
  }

  /** Takes events in one after the other, also those that effects bring about. */
  private dispatch(event: Timeless<RaftEvent>): void {
    this.events.push(event);
    if (this.isStepping || this.isClosed) return;
    this.isStepping = true;
    for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
      const effects = step(this.state, { ...next, now: this.host.clock.now() } as RaftEvent);
      for (const effect of effects) this.perform(effect);
    }
    this.isStepping = false;
    this.setTimer();
    this.snapshotIfDue();
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        this.storage.persist(effect);
        return;
      case 'send':
        this.send({ message: effect.message, data: NO_BYTES }, 'urgent');
        return;
      case 'apply':
        this.apply(effect.entries);
        return;
      case 'apply-stored':
        this.host.run(() => this.applyStored(effect.from, effect.to));
        return;
      case 'restore':
        this.config.stateMachine.restore(this.storage.snapshotData);
        this.dispatch({ type: 'applied', index: effect.snapshot.index });
        return;
      case 'load-entries':
        this.host.run(() => this.load(effect));
        return;
      case 'send-snapshot':
        this.sendSnapshot(effect.peer);
        return;
      case 'appended':
        return;
      case 'committed':
        this.committed.set(effect.index, effect.id);
        return;
      case 'refused': {
        const error = new RaftError(effect.reason, effect.isDefinite, effect.leader);
        this.waiter(effect.id)?.reject(error);
        return;
      }
      case 'read-ready':
      case 'transferred':
        this.waiter(effect.id)?.resolve(undefined);
        return;
      case 'role':
        this.tell(effect);
        return;
    }
  }

  private waiter(id: RequestId): Waiter | undefined {
    const waiter = this.waiters.get(id);
    this.waiters.delete(id);
    return waiter;
  }

  private tell({ role, term, leader }: Extract<Effect, { type: 'role' }>): void {
    if (this.host.trace.isOn) this.host.trace.state({ role, term, leader: leader ?? 'none' });
  }

  private apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const result =
        entry.type === 'command'
          ? this.config.stateMachine.apply(entry.data, entry.index)
          : undefined;
      const id = this.committed.get(entry.index);
      if (id === undefined) continue;
      this.committed.delete(entry.index);
      this.waiter(id)?.resolve(result);
    }
    const last = entries.at(-1);
    if (last !== undefined) this.dispatch({ type: 'applied', index: last.index });
  }

  private async applyStored(from: LogIndex, to: LogIndex): Promise<void> {
    for (let next = from; next <= to; ) {
      const entries = await this.storage.read(next, to, this.state.options.applyBytesMax);
      const last = entries.at(-1);
      assert(last !== undefined, `entry ${next} is to be applied and is not on disk`);
      this.apply(entries);
      next = indexAfter(last.index);
    }
  }

  private async load(wanted: Extract<Effect, { type: 'load-entries' }>): Promise<void> {
    const { peer, from, to, bytesMax } = wanted;
    const entries = await this.storage.read(from, to, bytesMax);
    this.dispatch({ type: 'entries-loaded', peer, entries });
  }

  private snapshotIfDue(): void {
    const { snapshotEveryCount = 10_000, trailingCount = 1000 } = this.config;
    const { state } = this;
    const index = state.appliedIndex;
    if (index - state.snapshot.index < snapshotEveryCount || this.isSnapshotting) return;
    if (state.installing !== undefined || state.applyingIndex !== index) return;
    this.isSnapshotting = true;
    const metadata = snapshotAt(state, index);
    const data = this.config.stateMachine.snapshot();
    this.host.run(async () => {
      const isNewest = await this.storage.save({ metadata, data });
      this.isSnapshotting = false;
      if (!isNewest || this.isClosed) return;
      const compactTo = Math.max(0, index - trailingCount) as LogIndex;
      this.dispatch({ type: 'snapshot-taken', index, compactTo });
      await this.storage.compactTo(compactTo);
    });
  }

  private sendSnapshot(peer: NodeId): void {
    const { metadata, data } = this.storage.newestSnapshot();
    const message: Message = {
      type: 'install-snapshot',
      from: this.host.node,
      to: peer,
      term: this.state.term,
      snapshot: metadata,
    };
    const isQueued = this.send({ message, data }, 'bulk');
    const { electionTimeoutMs } = this.state.options;
    // Its acceptance is the follower's to tell; without one, the core shall try again.
    this.host.timers.after(isQueued ? SNAPSHOT_PATIENCE * electionTimeoutMs : 0, () => {
      this.dispatch({ type: 'snapshot-sent', peer, isDone: false });
    });
  }

  private send(peerMessage: PeerMessage, lane: 'urgent' | 'bulk'): boolean {
    const encoded = encodePeerMessage(peerMessage);
    const bytes = new Uint8Array(encoded.length + 1);
    bytes[0] = RAFT_BYTE;
    bytes.set(encoded, 1);
    return this.host.messages.send(peerMessage.message.to, bytes, lane) === 'queued';
  }

  private setTimer(): void {
    const at = nextTimerAt(this.state);
    if (at === this.timerAt || this.isClosed) return;
    this.timer?.cancel();
    this.timerAt = at;
    const delayMs = Math.max(0, at - this.host.clock.now());
    this.timer = this.host.timers.after(delayMs, () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.dispatch({ type: 'timer', random: this.electionRandom.uint32() });
    });
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A message that cannot be read is as good as lost. */
function decodeOrDrop(bytes: Uint8Array): PeerMessage | undefined {
  try {
    return decodePeerMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
