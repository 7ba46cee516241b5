/**
 * What waits to go to one peer: two lanes, each with a bound, ready to be written.
 *
 * Small urgent messages are framed at once into slabs, so that thousands of them leave in one write
 * and none of them stays referenced; when the system has taken all, the same slab is filled again,
 * which the caches of the processor still hold. Large ones go without a copy (N7: nobody writes to
 * them). Bulk is framed fragment by fragment, only as far as the peer has given credit: what is in
 * the kernel's buffers can't be overtaken, so no more than the window of bulk may be there (N6).
 */
import { BULK_FRAGMENT_BYTES, type Lane } from '@mangrove/host';
import {
  FIRST_FRAGMENT,
  FRAGMENT_HEAD_BYTES,
  FRAME,
  HEADER_BYTES,
  LAST_FRAGMENT,
  writeHeader,
} from './frames.ts';

/** The size of a slab. */
const SLAB_BYTES = 65_536;

/** Longer urgent messages are not copied. */
const COPY_BYTES_MAX = 16_384;

/** How many empty slabs are kept for the next burst. */
const SPARE_SLABS_MAX = 4;

/**
 * How many bytes of bulk one frame carries: two frames make up the smallest window, so that one can
 * travel while the credit for the other comes back.
 */
const FRAGMENT_BYTES = BULK_FRAGMENT_BYTES / 2 - HEADER_BYTES - FRAGMENT_HEAD_BYTES;

/** What a message costs beside its bytes, so that empty ones fill a queue too. */
const MESSAGE_COST_BYTES = 32;

/** A piece to write. */
interface Piece {
  readonly bytes: Uint8Array;
  /** How many messages begin in it, and what they cost of the queue's bound. */
  readonly count: number;
  readonly cost: number;
}

/** The bounds of an outbox. */
export interface OutboxLimits {
  readonly queueBytesMax: number;
  readonly bulkWindowBytes: number;
}

/** The lanes to one peer. */
export class Outbox {
  private readonly limits: OutboxLimits;
  /** Slabs that may be filled. */
  private readonly spares: Buffer[] = [];
  /** Full ones of which the system may not have taken all. */
  private full: Buffer[] = [];
  private slab: Buffer | undefined;
  private slabStart = 0;
  private slabFill = 0;
  private slabCount = 0;
  private slabCost = 0;
  private urgent: Piece[] = [];
  private urgentBytes = 0;
  private urgentCount = 0;
  private bulk: Uint8Array[] = [];
  private bulkHead = 0;
  private bulkOffset = 0;
  private bulkBytes = 0;
  private bulkOnTheWayBytes = 0;

  constructor(limits: OutboxLimits) {
    this.limits = limits;
  }

  /** How many pieces are ready: whole slabs and large messages. */
  get readyPieceCount(): number {
    return this.urgent.length;
  }

  /** Whether bulk waits. */
  get hasBulk(): boolean {
    return this.bulkHead < this.bulk.length;
  }

  /** How many messages wait that have not begun to leave. */
  get waitingCount(): number {
    return this.urgentCount + this.bulk.length - this.bulkHead;
  }

  /** Takes a message in; false where its lane is full. */
  push(bytes: Uint8Array, lane: Lane): boolean {
    const cost = bytes.length + MESSAGE_COST_BYTES;
    if (lane === 'bulk') {
      if (this.bulkBytes + cost > this.limits.queueBytesMax) return false;
      this.bulkBytes += cost;
      this.bulk.push(bytes);
      return true;
    }
    if (this.urgentBytes + cost > this.limits.queueBytesMax) return false;
    this.urgentBytes += cost;
    this.urgentCount += 1;
    if (bytes.length > COPY_BYTES_MAX) this.pushLarge(bytes, cost);
    else this.copy(bytes, cost);
    return true;
  }

  /** The next bytes of urgent messages to write. */
  takeUrgent(): Uint8Array | undefined {
    if (this.urgent.length === 0) this.closePiece();
    const piece = this.urgent.shift();
    if (piece === undefined) return undefined;
    this.urgentBytes -= piece.cost;
    this.urgentCount -= piece.count;
    return piece.bytes;
  }

