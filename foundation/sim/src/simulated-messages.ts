/**
 * The Host's messages over simulated links.
 */
import {
  BrokenInvariant,
  type Envelope,
  type Incarnation,
  type Lane,
  type LinkEvent,
  type Messages,
  type NodeId,
  type SendOutcome,
} from '@mangrove/host';
import type { Life } from './life.ts';
import { costOf, PeerLink, type WaitingMessage } from './peer-link.ts';
import { hashBytes } from './trace-hash.ts';
import type { World } from './world.ts';

/** The longest message: what `host-process` allows by default. */
const MAX_MESSAGE_BYTES = 4_194_304;

/** How many bytes may wait per peer and lane: what `host-process` allows by default. */
const MAX_QUEUE_BYTES = 16_777_216;

/** How long a message to oneself takes, in microseconds. */
const SELF_US = 5;

/** A message on its way. */
interface Flight extends WaitingMessage {
  readonly sender: Life;
  /** The incarnation that it is for. */
  readonly target: Incarnation;
}

/** The messages of one life. */
export class SimulatedMessages implements Messages {
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly maxQueueBytes = MAX_QUEUE_BYTES;
  private readonly world: World;
  private readonly life: Life;
  private readonly peers = new Map<NodeId, PeerLink>();
  /** The latest incarnation of each node that was heard of (N3). */
  private readonly seen = new Map<NodeId, Incarnation>();
  private messageHandler: ((envelope: Envelope) => void) | undefined;
  private linkHandler: ((event: LinkEvent) => void) | undefined;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  send(to: NodeId, bytes: Uint8Array, lane: Lane = 'urgent'): SendOutcome {
    const { life, world } = this;
    const { machine } = life;
    if (!life.isAlive) return 'closed';
    const isSelf = to === machine.id;
    const peer = this.peers.get(to);
    if (peer === undefined && !isSelf) return 'unknown-peer';
    if (bytes.length > MAX_MESSAGE_BYTES) return 'too-large';
    const kindOf = () => world.describe(bytes);
    machine.pass('send', to, 'before', kindOf);
    if (!life.isAlive) return 'closed';
    if (peer !== undefined) {
      const bound = peer.link.queueBoundBytes(MAX_QUEUE_BYTES);
      if (peer.queuedBytes(lane) + costOf(bytes) > bound) {
        world.count('message refused: queue full');
        return 'queue-full';
      }
    }
    const message = this.take(to, bytes, lane, peer?.up);
    if (peer === undefined) this.toSelf(message);
    else peer.push(message);
    machine.pass('send', to, 'after', kindOf);
    return 'queued';
  }

  onMessage(handler: (envelope: Envelope) => void): void {
    this.messageHandler = handler;
  }

  onLink(handler: (event: LinkEvent) => void): void {
    this.linkHandler = handler;
    const { engine } = this.world;
    for (const { peer, up } of this.peers.values()) {
      if (up === undefined) continue;
      engine.schedule('link', engine.nowUs, this.life.machine, this.life, () => {
        const isStill = this.peers.get(peer)?.up === up && this.linkHandler === handler;
        if (isStill) handler({ type: 'up', peer, incarnation: up });
      });
    }
  }

  linkTo(peer: NodeId): Incarnation | undefined {
    return this.peers.get(peer)?.up;
  }

  /** The address of a node is its name; another one is a node that is not there. */
  addPeer(peer: NodeId, address: string): void {
    const { life, world } = this;
    if (!life.isAlive || peer === life.machine.id) return;
    const link = world.network.link(life.machine, address as NodeId);
    const known = this.peers.get(peer);
    if (link === undefined || known?.link === link) return;
    known?.remove();
    const depart = (message: WaitingMessage) => this.depart(made, message);
    const tell = (type: 'up' | 'down', incarnation: Incarnation) => {
      this.linkHandler?.({ type, peer, incarnation });
    };
    const made = new PeerLink({ world, life, link }, depart, tell);
    this.peers.set(peer, made);
  }

  removePeer(peer: NodeId): void {
    this.peers.get(peer)?.remove();
    this.peers.delete(peer);
  }

  /** What this life knows of its link to a peer. */
  peerLink(peer: NodeId): PeerLink | undefined {
    return this.peers.get(peer);
  }

