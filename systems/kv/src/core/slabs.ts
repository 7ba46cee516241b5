/**
 * Bytes in slabs: many small byte strings in few large buffers.
 *
 *     slab  => block* free
 *     block => length:uint32le owner:uint32le bytes
 *
 * A store of a million values as a million objects makes the garbage collector walk a million
 * objects. Here it sees one buffer for 256 KiB; the first one is shorter, since many stores stay
 * small, and one is longer where a string is: new memory costs time before it is used, in the
 * put that needs it. What is freed leaves a hole; where holes are more than half of a slab,
 * `evacuate` moves what lives out of it, and its buffer is used again.
 */
import { assert, BrokenInvariant } from '@mangrove/host';

/** The size of the longest slabs, in bytes: places are counted in it. */
export const SLAB_BYTES = 4_194_304;

/** The longest byte string that a slab takes. */
export const BLOCK_BYTES_MAX: number = SLAB_BYTES - 8;

/** Where a byte string is: the number of its slab times `SLAB_BYTES`, plus its offset in there. */
export type Place = number;

/** An arena of byte strings, each with an owner that is told where it was moved to. */
export class Slabs {
  private readonly slabs: Slab[] = [];
  // Numbers of slabs without anything in them, to be filled next.
  private readonly empty: number[] = [];
  private current = -1;
  private live = 0;

  /** Bytes of the strings that are here, without holes. */
  get liveBytes(): number {
    return this.live;
  }

  /** Bytes of the buffers that have something in them. */
  get usedBytes(): number {
    const used = this.slabs.filter((_, number) => !this.empty.includes(number));
    return used.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Copies `bytes` in, for `owner` (a uint32); at most `BLOCK_BYTES_MAX` of them. */
  add(owner: number, bytes: Uint8Array): Place {
    assert(bytes.length <= BLOCK_BYTES_MAX, `${bytes.length} bytes do not fit into a slab`);
    const size = HEADER_BYTES + bytes.length;
    const slab = this.slabWith(size);
    const offset = slab.used;
    slab.view.setUint32(offset, bytes.length, true);
    slab.view.setUint32(offset + 4, owner, true);
    slab.bytes.set(bytes, offset + HEADER_BYTES);
    slab.used += size;
    slab.liveBytes += size;
    this.live += bytes.length;
    return this.current * SLAB_BYTES + offset;
  }

  /** Gives up the string at `place`. */
  free(place: Place): void {
    const number = numberOf(place);
    const slab = this.slabAt(number);
    const length = slab.view.getUint32(offsetOf(place, number), true);
    slab.liveBytes -= HEADER_BYTES + length;
    this.live -= length;
    if (slab.liveBytes === 0 && number !== this.current) this.clear(number);
  }

  /**
   * The bytes at `place`, not copied: they stay what they are until the next `add`, `free` or
   * `evacuate`.
   */
  at(place: Place): Uint8Array {
    const number = numberOf(place);
    const slab = this.slabAt(number);
    const offset = offsetOf(place, number);
    const length = slab.view.getUint32(offset, true);
    return slab.bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length);
  }

  /** How many bytes are at `place`. */
  lengthAt(place: Place): number {
    const number = numberOf(place);
    return this.slabAt(number).view.getUint32(offsetOf(place, number), true);
  }

  /**
   * Less than 0, 0 or more than 0, as the bytes at `place` come before, are, or come after `key`.
   */
  compare(place: Place, key: Uint8Array): number {
    const number = numberOf(place);
    const slab = this.slabAt(number);
    const offset = offsetOf(place, number);
    const length = slab.view.getUint32(offset, true);
    const start = offset + HEADER_BYTES;
    const shared = Math.min(length, key.length);
    for (let index = 0; index < shared; index += 1) {
      const difference = (slab.bytes[start + index] ?? 0) - (key[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return length - key.length;
  }

  /**
   * Empties one slab that is mostly holes, and gives its buffer back to `add`; false where none is.
   *
   * `placeOf` gives the place that an owner holds: a block that is somewhere else was freed.
   * `moved` is told the new place of each. Cost: one slab, at most `SLAB_BYTES`.
   */
  evacuate(
    placeOf: (owner: number) => Place,
    moved: (owner: number, place: Place) => void,
  ): boolean {
    const number = this.slabs.findIndex(
      (slab, index) =>
        index !== this.current && slab.used > 0 && slab.liveBytes < slab.used * EVACUATE_BELOW,
    );
    if (number < 0) return false;
    const slab = this.slabAt(number);
    for (let offset = 0; offset < slab.used && slab.liveBytes > 0; ) {
      const length = slab.view.getUint32(offset, true);
      const owner = slab.view.getUint32(offset + 4, true);
      const place = number * SLAB_BYTES + offset;
      if (placeOf(owner) === place) {
        const start = offset + HEADER_BYTES;
        moved(owner, this.add(owner, slab.bytes.subarray(start, start + length)));
        this.free(place);
      }
      offset += HEADER_BYTES + length;
    }
    assert(slab.used === 0, `slab ${number} has ${slab.liveBytes} bytes that nobody owns`);
    return true;
  }

  private slabWith(size: number): Slab {
    const current = this.slabs[this.current];
    if (current !== undefined && current.used + size <= current.bytes.length) return current;
    const left = this.current;
    this.current = this.takeEmpty(size) ?? this.create(size);
    if (current !== undefined && current.liveBytes === 0) this.clear(left);
    return this.slabAt(this.current);
  }

  /** The newest of the empty slabs that has room for `size` bytes. */
  private takeEmpty(size: number): number | undefined {
    const at = this.empty.findLastIndex((number) => this.slabAt(number).bytes.length >= size);
    return at < 0 ? undefined : this.empty.splice(at, 1)[0];
  }

  private create(size: number): number {
    const last = this.slabs.at(-1)?.bytes.length ?? FIRST_SLAB_BYTES / GROWTH;
    let length = Math.min(last * GROWTH, COMMON_BYTES);
    while (length < size) length *= GROWTH;
    const bytes = new Uint8Array(length);
    this.slabs.push({ bytes, view: new DataView(bytes.buffer), used: 0, liveBytes: 0 });
    return this.slabs.length - 1;
  }

  private clear(number: number): void {
    this.slabAt(number).used = 0;
    this.empty.push(number);
  }

  private slabAt(number: number): Slab {
    const slab = this.slabs[number];
    if (slab !== undefined) return slab;
    throw new BrokenInvariant(`no slab ${number} of ${this.slabs.length}`);
  }
}

function numberOf(place: Place): number {
  return Math.floor(place / SLAB_BYTES);
}

// A remainder of numbers beyond 32 bits is a call of a function that divides bit by bit.
function offsetOf(place: Place, number: number): number {
  return place - number * SLAB_BYTES;
}

const HEADER_BYTES = 8;
// The first one has 64 KiB, all others 256 KiB, but for those of a longer string.
const FIRST_SLAB_BYTES = 65_536;
const COMMON_BYTES = 262_144;
const GROWTH = 4;
const EVACUATE_BELOW = 0.5;

interface Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  used: number;
  liveBytes: number;
}
