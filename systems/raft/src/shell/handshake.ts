/**
 * How nodes get to know each other: before any other message of a peer's life is taken in, it has
 * said who it is.
 *
 *     a                                        b
 *     | -- hello (cluster, store, versions) --> |   checked, and kept where b is founding
 *     | <-- hello, an answer: what b kept ----- |
 *     | -- votes, appends, ... ---------------> |
 *
 * What comes from a life that has not introduced itself is dropped, as if lost, and asked about.
 * Whether a peer is let in is looked at again whenever the configuration changes.
 */
import type { Envelope, Host, Incarnation, Instant, NodeId } from '@mangrove/host';
import { commonVersion } from '@mangrove/wire';
import { isMember, MAX_MEMBERS, membersOf, type StoreId, storeOf } from '../core/configuration.ts';
import { admissionFault, boundIndexOf, type Introduction } from '../core/identity.ts';
import type { LogIndex } from '../core/positions.ts';
import type { RaftState } from '../core/state.ts';
import type { TimelessEvent } from './core-loop.ts';
import type { DiskRoom } from './disk-room.ts';
import { decodeHello, encodeHello, type Hello } from './hello-codec.ts';
import { FORMAT_VERSIONS } from './peer-codec.ts';
import type { StoreIdentity } from './store-identity.ts';

/** Why a peer does not let this node in, or is not let in by it. */
export type HandshakeFault = 'wrong-cluster' | 'wrong-store' | 'old-version' | 'no-common-version';

/** A life of a peer that has introduced itself. */
interface Acquaintance {
  readonly incarnation: Incarnation;
  readonly introduction: Introduction;
  readonly cluster: string;
  /** The version in which it is spoken to. */
  readonly version: number | undefined;
  /** The configuration for which `fault` was found, once that is committed. */
  judgedIndex: LogIndex | undefined;
  fault: HandshakeFault | undefined;
}

/** What the handshake works with. */
export interface HandshakeParts {
  readonly state: RaftState;
  readonly identity: StoreIdentity;
  /** The newest version that this node speaks. */
  readonly versionMax: number;
  readonly room: DiskRoom;
  readonly run: (task: () => Promise<void>) => void;
  readonly dispatch: (event: TimelessEvent) => void;
  /** Is told of a peer that does not let this node in, and of one that does again. */
  readonly onRefused: (peer: NodeId, fault: HandshakeFault | undefined) => void;
}

/** The handshakes of one node. */
export class Handshake {
  private readonly host: Host;
  private readonly parts: HandshakeParts;
  private readonly peers = new Map<NodeId, Acquaintance>();
  private readonly greetedAt = new Map<NodeId, Instant>();
  /** The founders that keep our store. */
  private readonly keepers = new Set<NodeId>();
  private isStopped = false;

  constructor(host: Host, parts: HandshakeParts) {
    this.host = host;
    this.parts = parts;
  }

  /** The newest version that this node speaks. */
  get versionMax(): number {
    return this.parts.versionMax;
  }

  /** Begins to greet the other founders, until all of them keep our store. */
  start(): void {
    if (this.parts.identity.isSworn) this.swearIfKept();
    this.greetFounders();
  }

  /** Greets no one any more. */
  stop(): void {
    this.isStopped = true;
  }

  /** Whether messages of this life of `peer` may be taken in; where not, it is asked who it is. */
  admits(peer: NodeId, incarnation: Incarnation): boolean {
    const known = this.peers.get(peer);
    if (known === undefined || known.incarnation !== incarnation) {
      this.greet(peer);
      return false;
    }
    if (this.judge(known) === undefined) return true;
    this.greet(peer);
    return false;
  }

  /** The version in which `peer` is spoken to; `undefined` where it is not let in, or not known. */
  versionOf(peer: NodeId): number | undefined {
    const known = this.peers.get(peer);
    if (known !== undefined && this.judge(known) === undefined) return known.version;
    this.greet(peer);
    return undefined;
  }

  /** Introduces this node, at most once in a heartbeat interval unless it is an answer. */
  greet(peer: NodeId, isAnswer = false): void {
    const { state, identity, versionMax } = this.parts;
    const now = this.host.clock.now();
    const before = this.greetedAt.get(peer);
    if (!isAnswer) {
      const { heartbeatIntervalMs } = state.options;
      if (before !== undefined && now - before < heartbeatIntervalMs) return;
      this.greetedAt.set(peer, now);
    }
    const known = this.peers.get(peer);
    const hello: Hello = {
      cluster: identity.cluster,
      store: identity.store,
      versionMin: FORMAT_VERSIONS.lowest,
      versionMax,
      boundIndex: boundIndexOf(state),
      kept: this.keptOf(peer),
      fault: known === undefined ? undefined : this.judge(known),
      isAnswer,
    };
    this.host.messages.send(peer, encodeHello(hello));
  }

