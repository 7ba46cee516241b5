/**
 * Messages that a fault holds back: a bounded number of bytes, each let go at its own time.
 */

/** What a message costs beside its bytes, so that empty ones fill the bound too. */
const MESSAGE_COST_BYTES = 32;

/** Messages on their late way. */
export class DelayedMessages {
  private readonly bytesMax: number;
  private readonly timers = new Set<NodeJS.Timeout>();
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Calls `letGo` after the delay. False, and nothing is kept, where there is no more room. */
  hold(lengthBytes: number, delayMs: number, letGo: () => void): boolean {
    const cost = lengthBytes + MESSAGE_COST_BYTES;
    if (this.bytes + cost > this.bytesMax) return false;
    this.bytes += cost;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.bytes -= cost;
      letGo();
    }, delayMs);
    this.timers.add(timer);
    return true;
  }

  /** Drops them all. Returns how many they were. */
  clear(): number {
    const count = this.timers.size;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.bytes = 0;
    return count;
  }
}
