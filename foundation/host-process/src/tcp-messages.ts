/**
 * The message network over TCP: one connection per pair of nodes and direction.
 *
 * This Host dials every peer it knows and sends over that connection; what peers send comes over
 * the connections that they dial. Both ends tell their incarnation in the greeting. The highest one
 * seen of a peer, on either connection, is remembered: older ones are refused and cut off (N3).
 */

import type { TLSSocket } from 'node:tls';
import type {
  Counter,
  Envelope,
  Incarnation,
  Lane,
  LinkEvent,
  Messages,
  Metrics,
  NodeId,
  Random,
  SendOutcome,
  Trace,
} from '@mangrove/host';
import { toNodeId } from '@mangrove/host';
import { DelayedMessages } from './delayed-messages.ts';
import type { FaultBoard, LinkWeather } from './faults.ts';
import { type Hello, OTHER_CLUSTER, WIRE_VERSION } from './frames.ts';
import type { IncomingLink, IncomingOwner } from './incoming-link.ts';
import type { Life } from './life.ts';
import type { MessageLimits } from './message-limits.ts';
import { type LinkOwner, type LossReason, OutgoingLink } from './outgoing-link.ts';
import { SelfLink } from './self-link.ts';
import { namesNode, type TlsIdentity } from './tls-identity.ts';
import type { Turns } from './turns.ts';

/** What the message network needs of its Host. */
export interface MessageContext {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly cluster: string;
  readonly life: Life;
  readonly turns: Turns;
  readonly faults: FaultBoard;
  readonly random: Random;
  readonly trace: Trace;
  readonly metrics: Metrics;
  readonly limits: MessageLimits;
  readonly tls: TlsIdentity | undefined;
}

/** What the control channel tells of a peer. */
export interface LinkStatus {
  readonly peer: NodeId;
  /** The life that the link to it is up to. */
  readonly linkTo: Incarnation | null;
  /** The life that is connected to us. */
  readonly linkFrom: Incarnation | null;
  /** Why there is no link to it. */
  readonly trouble: string | null;
}

/** The messages of one life. */
export class TcpMessages implements Messages, LinkOwner, IncomingOwner {
  readonly maxMessageBytes: number;
  readonly maxQueueBytes: number;
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly cluster: string;
  readonly limits: MessageLimits;
  readonly tls: TlsIdentity | undefined;
  readonly faults: FaultBoard;
  readonly random: Random;
  readonly turns: Turns;
  private readonly context: MessageContext;
  private readonly self: SelfLink;
  private readonly links = new Map<NodeId, OutgoingLink>();
  /** Links to peers that were removed, while their connections still close. */
  private readonly leaving = new Set<OutgoingLink>();
  private readonly delayed: DelayedMessages;
  private readonly incoming = new Map<NodeId, IncomingLink>();
  private readonly latest = new Map<NodeId, Incarnation>();
  private readonly sent: Counter;
  private readonly received: Counter;
  private readonly lost: Readonly<Record<LossReason, Counter>>;
  private readonly turnedAwayCount: Counter;
  private messageHandler: ((envelope: Envelope) => void) | undefined;
  private linkHandler: ((event: LinkEvent) => void) | undefined;

  constructor(context: MessageContext) {
    const { life, limits, metrics, faults } = context;
    this.context = context;
    this.node = context.node;
    this.incarnation = context.incarnation;
    this.cluster = context.cluster;
    this.limits = limits;
    this.tls = context.tls;
    this.faults = faults;
    this.random = context.random;
    this.turns = context.turns;
    this.maxMessageBytes = limits.maxMessageBytes;
    this.maxQueueBytes = limits.maxQueueBytes;
    this.sent = metrics.counter('host_messages_sent', { help: 'Messages queued.', unit: '1' });
    const help = 'Messages that arrived.';
    this.received = metrics.counter('host_messages_received', { help, unit: '1' });
    this.lost = createLossCounters(metrics);
    this.turnedAwayCount = metrics.counter('host_connections_turned_away', {
      help: 'Connections to the message port that were refused.',
      unit: '1',
    });
    this.delayed = new DelayedMessages(limits.maxQueueBytes);
    this.self = new SelfLink(this);
    const stop = faults.onChange(() => this.refresh());
    const timer = setInterval(() => this.keepAlive(), limits.keepAliveMs);
    life.atEnd(async (end) => {
      stop();
      clearInterval(timer);
      this.delayed.clear();
      const isOrderly = end.type === 'closed';
      const incoming = [...this.incoming.values()].map((link) => link.close('ended', !isOrderly));
      const outgoing = [...this.links.values(), ...this.leaving].map((link) =>
        link.close(isOrderly),
      );
      await Promise.all([...incoming, ...outgoing]);
    });
  }

