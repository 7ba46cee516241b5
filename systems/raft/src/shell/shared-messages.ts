/**
 * The messages of many groups on one network: what leaves in one turn for one peer is one message.
 *
 *     groups => 'G' frames:(group:text bytes)*     those of one turn; on the bulk lane, one
 *     pulse  => 'P'                                a sign of life of the process
 */
import type {
  Envelope,
  Host,
  Incarnation,
  Lane,
  LinkEvent,
  Messages,
  NodeId,
  SendOutcome,
} from '@mangrove/host';
import { array, bytes, message, struct, text, WireError } from '@mangrove/wire';

const GROUPS_BYTE = 0x47;
const PULSE_BYTE = 0x50;

/** The most bytes that the name of a group and what else stands beside a message take up. */
const FRAME_BYTES = 96;

/** The most messages of groups in one. */
const FRAMES_MAX = 4096;

const frames = message(
  'raft-group-messages',
  struct({
    frames: array(struct({ group: text({ max: 64 }), bytes: bytes({ max: 67_108_864 }) }), {
      max: FRAMES_MAX,
    }),
  }),
  { lowest: 1, highest: 1 },
).at(1);

/** A message of a group. */
interface Frame {
  readonly group: string;
  readonly bytes: Uint8Array;
}

/** What waits for the end of the turn, for one peer. */
interface Outgoing {
  frames: Frame[];
  sizeBytes: number;
}

/** The network as one of many groups sees it: its own. */
export class GroupMessages implements Messages {
  private readonly shared: SharedMessages;
  private readonly group: string;
  handler: ((envelope: Envelope) => void) | undefined;
  linkHandler: ((event: LinkEvent) => void) | undefined;

  constructor(shared: SharedMessages, group: string) {
    this.shared = shared;
    this.group = group;
  }

  get maxMessageBytes(): number {
    return this.shared.host.messages.maxMessageBytes - FRAME_BYTES;
  }

  get maxQueueBytes(): number {
    return this.shared.host.messages.maxQueueBytes;
  }

  send(to: NodeId, encoded: Uint8Array, lane: Lane = 'urgent'): SendOutcome {
    if (encoded.length > this.maxMessageBytes) return 'too-large';
    return this.shared.send(to, { group: this.group, bytes: encoded }, lane);
  }

  onMessage(handler: (envelope: Envelope) => void): void {
    this.handler = handler;
  }

  onLink(handler: (event: LinkEvent) => void): void {
    this.linkHandler = handler;
    for (const event of this.shared.linksUp()) handler(event);
  }

  linkTo(peer: NodeId): Incarnation | undefined {
    return this.shared.host.messages.linkTo(peer);
  }

  addPeer(peer: NodeId, address: string): void {
    this.shared.host.messages.addPeer(peer, address);
  }

  /** Others may still need it: it stays known to the process. */
  removePeer(): void {}
}

/** The network of one process, on which its groups meet. */
export class SharedMessages {
  readonly host: Host;
  private readonly groups = new Map<string, GroupMessages>();
  private readonly outgoing = new Map<NodeId, Outgoing>();
  private readonly links = new Map<NodeId, Incarnation>();
  private readonly onHeard: (peer: NodeId, incarnation: Incarnation) => void;

  /**
   * @param onHeard is told of every sign of life of a peer
   * @param onOther gets messages that are not of groups
   */
  constructor(
    host: Host,
    onHeard: (peer: NodeId, incarnation: Incarnation) => void,
    onOther: ((envelope: Envelope) => void) | undefined,
  ) {
    this.host = host;
    this.onHeard = onHeard;
    host.messages.onMessage((envelope) => {
      const [first] = envelope.bytes;
      if (first === GROUPS_BYTE) this.receive(envelope);
      else if (first !== PULSE_BYTE) onOther?.(envelope);
      if (first === PULSE_BYTE) onHeard(envelope.from, envelope.incarnation);
    });
    host.messages.onLink((event) => this.onLink(event));
  }

  /** Opens the network of a group. */
  open(group: string): GroupMessages {
    const messages = new GroupMessages(this, group);
    this.groups.set(group, messages);
    return messages;
  }

  /** What comes for the group from now on is dropped. */
  close(group: string): void {
    this.groups.delete(group);
  }

  /** Gives `to` a sign of life of this process. */
  sendPulse(to: NodeId): void {
    this.host.messages.send(to, new Uint8Array([PULSE_BYTE]));
  }

  send(to: NodeId, frame: Frame, lane: Lane): SendOutcome {
    const { messages } = this.host;
    if (lane === 'bulk') return messages.send(to, encode([frame]), lane);
    const waiting = this.outgoing.get(to) ?? { frames: [], sizeBytes: 0 };
    const sizeBytes = FRAME_BYTES + frame.bytes.length;
    const isFull = waiting.sizeBytes + sizeBytes > messages.maxMessageBytes;
    if (isFull || waiting.frames.length >= FRAMES_MAX) this.flushTo(to, waiting);
    waiting.frames.push(frame);
    waiting.sizeBytes += sizeBytes;
    if (this.outgoing.size === 0) this.host.run(() => this.flush());
    this.outgoing.set(to, waiting);
    return 'queued';
  }

  /** The links that are up, as events. */
  linksUp(): readonly LinkEvent[] {
    return [...this.links].map(([peer, incarnation]) => ({ type: 'up', peer, incarnation }));
  }

  private async flush(): Promise<void> {
    // All reactions of this turn have sent by then.
    for (let round = 0; round < 8; round++) await undefined;
    for (const [to, waiting] of this.outgoing) this.flushTo(to, waiting);
    this.outgoing.clear();
  }

  private flushTo(to: NodeId, waiting: Outgoing): void {
    if (waiting.frames.length > 0) this.host.messages.send(to, encode(waiting.frames));
    waiting.frames = [];
    waiting.sizeBytes = 0;
  }

  private receive(envelope: Envelope): void {
    this.onHeard(envelope.from, envelope.incarnation);
    for (const { group, bytes: inner } of decodeOrDrop(envelope.bytes.subarray(1))) {
      this.groups.get(group)?.handler?.({ ...envelope, bytes: inner });
    }
  }

  private onLink(event: LinkEvent): void {
    if (event.type === 'up') {
      this.links.set(event.peer, event.incarnation);
      this.onHeard(event.peer, event.incarnation);
    } else this.links.delete(event.peer);
    for (const group of this.groups.values()) group.linkHandler?.(event);
  }
}

function encode(given: readonly Frame[]): Uint8Array {
  const encoded = frames.encode({ frames: given });
  const envelope = new Uint8Array(encoded.length + 1);
  envelope[0] = GROUPS_BYTE;
  envelope.set(encoded, 1);
  return envelope;
}

/** What cannot be read is as good as lost. */
function decodeOrDrop(encoded: Uint8Array): readonly Frame[] {
  try {
    return frames.decode(encoded).frames;
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
}