  /** A peer shakes hands; false where a later life of it has been here. */
  greet(peer: NodeId, incarnation: Incarnation): boolean {
    if ((this.seen.get(peer) ?? 0) > incarnation) return false;
    this.seen.set(peer, incarnation);
    this.peers.get(peer)?.peerIsNow(incarnation);
    return true;
  }

  /** Hands a message over to this life, if it is for it. */
  private receive(flight: Flight): void {
    const { engine, recorder } = this.world;
    const { id } = this.life.machine;
    const { incarnation } = flight.sender;
    const from = flight.sender.machine.id;
    const reason = this.reasonToDrop(flight);
    if (reason !== undefined) {
      this.drop(flight, reason);
      return;
    }
    this.seen.set(from, incarnation);
    if (hashBytes(flight.bytes) !== flight.print) {
      const text = `a message from ${from} to ${id} was changed after it was sent`;
      this.world.fail(flight.sender, new BrokenInvariant(text));
      return;
    }
    if (recorder.isOn) {
      const body = { type: 'deliver', of: flight.record } as const;
      engine.cause = recorder.add(engine.nowUs, id, flight.record, body);
    }
    const { lane, bytes } = flight;
    const kindOf = () => this.world.describe(bytes);
    this.life.machine.pass('receive', from, 'before', kindOf);
    if (!this.life.isAlive) return;
    this.messageHandler?.({ from, incarnation, lane, bytes });
    this.life.machine.pass('receive', from, 'after', kindOf);
  }

  private reasonToDrop(flight: Flight): string | undefined {
    const { incarnation, machine } = flight.sender;
    if (flight.target !== this.life.incarnation) return 'for another life';
    if ((this.seen.get(machine.id) ?? 0) > incarnation) return 'of a former life';
    return this.messageHandler === undefined ? 'no handler' : undefined;
  }

  private take(
    to: NodeId,
    bytes: Uint8Array,
    lane: Lane,
    forLife: Incarnation | undefined,
  ): WaitingMessage {
    const { engine, recorder } = this.world;
    const { machine } = this.life;
    const print = hashBytes(bytes);
    engine.note('send', machine, print, () => `to ${to}, ${bytes.length} bytes, hash ${print}`);
    if (!recorder.isOn) return { lane, bytes, print, record: -1, forLife };
    const label = this.world.describe(bytes);
    const body = { type: 'send', to, label, sizeBytes: bytes.length } as const;
    const record = recorder.add(engine.nowUs, machine.id, engine.cause, body);
    return { lane, bytes, print, record, forLife };
  }

  private depart(peer: PeerLink, message: WaitingMessage): void {
    const { engine } = this.world;
    const { link, up } = peer;
    const flight: Flight = { ...message, sender: this.life, target: up as Incarnation };
    const leftUs = link.transmit(message.lane, costOf(message.bytes), engine.nowUs);
    const fate = link.nextFate();
    if (link.isCut || fate === -1) {
      this.drop(flight, link.isCut ? 'cut' : 'lost');
      return;
    }
    const base = leftUs + link.extraUs();
    for (const latencyUs of typeof fate === 'number' ? [fate] : fate) {
      const bytes = link.passed(message.bytes);
      const isChanged = bytes !== message.bytes;
      if (isChanged) this.world.count('message corrupted');
      const arriving = isChanged ? { ...flight, bytes, print: hashBytes(bytes) } : flight;
      engine.schedule(
        'message',
        base + latencyUs,
        link.target,
        undefined,
        (life) => life?.messages.receive(arriving),
        () => this.drop(flight, 'nobody up'),
      );
    }
  }

  private toSelf(message: WaitingMessage): void {
    const { engine } = this.world;
    const { life } = this;
    const flight: Flight = { ...message, sender: life, target: life.incarnation };
    const atUs = engine.nowUs + SELF_US;
    engine.schedule('message', atUs, life.machine, life, () => this.receive(flight));
  }

  private drop(flight: Flight, reason: string): void {
    const { engine, recorder } = this.world;
    this.world.count(`message dropped: ${reason}`);
    if (!recorder.isOn) return;
    const body = { type: 'drop', of: flight.record, reason } as const;
    recorder.add(engine.nowUs, flight.sender.machine.id, flight.record, body);
  }
}
