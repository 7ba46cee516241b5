/**
 * CRC-32C (Castagnoli), the checksum of frames, of the journal and of Kafka's record batches.
 *
 * Reflected polynomial 0x82f63b78, initial value and final exclusive-or 0xffffffff (RFC 3720 B.4).
 * Eight bytes a step by eight tables ("slicing-by-8", Kounavis and Berry 2005).
 */

/**
 * The CRC-32C of `bytes`, as an unsigned 32-bit integer.
 *
 * @param seed the checksum of what stood before `bytes`, to go on with it; 0 to begin
 */
export type Crc32c = (bytes: Uint8Array, seed?: number) => number;

/** `Crc32c` in plain code: the same everywhere, about 1 GB/s. */
export const crc32c: Crc32c = (bytes, seed = 0) => {
  const length = bytes.length;
  const bulkEnd = length - (length % 8);
  let crc = ~seed;
  let index = 0;
  for (; index < bulkEnd; index += 8) {
    // The bytes are joined by hand: they may begin anywhere, and tables are little-endian.
    const low =
      crc ^
      (at(bytes, index) |
        (at(bytes, index + 1) << 8) |
        (at(bytes, index + 2) << 16) |
        (at(bytes, index + 3) << 24));
    crc =
      at(T7, low & 0xff) ^
      at(T6, (low >>> 8) & 0xff) ^
      at(T5, (low >>> 16) & 0xff) ^
      at(T4, low >>> 24) ^
      at(T3, at(bytes, index + 4)) ^
      at(T2, at(bytes, index + 5)) ^
      at(T1, at(bytes, index + 6)) ^
      at(T0, at(bytes, index + 7));
  }
  for (; index < length; index++) {
    crc = (crc >>> 8) ^ at(T0, (crc ^ at(bytes, index)) & 0xff);
  }
  return ~crc >>> 0;
};

const POLYNOMIAL = 0x82f63b78;

/** Table `n` of a byte is its contribution when `n` more bytes follow it in the step. */
function tableOf(previous: Int32Array | undefined, first: Int32Array | undefined): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    if (previous !== undefined && first !== undefined) {
      const before = at(previous, byte);
      table[byte] = (before >>> 8) ^ at(first, before & 0xff);
      continue;
    }
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
    table[byte] = value;
  }
  return table;
}

const T0 = tableOf(undefined, undefined);
const T1 = tableOf(T0, T0);
const T2 = tableOf(T1, T0);
const T3 = tableOf(T2, T0);
const T4 = tableOf(T3, T0);
const T5 = tableOf(T4, T0);
const T6 = tableOf(T5, T0);
const T7 = tableOf(T6, T0);

/** An element that is known to be there. */
function at(array: Int32Array | Uint8Array, index: number): number {
  return array[index] as number;
}
