/**
 * What one life knows of its link to one peer: whether it is up, to which incarnation, and what
 * waits.
 *
 *          addPeer            handshake reached a living peer
 *     ------------> connecting ------------------------------> up to k
 *                       ^                                         |
 *                       |   peer k ended, a long cut, a later life |
 *                       +-----------------------------------------+
 *
 * What is sent while it is up goes to incarnation k or nowhere (N4); what is sent while it is down
 * waits for whichever incarnation answers first.
 */
import type { Incarnation, Lane, NodeId, Random } from '@mangrove/host';
import type { SimulationEvent } from './engine.ts';
import type { Life } from './life.ts';
import { drawLatencyUs, type Link } from './link.ts';
import type { World } from './world.ts';

/** A message that has been sent and has not left. */
export interface WaitingMessage {
  readonly lane: Lane;
  readonly bytes: Uint8Array;
  /** The hash of its bytes: nobody may touch them any more (N7). */
  readonly print: number;
  /** The record of its sending. */
  readonly record: number;
  /** The incarnation that the link was up to. */
  readonly forLife: Incarnation | undefined;
}

/** What a message costs beside its bytes, so that empty ones fill a queue too. */
const MESSAGE_COST_BYTES = 32;

/** How long a node waits before it tries to reach a peer again, in microseconds: from and to. */
const RETRY_US = [20_000, 200_000] as const;

/** How long it takes to find that a peer has become unreachable, in microseconds: from and to. */
const DETECTION_US = [300_000, 2_000_000] as const;

/** One life's end of the link to one peer. */
export class PeerLink {
  readonly peer: NodeId;
  readonly link: Link;
  up: Incarnation | undefined;
  /** In order of sending, both lanes. */
  private waiting: WaitingMessage[] = [];
  private readonly waitingBytes = { urgent: 0, bulk: 0 };
  private readonly world: World;
  private readonly life: Life;
  private readonly random: Random;
  private readonly depart: (message: WaitingMessage) => void;
  private readonly tell: (type: 'up' | 'down', incarnation: Incarnation) => void;
  private attempt: SimulationEvent | undefined;
  private isGone = false;

  constructor(
    context: { readonly world: World; readonly life: Life; readonly link: Link },
    depart: (message: WaitingMessage) => void,
    tell: (type: 'up' | 'down', incarnation: Incarnation) => void,
  ) {
    this.world = context.world;
    this.life = context.life;
    this.link = context.link;
    this.peer = context.link.target.id;
    const { machine, incarnation } = context.life;
    const name = `handshake/${machine.id}#${incarnation}>${this.peer}`;
    this.random = context.world.book.stream(name);
    this.depart = depart;
    this.tell = tell;
    this.connect(2 * drawLatencyUs(this.random));
  }

  /** How many bytes of a lane wait. */
  queuedBytes(lane: Lane): number {
    return this.waitingBytes[lane] + this.link.leavingBytes(lane, this.world.engine.nowUs);
  }

  /** Sends now, or as soon as the link lets it. */
  push(message: WaitingMessage): void {
    if (this.up !== undefined && !this.link.isStalled) {
      this.depart(message);
      return;
    }
    this.waiting.push(message);
    this.waitingBytes[message.lane] += costOf(message.bytes);
  }

  /** Sends what waits, urgent ones first; those for a life that is over are dropped. */
  flush(): void {
    if (this.up === undefined || this.link.isStalled) return;
    const messages = this.waiting;
    this.waiting = [];
    this.waitingBytes.urgent = 0;
    this.waitingBytes.bulk = 0;
    for (const lane of ['urgent', 'bulk'] as const) {
      for (const message of messages) {
        if (message.lane !== lane) continue;
        if (message.forLife !== undefined && message.forLife !== this.up) this.drop(message);
        else this.depart(message);
      }
    }
  }

  /** The peer's life ended, and its machine said so (a killed process) or not (a power loss). */
  peerEnded(incarnation: Incarnation, isAnnounced: boolean): void {
    if (this.up !== incarnation) return;
    const [from, to] = DETECTION_US;
    const delayUs = isAnnounced ? drawLatencyUs(this.random) : this.random.between(from, to);
    this.scheduleDown(incarnation, delayUs, () => true);
  }

  /** A later life of the peer has made itself known. */
  peerIsNow(incarnation: Incarnation): void {
    if (this.up === undefined || this.up >= incarnation) return;
    this.scheduleDown(this.up, 0, () => true);
  }

  /** The link, or the way back, was cut: if that lasts, the link goes down. */
  wasCut(): void {
    if (this.up === undefined) return;
    const { cutEpoch } = this.link;
    const [from, to] = DETECTION_US;
    const isStillCut = () => this.isCut() && this.link.cutEpoch === cutEpoch;
    this.scheduleDown(this.up, this.random.between(from, to), isStillCut);
  }

  /** Forgets the peer and what waits for it. */
  remove(): void {
    this.isGone = true;
    if (this.attempt !== undefined) this.world.engine.cancel(this.attempt);
    for (const message of this.waiting.splice(0)) this.drop(message);
  }

  private scheduleDown(incarnation: Incarnation, delayUs: number, isSo: () => boolean): void {
    const { engine } = this.world;
    engine.schedule('link', engine.nowUs + delayUs, this.life.machine, this.life, () => {
      if (this.isGone || this.up !== incarnation || !isSo()) return;
      this.up = undefined;
      this.world.count('link down');
      this.connect(drawLatencyUs(this.random));
      this.tell('down', incarnation);
    });
  }

  private connect(delayUs: number): void {
    const { engine } = this.world;
    const { machine } = this.life;
    this.attempt = engine.schedule('link', engine.nowUs + delayUs, machine, this.life, () => {
      const peer = this.link.target.life;
      const isReachable = peer?.isAlive === true && !this.isCut();
      if (!isReachable || !peer.messages.greet(machine.id, this.life.incarnation)) {
        const [from, to] = RETRY_US;
        this.connect(this.random.between(from, to));
        return;
      }
      this.attempt = undefined;
      this.up = peer.incarnation;
      this.tell('up', peer.incarnation);
      this.flush();
    });
  }

  /** A handshake needs both directions. */
  private isCut(): boolean {
    const back = this.world.network.link(this.link.target, this.life.machine.id);
    return this.link.isCut || back?.isCut === true;
  }

  private drop(message: WaitingMessage): void {
    const { engine, recorder } = this.world;
    this.world.count('message dropped: its life is over');
    const body = { type: 'drop', of: message.record, reason: 'its life is over' } as const;
    recorder.add(engine.nowUs, this.life.machine.id, message.record, body);
  }
}

/** What a message takes of a queue's bound, in bytes. */
export function costOf(bytes: Uint8Array): number {
  return bytes.length + MESSAGE_COST_BYTES;
}
