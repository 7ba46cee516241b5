/**
 * The room that answers take at a port: those that are being read from the store, and those that
 * wait until their clients take them. Without a bound, clients that ask for much and take nothing
 * would have a member hold all of it.
 */
import type { AnswerMeter } from '../../shell/kv-service.ts';

/** The room of all connections of a port; what waits at them for other reasons counts as well. */
export class AnswerRoom {
  private readonly maxBytes: number;
  private readonly lookAtWaiting: () => number;
  private openBytes = 0;
  // What was handed to connections since they were looked at, and what waited at them then.
  private handedBytes = 0;
  private waitingBytes = 0;
  private hasRefused = false;
  // Answers that are being encoded in slices, and those that wait for room to be.
  private encodingCount = 0;
  private readonly entering: { readonly sizeBytes: number; readonly resolve: () => void }[] = [];

  /** @param lookAtWaiting what waits at all connections now */
  constructor(maxBytes: number, lookAtWaiting: () => number) {
    this.maxBytes = maxBytes;
    this.lookAtWaiting = lookAtWaiting;
  }

  /** The meter of one answer. */
  open(): AnswerCharge {
    return new AnswerCharge(this.take, this.hand);
  }

  /** Whether there is no room: who has not taken what waits for it is to be given no more. */
  get isFull(): boolean {
    // Connections are many: they are looked at where that may change something.
    if (this.excessBytes > 0 && this.handedBytes > 0) this.look();
    return this.excessBytes > 0;
  }

  /**
   * How many bytes of connections should go, since something was refused for want of room: so many
   * that half of it is free. To be asked now and then; 0 where nothing was refused since.
   */
  takeShortage(): number {
    const hasRefused = this.hasRefused || this.isFull;
    this.hasRefused = false;
    return hasRefused ? this.excessBytes + this.maxBytes / 2 : 0;
  }

  /**
   * Takes room for the bytes of an answer beside the answer itself, while it is encoded. Resolves
   * when there is room, or when no other one is being encoded: one goes on always.
   */
  enter(sizeBytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.entering.push({ sizeBytes, resolve });
      this.admit();
    });
  }

  /** Gives back what `enter` took: the connection has the bytes, or nobody wants them. */
  leave(sizeBytes: number): void {
    this.openBytes -= sizeBytes;
    this.encodingCount -= 1;
    this.admit();
  }

  private admit(): void {
    for (let next = this.entering[0]; next !== undefined; next = this.entering[0]) {
      if (this.encodingCount > 0 && this.excessBytes + next.sizeBytes > 0) return;
      this.entering.shift();
      this.encodingCount += 1;
      this.openBytes += next.sizeBytes;
      next.resolve();
    }
  }

  private get excessBytes(): number {
    return this.openBytes + this.handedBytes + this.waitingBytes - this.maxBytes;
  }

  /** Looks at what waits: to be called now and then, so that room that was freed counts. */
  look(): void {
    this.handedBytes = 0;
    this.waitingBytes = this.lookAtWaiting();
  }

  private readonly take = (bytes: number): boolean => {
    this.openBytes += bytes;
    if (!this.isFull) return true;
    this.openBytes -= bytes;
    this.hasRefused = true;
    return false;
  };

  private readonly hand = (bytes: number, sentBytes: number): void => {
    this.openBytes -= bytes;
    this.handedBytes += sentBytes;
  };
}

/** What one answer takes, from its first bytes until its connection has it. */
export class AnswerCharge implements AnswerMeter {
  private readonly take: (bytes: number) => boolean;
  private readonly hand: (bytes: number, sentBytes: number) => void;
  private sizeBytes = 0;

  constructor(take: (bytes: number) => boolean, hand: (bytes: number, sentBytes: number) => void) {
    this.take = take;
    this.hand = hand;
  }

  /** About how many bytes it has. */
  get bytes(): number {
    return this.sizeBytes;
  }

  growTo(sizeBytes: number): boolean {
    const moreBytes = sizeBytes - this.sizeBytes;
    if (moreBytes > 0 && !this.take(moreBytes)) return false;
    this.sizeBytes = sizeBytes;
    return true;
  }

  /** Its connection has so many bytes of it, 0 where nobody wants it any more. */
  close(sentBytes: number): void {
    this.hand(this.sizeBytes, sentBytes);
    this.sizeBytes = 0;
  }
}
