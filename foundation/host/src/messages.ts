/**
 * Messages between peers: short, bounded, and never to be relied on.
 */
import type { Incarnation, NodeId } from './ids.ts';

/**
 * Which queue a message waits in. `bulk` (snapshot chunks, repairs) never delays `urgent` (votes,
 * heartbeats, appends) by more than one fragment of `BULK_FRAGMENT_BYTES`.
 */
export type Lane = 'urgent' | 'bulk';

/** What became of a `send`. Only `queued` means that the message may arrive. */
export type SendOutcome = 'queued' | 'queue-full' | 'too-large' | 'unknown-peer' | 'closed';

/** A message as its receiver gets it. The bytes are the receiver's own from then on. */
export interface Envelope {
  readonly from: NodeId;
  readonly incarnation: Incarnation;
  readonly lane: Lane;
  readonly bytes: Uint8Array;
}

/** A hint that a peer came within reach or went out of it. Hints may come late, or never. */
export type LinkEvent =
  | { readonly type: 'up'; readonly peer: NodeId; readonly incarnation: Incarnation }
  | { readonly type: 'down'; readonly peer: NodeId; readonly incarnation: Incarnation }
  /** The peer says that it belongs to another cluster; told with every attempt to reach it. */
  | { readonly type: 'refused'; readonly peer: NodeId };

/**
 * The message network as one node sees it.
 *
 * - N1: a message arrives whole and unchanged, or not at all.
 * - N2: any message may be lost, duplicated, delayed without bound and overtaken, also within a
 *   lane.
 * - N3: a receiver that has seen an incarnation of a peer gets no message of an earlier one.
 * - N4: a message sent while the link was up to some incarnation is not delivered to a later one.
 * - N5: `send` never blocks. At the bound of the peer's lane it refuses the newest: `queue-full`.
 * - N6: lanes do not delay each other (see `Lane`).
 * - N7: after `send` the bytes belong to nobody: neither side writes to them, so one encoded
 *   message may go to many peers without a copy. The simulator compares them when it delivers.
 * - N8: a message to oneself is a message like any other, without loss.
 * - N9: handlers get nothing before they are set; what arrives earlier is dropped (N2 allows it).
 */
export interface Messages {
  /** The longest message in bytes; a longer one is refused as `too-large`. */
  readonly maxMessageBytes: number;
  /**
   * How many bytes may wait per peer and lane before `queue-full`. Every message counts with a few
   * bytes beside its own, so that empty ones fill a queue too.
   */
  readonly maxQueueBytes: number;
  send(to: NodeId, bytes: Uint8Array, lane?: Lane): SendOutcome;
  /** Sets the one handler of arriving messages. */
  onMessage(handler: (envelope: Envelope) => void): void;
  /** Sets the one handler of link events. Links that are up already are told at once. */
  onLink(handler: (event: LinkEvent) => void): void;
  /** The incarnation that the link to `peer` is up to, or `undefined` while it is down. */
  linkTo(peer: NodeId): Incarnation | undefined;
  /** Makes `peer` known at `address` (as its Host gives it), or moves it there. */
  addPeer(peer: NodeId, address: string): void;
  /** Forgets `peer` and drops what waits for it. */
  removePeer(peer: NodeId): void;
}

/** Bulk messages are cut into fragments of this size, between which urgent ones pass. */
export const BULK_FRAGMENT_BYTES = 65_536;
