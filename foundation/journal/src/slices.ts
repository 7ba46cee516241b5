/**
 * Slices: how much work is done before others run.
 *
 * A node that blocks its event loop misses its heartbeats, so no slice may last above 5 ms. Work is
 * counted in bytes, not by the clock: so a slice is the same on a machine that is busy, and in the
 * simulator. The portable CRC-32C checks two mebibytes in about 2 ms.
 */
import type { Host } from '@mangrove/host';
import type { Crc32c } from '@mangrove/wire';

/** After so many bytes a piece of work pauses. */
const SLICE_BYTES = 2_097_152;

/** How much is checked at once at most. */
const PIECE_BYTES = 1_048_576;

/** What a step costs beside its bytes, in bytes: many small steps are work as well. */
const STEP_BYTES = 512;

/** The slices of one piece of work. */
export class Slices {
  private readonly timers: Host['timers'];
  private leftBytes = SLICE_BYTES;

  constructor(host: Pick<Host, 'timers'>) {
    this.timers = host.timers;
  }

  /** Begins a slice: what was awaited let others run. */
  begin(): void {
    this.leftBytes = SLICE_BYTES;
  }

  /** Counts a step of work on so many bytes. Whether the slice is used up: then `pause`. */
  spend(sizeBytes: number): boolean {
    this.leftBytes -= sizeBytes + STEP_BYTES;
    return this.leftBytes <= 0;
  }

  /** Lets others run. */
  async pause(): Promise<void> {
    await this.timers.sleep(0);
    this.begin();
  }
}

/** The checksum of `bytes` after `seed`, in slices. */
export async function checksumInSlices(
  bytes: Uint8Array,
  seed: number,
  crc32c: Crc32c,
  slices: Slices,
): Promise<number> {
  let checksum = seed;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    checksum = crc32c(piece, checksum);
    if (slices.spend(piece.length)) await slices.pause();
  }
  return checksum;
}