  /** Takes an introduction in. */
  onHello({ from, incarnation, bytes }: Envelope): void {
    const hello = decodeHello(bytes);
    if (hello === undefined) return;
    const { cluster, store, versionMin, versionMax, boundIndex, fault } = hello;
    const ours = { lowest: FORMAT_VERSIONS.lowest, highest: this.parts.versionMax };
    const known: Acquaintance = {
      incarnation,
      cluster,
      introduction: { node: from, store, versionMax, boundIndex },
      version: commonVersion(ours, { lowest: versionMin, highest: versionMax }),
      judgedIndex: undefined,
      fault: undefined,
    };
    this.parts.onRefused(from, fault as HandshakeFault | undefined);
    if (this.judge(known) !== undefined || !this.mustKeep(from)) {
      this.acquaint(from, known, hello);
      return;
    }
    // What it is told that we keep must be kept.
    this.parts.run(async () => {
      await this.parts.identity.see(from, store, this.parts.room);
      this.acquaint(from, known, hello);
    });
  }

  private acquaint(peer: NodeId, known: Acquaintance, hello: Hello): void {
    const former = this.peers.get(peer);
    if (this.isStopped || (former !== undefined && former.incarnation > known.incarnation)) return;
    // Another disk may have been seen while this one was being kept.
    known.judgedIndex = undefined;
    this.peers.set(peer, known);
    if (this.judge(known) === undefined) {
      const { store, versionMax } = known.introduction;
      this.parts.dispatch({ type: 'peer-identified', peer, identity: { store, versionMax } });
      if (hello.kept === this.parts.identity.store && hello.fault === undefined) {
        this.keepers.add(peer);
        this.swearIfKept();
      }
    }
    if (!hello.isAnswer) this.greet(peer, true);
  }

  private judge(known: Acquaintance): HandshakeFault | undefined {
    const { state, identity } = this.parts;
    const { commitIndex, log } = state;
    const { index } = log.configurations.latest;
    if (known.judgedIndex === index) return known.fault;
    known.judgedIndex = index <= commitIndex ? index : undefined;
    if (known.cluster !== identity.cluster) known.fault = 'wrong-cluster';
    else if (known.version === undefined) known.fault = 'no-common-version';
    else {
      const { introduction } = known;
      const { firstSeen } = identity;
      known.fault = admissionFault(log.configurations, commitIndex, firstSeen, introduction);
    }
    return known.fault;
  }

  /**
   * Whether the store of `peer` is to be kept, as long as none is bound. One that is no member as
   * far as we know is about to join, or has joined by a change that we have missed; then it may be
   * needed to lead before anybody can tell us (R77).
   */
  private mustKeep(peer: NodeId): boolean {
    const { state, identity } = this.parts;
    const { configuration } = state.log.configurations.latest;
    if (configuration.stores.length > 0) return false;
    const members = membersOf(configuration);
    if (members.includes(peer)) return true;
    const unseenCount = members.filter((node) => !identity.firstSeen.has(node)).length;
    return identity.firstSeen.size + unseenCount < MAX_MEMBERS;
  }

  private keptOf(peer: NodeId): StoreId | undefined {
    const { state, identity } = this.parts;
    const bound = storeOf(state.log.configurations.latest.configuration, peer);
    return bound ?? identity.firstSeen.get(peer);
  }

  /** The other founders, as long as they have to keep our store. */
  private missing(): readonly NodeId[] {
    const { state, identity } = this.parts;
    if (identity.isSworn) return [];
    const { configuration } = state.log.configurations.latest;
    if (configuration.stores.length > 0 || !isMember(configuration, this.host.node)) return [];
    const others = membersOf(configuration).filter((node) => node !== this.host.node);
    return others.filter((node) => !this.keepers.has(node));
  }

  private swearIfKept(): void {
    const { state, identity, dispatch } = this.parts;
    const { configuration } = state.log.configurations.latest;
    if (identity.isSworn) {
      if (!state.isSworn) dispatch({ type: 'sworn' });
      return;
    }
    const isFounding = configuration.stores.length === 0;
    if (!isFounding || !isMember(configuration, this.host.node) || this.missing().length > 0)
      return;
    this.parts.run(async () => {
      await identity.swear(this.parts.room);
      if (!this.isStopped) dispatch({ type: 'sworn' });
    });
  }

  /**
   * Asks those who have not kept our store, again and again: also a node that joins, since it is
   * nobody's member when it starts, and members of a group of the first version are bound so too.
   */
  private greetFounders(): void {
    const { state, identity } = this.parts;
    const { configuration } = state.log.configurations.latest;
    if (this.isStopped || identity.isSworn || configuration.stores.length > 0) return;
    // Who has joined meanwhile may have been kept by all others before.
    this.swearIfKept();
    for (const peer of this.missing()) this.greet(peer);
    const { heartbeatIntervalMs } = this.parts.state.options;
    this.host.timers.after(2 * heartbeatIntervalMs, () => this.greetFounders());
  }
}
