/**
 * The hash of a run: 64 bits that change when anything that a node did or met changes.
 */

/** Two 32-bit lanes, each multiplied and rotated for every word that comes in. */
export class TraceHash {
  private left = 0x2545f491;
  private right = 0x9e3779b9 | 0;

  /** Takes one number in: its low 32 bits, and what lies above them. */
  add(value: number): void {
    const low = value | 0;
    const high = (value / 4_294_967_296) | 0;
    this.left = Math.imul((this.left << 13) | (this.left >>> 19), 0x85ebca6b) ^ low;
    this.right = Math.imul((this.right << 7) | (this.right >>> 25), 0xc2b2ae35) ^ (low + high);
  }

  /** The hash so far, as 16 hexadecimal digits. */
  digest(): string {
    const finish = (lane: number, other: number) => {
      const mixed = Math.imul(lane ^ (other >>> 15), 0x7feb352d);
      return ((mixed ^ (mixed >>> 16)) >>> 0).toString(16).padStart(8, '0');
    };
    return finish(this.left, this.right) + finish(this.right, this.left);
  }
}

/** A 32-bit hash of bytes: FNV-1a by words of four, then the rest. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const wholeWords = bytes.length & ~3;
  for (let index = 0; index < wholeWords; index += 4) {
    const word =
      (bytes[index] as number) |
      ((bytes[index + 1] as number) << 8) |
      ((bytes[index + 2] as number) << 16) |
      ((bytes[index + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x01000193);
    hash ^= hash >>> 15;
  }
  for (let index = wholeWords; index < bytes.length; index++) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  }
  return hash | 0;
}
