/**
 * Slices: how long work keeps the event loop to itself before it lets others run.
 *
 * A node that blocks its loop misses its heartbeats, so no slice may last above 5 ms. Work looks at
 * the clock after each small piece (a mebibyte checked at most, about 1.5 ms) and pauses after 2.
 */
import type { Host } from '@mangrove/host';
import type { Crc32c } from '@mangrove/wire';

/** After this long a piece of work pauses. */
const SLICE_MS = 2;

/** The slices of one piece of work. */
export class Slices {
  private readonly host: Pick<Host, 'clock' | 'timers'>;
  private startedAt: number;

  constructor(host: Pick<Host, 'clock' | 'timers'>) {
    this.host = host;
    this.startedAt = host.clock.now();
  }

  /** Begins a slice: what was awaited let others run. */
  begin(): void {
    this.startedAt = this.host.clock.now();
  }

  isOver(): boolean {
    return this.host.clock.now() - this.startedAt >= SLICE_MS;
  }

  /** Lets others run. */
  async pause(): Promise<void> {
    await this.host.timers.sleep(0);
    this.begin();
  }
}

/** How much is checked at most before the clock is looked at. */
const PIECE_BYTES = 1_048_576;

/** The checksum of `bytes` after `seed`, in slices. */
export async function checksumInSlices(
  bytes: Uint8Array,
  seed: number,
  crc32c: Crc32c,
  slices: Slices,
): Promise<number> {
  let checksum = seed;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    checksum = crc32c(bytes.subarray(at, at + PIECE_BYTES), checksum);
    if (slices.isOver()) await slices.pause();
  }
  return checksum;
}