  send(to: NodeId, bytes: Uint8Array, lane: Lane = 'urgent'): SendOutcome {
    if (this.context.life.isOver) return 'closed';
    if (bytes.length > this.maxMessageBytes) return 'too-large';
    const link = to === this.node ? this.self : this.links.get(to);
    if (link === undefined) return 'unknown-peer';
    if (!link.send(bytes, lane)) return 'queue-full';
    this.sent.add();
    return 'queued';
  }

  onMessage(handler: (envelope: Envelope) => void): void {
    this.messageHandler = handler;
  }

  onLink(handler: (event: LinkEvent) => void): void {
    this.linkHandler = handler;
    for (const [peer, { incarnation }] of this.links) {
      if (incarnation !== undefined) this.tellLink({ type: 'up', peer, incarnation });
    }
  }

  linkTo(peer: NodeId): Incarnation | undefined {
    return this.links.get(peer)?.incarnation;
  }

  addPeer(peer: NodeId, address: string): void {
    if (this.context.life.isOver || toNodeId(peer) === this.node) return;
    const known = this.links.get(peer);
    if (known === undefined) this.links.set(peer, new OutgoingLink(this, peer, address));
    else known.moveTo(address);
  }

  removePeer(peer: NodeId): void {
    const link = this.links.get(peer);
    if (link === undefined) return;
    this.links.delete(peer);
    const { incarnation } = link;
    this.leaving.add(link);
    void link.forget().then(() => this.leaving.delete(link));
    if (incarnation !== undefined) this.linkDown(peer, incarnation, 'removed');
  }

  /** Who is connected, and why somebody is not, for the control channel. */
  status(): LinkStatus[] {
    const peers = new Set([...this.links.keys(), ...this.incoming.keys()]);
    return [...peers].map((peer) => ({
      peer,
      linkTo: this.links.get(peer)?.incarnation ?? null,
      linkFrom: this.incoming.get(peer)?.incarnation ?? null,
      trouble: this.links.get(peer)?.trouble ?? null,
    }));
  }

  // What the links ask and tell.

  isPast(peer: NodeId, incarnation: Incarnation): boolean {
    return incarnation < (this.latest.get(peer) ?? 0);
  }

  linkUp(peer: NodeId, incarnation: Incarnation): void {
    this.saw(peer, incarnation);
    this.context.trace.event('link-up', { peer, incarnation });
    this.tellLink({ type: 'up', peer, incarnation });
  }

  linkDown(peer: NodeId, incarnation: Incarnation, reason: string): void {
    this.context.trace.event('link-down', { peer, incarnation, reason });
    this.tellLink({ type: 'down', peer, incarnation });
  }

  linkRefused(peer: NodeId): void {
    this.tellLink({ type: 'refused', peer });
  }

  countLost(count: number, reason: LossReason): void {
    this.lost[reason].add(count);
  }

  turnedAway(remote: string, reason: string): void {
    this.turnedAwayCount.add();
    const { trace } = this.context;
    if (trace.isOn) trace.event('connection-turned-away', { remote, reason });
  }

  tellTrouble(peer: NodeId, reason: string): void {
    if (this.context.trace.isOn) this.context.trace.event('link-trouble', { peer, reason });
  }

  admit(link: IncomingLink, hello: Hello): string | undefined {
    const { from, incarnation } = hello;
    if (hello.version !== WIRE_VERSION) return `this node speaks version ${WIRE_VERSION}`;
    if (hello.cluster !== this.cluster) return OTHER_CLUSTER;
    if (hello.to !== this.node || from === this.node) return `this is ${this.node}`;
    if (this.tls !== undefined) {
      const certificate = (link.socket as TLSSocket).getPeerCertificate();
      if (!namesNode(certificate, from)) return `the certificate does not name ${from}`;
    }
    if (this.faults.linkWeather(from, 'in')?.isCut === true) return 'unavailable';
    if (this.isPast(from, incarnation)) return 'a later life of this node is known';
    const isKnown = this.incoming.has(from) || this.links.has(from);
    if (!isKnown && this.incoming.size >= this.limits.maxInboundPeers) return 'too many peers';
    this.saw(from, incarnation);
    void this.incoming.get(from)?.close('replaced');
    this.incoming.set(from, link);
    this.links.get(from)?.hurry();
    return undefined;
  }

