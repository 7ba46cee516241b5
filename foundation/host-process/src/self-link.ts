/**
 * Messages of a node to itself: never lost, bounded like any other, and never within the send.
 */
import type { Envelope, Incarnation, Lane, NodeId } from '@mangrove/host';
import type { TurnSource, Turns } from './turns.ts';

/** What such a message costs of the queue beside its bytes. */
const MESSAGE_COST_BYTES = 32;

/** A queue is cut short when so many have left it, and as many as are in it. */
const COMPACT_COUNT = 64;

const EMPTY = new Uint8Array(0);

/** What the link needs of the network. */
export interface SelfOwner {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly maxQueueBytes: number;
  readonly turns: Turns;
  deliver(envelope: Envelope): void;
}

/** The way of a node to itself. */
export class SelfLink implements TurnSource {
  private readonly owner: SelfOwner;
  private readonly queues = { urgent: new Queue(), bulk: new Queue() };
  private isInTurns = false;

  constructor(owner: SelfOwner) {
    this.owner = owner;
  }

  get incarnation(): Incarnation {
    return this.owner.incarnation;
  }

  /** Takes a message; false where its lane is full. */
  send(bytes: Uint8Array, lane: Lane): boolean {
    if (!this.queues[lane].push(bytes, this.owner.maxQueueBytes)) return false;
    if (!this.isInTurns) {
      this.isInTurns = true;
      this.owner.turns.schedule(this);
    }
    return true;
  }

  turn(): boolean {
    const { urgent, bulk } = this.queues;
    const lane: Lane = urgent.isEmpty ? 'bulk' : 'urgent';
    const bytes = urgent.shift() ?? bulk.shift();
    if (bytes === undefined) {
      this.isInTurns = false;
      return false;
    }
    const { node: from, incarnation } = this.owner;
    this.owner.deliver({ from, incarnation, lane, bytes });
    return true;
  }
}

class Queue {
  private items: Uint8Array[] = [];
  private head = 0;
  private bytes = 0;

  get isEmpty(): boolean {
    return this.head === this.items.length;
  }

  push(item: Uint8Array, bytesMax: number): boolean {
    const cost = item.length + MESSAGE_COST_BYTES;
    if (this.bytes + cost > bytesMax) return false;
    this.bytes += cost;
    this.items.push(item);
    return true;
  }

  shift(): Uint8Array | undefined {
    const item = this.items[this.head];
    if (item === undefined) return undefined;
    // A queue that is never empty must not keep what has left it.
    this.items[this.head] = EMPTY;
    this.head += 1;
    this.bytes -= item.length + MESSAGE_COST_BYTES;
    if (this.isEmpty || (this.head >= COMPACT_COUNT && this.head * 2 >= this.items.length)) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
