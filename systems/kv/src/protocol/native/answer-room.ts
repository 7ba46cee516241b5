/**
 * The room that answers take at a port: those that are being read from the store, and those that
 * wait until their clients take them. Without a bound, clients that ask for much and take nothing
 * would have a member hold all of it.
 */
import type { AnswerMeter } from '../../shell/kv-service.ts';

/** The room of all connections of a port. */
export class AnswerRoom {
  private readonly maxBytes: number;
  private readonly lookAtWaiting: () => number;
  private openBytes = 0;
  // What was handed to connections since they were looked at, and what waited at them then.
  private handedBytes = 0;
  private waitingBytes = 0;

  /** @param lookAtWaiting what waits at all connections now */
  constructor(maxBytes: number, lookAtWaiting: () => number) {
    this.maxBytes = maxBytes;
    this.lookAtWaiting = lookAtWaiting;
  }

  /** The meter of one answer. */
  open(): AnswerCharge {
    return new AnswerCharge(
      (bytes) => this.take(bytes),
      (bytes) => this.hand(bytes),
    );
  }

  /** Looks at what waits: to be called now and then, so that room that was freed counts. */
  look(): void {
    this.handedBytes = 0;
    this.waitingBytes = this.lookAtWaiting();
  }

  private take(bytes: number): boolean {
    this.openBytes += bytes;
    if (this.isWithin()) return true;
    // Connections are many: they are looked at where that may change something.
    if (this.handedBytes > 0) this.look();
    if (this.isWithin()) return true;
    this.openBytes -= bytes;
    return false;
  }

  private hand(bytes: number): void {
    this.openBytes -= bytes;
    this.handedBytes += bytes;
  }

  private isWithin(): boolean {
    return this.openBytes + this.handedBytes + this.waitingBytes <= this.maxBytes;
  }
}

/** What one answer takes, from its first bytes until its connection has it. */
export class AnswerCharge implements AnswerMeter {
  private readonly take: (bytes: number) => boolean;
  private readonly hand: (bytes: number) => void;
  private sizeBytes = 0;

  constructor(take: (bytes: number) => boolean, hand: (bytes: number) => void) {
    this.take = take;
    this.hand = hand;
  }

  growTo(sizeBytes: number): boolean {
    const moreBytes = sizeBytes - this.sizeBytes;
    if (moreBytes > 0 && !this.take(moreBytes)) return false;
    this.sizeBytes = sizeBytes;
    return true;
  }

  /** Its connection has it, or nobody will. */
  close(): void {
    if (this.sizeBytes > 0) this.hand(this.sizeBytes);
    this.sizeBytes = 0;
  }
}
