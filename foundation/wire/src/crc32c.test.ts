/**
 * CRC-32C against the published values of RFC 3720 B.4 and against a bitwise twin.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

describe('CRC-32C', () => {
  it('gives the published values', () => {
    const bytes = (make: (index: number) => number) =>
      Uint8Array.from({ length: 32 }, (_, i) => make(i));
    expect(crc32c(bytes(() => 0))).toBe(0x8a9136aa);
    expect(crc32c(bytes(() => 0xff))).toBe(0x62a8ab43);
    expect(crc32c(bytes((index) => index))).toBe(0x46dd794e);
    expect(crc32c(bytes((index) => 31 - index))).toBe(0x113fdb5c);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('agrees with a bitwise twin, wherever the bytes begin', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), (bytes, skipped) => {
        const part = bytes.subarray(skipped);
        expect(crc32c(part)).toBe(bitwise(part));
      }),
    );
  });

  it('goes on from a seed as though the parts were one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (a, b) => {
        expect(crc32c(b, crc32c(a))).toBe(bitwise(Uint8Array.of(...a, ...b)));
      }),
    );
  });
});

function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