  /** The next fragment of bulk to write, head and bytes, as far as there is credit. */
  takeFragment(): readonly [head: Uint8Array, bytes: Uint8Array] | undefined {
    const message = this.bulk[this.bulkHead];
    if (message === undefined) return undefined;
    const length = Math.min(FRAGMENT_BYTES, message.length - this.bulkOffset);
    const onTheWay = this.bulkOnTheWayBytes + fragmentCost(length);
    if (onTheWay > this.limits.bulkWindowBytes && this.bulkOnTheWayBytes > 0) return undefined;
    this.bulkOnTheWayBytes = onTheWay;
    const bytes = message.subarray(this.bulkOffset, this.bulkOffset + length);
    const isFirst = this.bulkOffset === 0;
    this.bulkOffset += length;
    const isLast = this.bulkOffset === message.length;
    const head = new Uint8Array(HEADER_BYTES + FRAGMENT_HEAD_BYTES);
    writeHeader(head, 0, FRAGMENT_HEAD_BYTES + length, FRAME.fragment);
    head[HEADER_BYTES] = (isFirst ? FIRST_FRAGMENT : 0) | (isLast ? LAST_FRAGMENT : 0);
    new DataView(head.buffer).setUint32(HEADER_BYTES + 1, message.length, true);
    if (isLast) this.endBulk(message);
    return [head, bytes];
  }

  /** The system has all that was taken from here: its memory may be written to again. */
  written(): void {
    if (this.urgent.length > 0 || this.slabFill !== this.slabStart) return;
    this.slabStart = 0;
    this.slabFill = 0;
    while (this.full.length > 0 && this.spares.length < SPARE_SLABS_MAX) {
      this.spares.push(this.full.pop() as Buffer);
    }
    this.full = [];
  }

  /** The peer has taken so many bytes of bulk. */
  addCredit(bytes: number): void {
    this.bulkOnTheWayBytes = Math.max(0, this.bulkOnTheWayBytes - bytes);
  }

  /** Drops everything. Returns how many messages that were. */
  clear(): number {
    const count = this.waitingCount;
    this.urgent = [];
    this.full = [];
    this.slab = undefined;
    this.slabStart = 0;
    this.slabFill = 0;
    this.slabCount = 0;
    this.slabCost = 0;
    this.urgentBytes = 0;
    this.urgentCount = 0;
    this.bulk = [];
    this.bulkHead = 0;
    this.bulkOffset = 0;
    this.bulkBytes = 0;
    this.bulkOnTheWayBytes = 0;
    return count;
  }

  private copy(bytes: Uint8Array, cost: number): void {
    const size = HEADER_BYTES + bytes.length;
    const slab = this.slabFor(size);
    writeHeader(slab, this.slabFill, bytes.length, FRAME.message);
    slab.set(bytes, this.slabFill + HEADER_BYTES);
    this.slabFill += size;
    this.slabCount += 1;
    this.slabCost += cost;
  }

  private pushLarge(bytes: Uint8Array, cost: number): void {
    const slab = this.slabFor(HEADER_BYTES);
    writeHeader(slab, this.slabFill, bytes.length, FRAME.message);
    this.slabFill += HEADER_BYTES;
    this.closePiece();
    this.urgent.push({ bytes, count: 1, cost });
  }

  /** The slab to fill, with room for so many bytes. */
  private slabFor(sizeBytes: number): Buffer {
    const { slab } = this;
    if (slab !== undefined && this.slabFill + sizeBytes <= SLAB_BYTES) return slab;
    this.closePiece();
    // More than are kept would be held for nothing while the system takes none.
    if (slab !== undefined && this.full.length < SPARE_SLABS_MAX) this.full.push(slab);
    const next = this.spares.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.slab = next;
    this.slabStart = 0;
    this.slabFill = 0;
    return next;
  }

  /** Makes a piece of what was put into the slab since the last one. */
  private closePiece(): void {
    const { slab } = this;
    if (slab === undefined || this.slabFill === this.slabStart) return;
    const bytes = slab.subarray(this.slabStart, this.slabFill);
    this.urgent.push({ bytes, count: this.slabCount, cost: this.slabCost });
    this.slabStart = this.slabFill;
    this.slabCount = 0;
    this.slabCost = 0;
  }

  private endBulk(message: Uint8Array): void {
    this.bulkBytes -= message.length + MESSAGE_COST_BYTES;
    this.bulk[this.bulkHead] = EMPTY;
    this.bulkHead += 1;
    this.bulkOffset = 0;
    if (this.bulkHead < 64 || this.bulkHead * 2 < this.bulk.length) return;
    this.bulk = this.bulk.slice(this.bulkHead);
    this.bulkHead = 0;
  }
}

/** What a fragment takes of the window; the receiver gives the same back. */
export function fragmentCost(lengthBytes: number): number {
  return lengthBytes + HEADER_BYTES + FRAGMENT_HEAD_BYTES;
}

const EMPTY = new Uint8Array(0);
