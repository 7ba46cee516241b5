/**
 * The room that events take which wait for their consumers, over all sessions of a port.
 *
 * What one session may hold shrinks with what is left for all: a fixed part of it. However many
 * consumers take nothing, something is left, and whoever takes gets more.
 * Source: Choudhury and Hahne 1998, dynamic queue length thresholds.
 */

/** One session may hold this part of what is left. */
const SHARES = 8;

/** The room of all sessions of a port. */
export class WatchRoom {
  private readonly bytesMax: number;
  private takenBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** How much one session may hold now; 0 where there is no room. */
  get shareBytes(): number {
    return Math.max(0, this.bytesMax - this.takenBytes) / SHARES;
  }

  /** How much has to go until half of the room is free; 0 where it is not full. */
  get shortageBytes(): number {
    return this.shareBytes > 0 ? 0 : this.takenBytes - this.bytesMax / 2;
  }

  /** So many bytes wait from now on. */
  take(sizeBytes: number): void {
    this.takenBytes += sizeBytes;
  }

  /** So many do not wait any more. */
  leave(sizeBytes: number): void {
    this.takenBytes -= sizeBytes;
  }
}
