/**
 * Writes that wait for room: a full disk harms nothing that is there, so the same write is tried
 * again until it succeeds.
 */
import { DiskError, type Host } from '@mangrove/host';
import { JournalError } from '@mangrove/journal';

/** How long a full disk is left alone before it is tried again, in milliseconds. */
const RETRY_AFTER_MS = 50;

/** The room on the disk of one node. */
export class DiskRoom {
  private readonly host: Host;
  private isFull = false;
  private isClosed = false;
  private onChange: (isFull: boolean) => void = () => {};

  constructor(host: Host) {
    this.host = host;
  }

  /** Sets who is told that the disk is full, and that it is not any more. */
  setChanged(listener: (isFull: boolean) => void): void {
    this.onChange = listener;
  }

  /** Gives up what waits for room. */
  close(): void {
    this.isClosed = true;
  }

  /**
   * Does `write`, again and again while the disk is full; it must do no harm to be done twice.
   * False where it was given up.
   */
  async untilDone(write: () => Promise<unknown>): Promise<boolean> {
    for (;;) {
      try {
        await write();
        this.become(false);
        return true;
      } catch (error) {
        if (!isNoSpace(error)) throw error;
      }
      if (this.isClosed) return false;
      this.become(true);
      await this.host.timers.sleep(RETRY_AFTER_MS);
    }
  }

  private become(isFull: boolean): void {
    if (isFull === this.isFull) return;
    this.isFull = isFull;
    const { trace } = this.host;
    if (trace.isOn) trace.event(isFull ? 'disk-full' : 'disk-has-room');
    this.onChange(isFull);
  }
}

/** Whether a write was refused because the disk is full. */
export function isNoSpace(error: unknown): boolean {
  const isOfDisk = error instanceof DiskError || error instanceof JournalError;
  return isOfDisk && error.code === 'no-space';
}