  arrive(link: IncomingLink, envelope: Envelope): void {
    const { weather } = link;
    if (weather === undefined) {
      this.deliver(envelope);
      return;
    }
    const copies = this.faults.drawCopies(weather);
    if (copies.length === 0) this.countLost(1, 'fault');
    for (const [copy, delayMs] of copies.entries()) {
      if (delayMs > 0) this.deliverLater(envelope, delayMs);
      // A second copy has a turn of its own: the reactions to the first one come before it (H3).
      else if (copy > 0) this.turns.run(() => this.deliver(envelope));
      else this.deliver(envelope);
    }
  }

  weatherOf(peer: NodeId): LinkWeather | undefined {
    return this.faults.linkWeather(peer, 'in');
  }

  gone(link: IncomingLink, reason: string): void {
    const { from } = link;
    if (from === undefined) return;
    if (this.incoming.get(from) === link) this.incoming.delete(from);
    this.context.trace.event('connection-closed', { peer: from, reason });
  }

  /** Hands a message to the node now. Called in a turn. */
  deliver(envelope: Envelope): void {
    const { life } = this.context;
    const handler = this.messageHandler;
    if (life.isOver || handler === undefined) return;
    this.received.add();
    try {
      handler(envelope);
    } catch (error) {
      life.fail(error);
    }
  }

  private deliverLater(envelope: Envelope, delayMs: number): void {
    const { from, incarnation, bytes } = envelope;
    const isHeld = this.delayed.hold(bytes.length, delayMs, () => {
      if (this.isPast(from, incarnation)) this.countLost(1, 'fault');
      else this.turns.run(() => this.deliver(envelope));
    });
    if (!isHeld) this.countLost(1, 'fault');
  }

  /** Notes a life of a peer, and ends every connection with an earlier one. */
  private saw(peer: NodeId, incarnation: Incarnation): void {
    const known = this.latest.get(peer) ?? 0;
    if (incarnation <= known) return;
    this.latest.set(peer, incarnation);
    this.forgetStrangers();
    const incoming = this.incoming.get(peer);
    if (incoming !== undefined && incoming.incarnation < incarnation) {
      void incoming.close('a later life');
    }
    const link = this.links.get(peer);
    if (link?.incarnation !== undefined && link.incarnation < incarnation) {
      link.drop('a later life');
    }
  }

  /** Peers that are neither known nor connected are remembered for a while, not for ever. */
  private forgetStrangers(): void {
    if (this.latest.size <= 4 * this.limits.maxInboundPeers) return;
    for (const peer of this.latest.keys()) {
      if (this.latest.size <= 2 * this.limits.maxInboundPeers) break;
      if (!this.links.has(peer) && !this.incoming.has(peer)) this.latest.delete(peer);
    }
  }

  private tellLink(event: LinkEvent): void {
    this.turns.run(() => {
      const handler = this.linkHandler;
      if (handler !== undefined) this.context.life.call(() => handler(event));
    });
  }

  private keepAlive(): void {
    for (const link of this.links.values()) link.keepAlive();
    for (const link of [...this.incoming.values()]) link.keepAlive();
  }

  private refresh(): void {
    for (const link of this.links.values()) link.refresh();
    for (const link of this.incoming.values()) link.refresh();
  }
}

/** Made at once, so that nothing is refused for want of room when a message is lost. */
function createLossCounters(metrics: Metrics): Record<LossReason, Counter> {
  const counter = (reason: LossReason) => {
    const options = { help: 'Messages dropped, by cause.', unit: '1', labels: { reason } };
    return metrics.counter('host_messages_lost', options);
  };
  return {
    fault: counter('fault'),
    'link-down': counter('link-down'),
    removed: counter('removed'),
  };
}
