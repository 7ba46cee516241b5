/**
 * How much may be under way at once: requests, and their bytes.
 */

/** The gate of one member. */
export class RequestGate {
  private readonly countMax: number;
  private readonly bytesMax: number;
  private count = 0;
  private sizeBytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.countMax = countMax;
    this.bytesMax = bytesMax;
  }

  /** Lets a request of `bytes` in, unless that is too much; alone, a large one passes. */
  enter(bytes: number): boolean {
    const isTooMuch = this.count > 0 && this.sizeBytes + bytes > this.bytesMax;
    if (this.count >= this.countMax || isTooMuch) return false;
    this.count += 1;
    this.sizeBytes += bytes;
    return true;
  }

  /** The request is answered. */
  leave(bytes: number): void {
    this.count -= 1;
    this.sizeBytes -= bytes;
  }
}
