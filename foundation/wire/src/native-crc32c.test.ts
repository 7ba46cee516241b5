/**
 * Native and portable CRC-32C give the same on every input; where there is no native one, or a
 * wrong one, the portable one stands in.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c as portable } from './crc32c.ts';
import { findCrc32c, lazyCrc32c, NATIVE_FROM_BYTES } from './native-crc32c.ts';

describe('the CRC-32C of this machine', () => {
  it('is that of the portable code, whatever the bytes, the seed and where they begin', () => {
    const { crc32c } = findCrc32c();
    const lengths = fc.oneof(fc.nat(40), fc.nat(3 * NATIVE_FROM_BYTES), fc.nat(20_000));
    fc.assert(
      fc.property(lengths, fc.nat(), fc.nat(0xffffffff), fc.nat(15), (length, salt, seed, from) => {
        const bytes = Uint8Array.from({ length: from + length }, (_, at) => (at * 31 + salt) >> 3);
        const part = bytes.subarray(from);
        expect(crc32c(part, seed)).toBe(portable(part, seed));
      }),
      { numRuns: 500 },
    );
  });

  it('goes on from a checksum as if the bytes had not been cut', () => {
    const { crc32c } = findCrc32c();
    const bytes = Uint8Array.from({ length: 5000 }, (_, at) => at * 7);
    for (const cut of [0, 1, 255, 256, 257, 2500, 4999, 5000]) {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(portable(bytes));
    }
  });

  it('is native on the systems for which the lock file has a build', () => {
    const has = ['linux', 'darwin', 'win32'].includes(process.platform);
    expect(findCrc32c().source).toBe(has ? 'native' : 'portable');
  });

  it('is portable where the package does not load, or is none, or is another checksum', () => {
    const missing = () => {
      throw new Error('Cannot find module');
    };
    for (const load of [missing, () => undefined, () => ({}), () => ({ crc32c: () => 0 })]) {
      expect(findCrc32c(load)).toEqual({ crc32c: portable, source: 'portable' });
    }
  });

  it('is looked for when there are bytes for it, and not before, where that is wanted', () => {
    let loadCount = 0;
    const crc32c = lazyCrc32c(() => {
      loadCount += 1;
      throw new Error('Cannot find module');
    });
    const bytes = Uint8Array.from({ length: NATIVE_FROM_BYTES }, (_, at) => at);
    expect([crc32c(bytes.subarray(1), 7), loadCount]).toEqual([portable(bytes.subarray(1), 7), 0]);
    for (const seed of [0, 7]) expect(crc32c(bytes, seed)).toBe(portable(bytes, seed));
    expect(loadCount).toBe(1);
  });
});
