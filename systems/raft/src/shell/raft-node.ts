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
import type { Host, NodeId, RunningNode } from '@mangrove/host';
import type { MemberChange } from '../core/configuration.ts';
import type { Effect } from '../core/effect.ts';
import type { ReadMode, RequestId } from '../core/event.ts';
import { toRaftOptions } from '../core/options.ts';
import { blankSnapshot, foundingSnapshot } from '../core/snapshot-metadata.ts';
import { createRaft, type RaftState } from '../core/state.ts';
import { type RaftStatus, statusOf } from '../core/status.ts';
import { CoreLoop, type Performer, type TimelessEvent } from './core-loop.ts';
import { MachineRunner } from './machine-runner.ts';
import type { PeerMessage } from './peer-codec.ts';
import { PeerPort } from './peer-port.ts';
import { RaftError } from './raft-error.ts';
import type { RaftNodeConfig } from './raft-node-config.ts';
import { RaftStorage } from './raft-storage.ts';
import { Requests } from './requests.ts';
import { SnapshotSender } from './snapshot-sender.ts';

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
  private readonly storage: RaftStorage;
  private readonly state: RaftState;
  private readonly loop: CoreLoop;
  private readonly requests = new Requests();
  private readonly machine: MachineRunner<Result>;
  private readonly port: PeerPort;
  private readonly snapshots: SnapshotSender;
  private isClosed = false;

  constructor(host: Host, config: RaftNodeConfig<Result>, storage: RaftStorage) {
    this.host = host;
    this.storage = storage;
    const electionRandom = host.random.stream('election');
    this.state = createRaft({
      self: host.node,
      incarnation: host.incarnation,
      options: toRaftOptions(config.options),
      recovered: storage.recovered,
      now: host.clock.now(),
      random: electionRandom.uint32(),
    });
    const { state } = this;
    const dispatch = (event: TimelessEvent) => this.loop.dispatch(event);
    this.loop = new CoreLoop(host, state, electionRandom, this.performer());
    this.port = new PeerPort(host);
    this.snapshots = new SnapshotSender(host, { storage, state, port: this.port }, dispatch);
    this.machine = new MachineRunner(host, config, { storage, state }, dispatch, (index, result) =>
      this.requests.applied(index, result),
    );
    storage.setWritten((sequence) => dispatch({ type: 'persisted', sequence }));
    for (const { node, address } of config.peers) {
      if (node !== host.node) host.messages.addPeer(node, address);
    }
    this.port.listen((message) => this.receive(message), config.onOther);
    host.messages.onLink(({ type, peer }) => {
      if (type === 'down') dispatch({ type: 'unreachable', peer });
    });
    this.loop.start();
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
    this.loop.stop();
    this.machine.stop();
    this.requests.rejectAll();
    await this.storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private request(toEvent: (id: RequestId) => TimelessEvent): Promise<unknown> {
    if (this.isClosed) return Promise.reject(new RaftError('closed', true));
    return this.requests.open((id) => this.loop.dispatch(toEvent(id)));
  }

  private receive({ message, data }: PeerMessage): void {
    if (message.type === 'install-snapshot') {
      this.storage.keepReceived({ metadata: message.snapshot, data });
    }
    this.loop.dispatch({ type: 'message', message });
  }

  private performer(): Performer {
    return {
      perform: (effect) => this.perform(effect),
      settled: () => this.machine.snapshotIfDue(),
    };
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        this.storage.persist(effect);
        return;
      case 'send':
        this.port.send({ message: effect.message, data: NO_BYTES });
        return;
      case 'apply':
        this.machine.apply(effect.entries);
        return;
      case 'apply-stored':
        this.machine.applyStored(effect);
        return;
      case 'restore':
        this.machine.restore(effect);
        return;
      case 'load-entries':
        this.host.run(() => this.load(effect));
        return;
      case 'send-snapshot':
        this.snapshots.send(effect.peer);
        return;
      case 'appended':
        return;
      case 'committed':
        this.requests.place(effect.id, effect.index);
        return;
      case 'refused': {
        const { id, reason, isDefinite, leader } = effect;
        this.requests.reject(id, new RaftError(reason, isDefinite, leader));
        return;
      }
      case 'read-ready':
      case 'transferred':
        this.requests.resolve(effect.id, undefined);
        return;
      case 'role':
        this.tell(effect);
        return;
    }
  }

  private tell({ role, term, leader }: Extract<Effect, { type: 'role' }>): void {
    if (this.host.trace.isOn) this.host.trace.state({ role, term, leader: leader ?? 'none' });
  }

  private async load(wanted: Extract<Effect, { type: 'load-entries' }>): Promise<void> {
    const { peer, from, to, bytesMax } = wanted;
    const entries = await this.storage.read(from, to, bytesMax);
    this.loop.dispatch({ type: 'entries-loaded', peer, entries });
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
