/**
 * The writer at the edge of its slab: whatever is written when it must grow comes back whole.
 */
import { describe, expect, it } from 'vitest';
import { InvalidArgument } from './invalid-argument.ts';
import { Reader } from './reader.ts';
import type { CallName } from './schema.ts';
import { Writer } from './writer.ts';

const VALUES: Record<CallName, unknown> = {
  boolean: true,
  uint8: 201,
  int8: -100,
  uint16: 60_001,
  uint16le: 60_002,
  int16: -30_001,
  int16le: -30_002,
  uint32: 4_000_000_001,
  uint32le: 4_000_000_002,
  int32: -2_000_000_001,
  int32le: -2_000_000_002,
  uint64: 2n ** 63n + 5n,
  uint64le: 2n ** 63n + 6n,
  int64: -(2n ** 62n) - 7n,
  int64le: -(2n ** 62n) - 8n,
  safeUint64: 2 ** 52 + 9,
  safeUint64le: 2 ** 52 + 10,
  safeInt64: -(2 ** 52) - 11,
  safeInt64le: -(2 ** 52) - 12,
  float64: Math.PI,
  uvarint: 2 ** 53 - 13,
  uvarint32: 4_000_000_014,
  varint: -(2 ** 52) - 15,
  varint32: -2_000_000_016,
  bigUvarint: 2n ** 64n - 17n,
  bigVarint: -(2n ** 63n) + 18n,
};

describe('a writer that must grow', () => {
  it.each(Object.keys(VALUES) as CallName[])('keeps a %s whole wherever the slab ends', (call) => {
    for (let before = 0; before <= 16; before++) {
      const writer = new Writer({ slabBytes: 16 });
      writer.raw(new Uint8Array(before));
      (writer[call] as (value: unknown) => void)(VALUES[call]);
      writer.uint8(77);
      const reader = new Reader(writer.take(), before);
      expect(reader[call](), `after ${before} bytes`).toBe(VALUES[call]);
      expect(reader.uint8()).toBe(77);
      reader.finish();
    }
  });

  it('keeps text, inserted lengths and patches whole, and never touches what was taken', () => {
    const writer = new Writer({ slabBytes: 16 });
    const taken: [string, Uint8Array][] = [];
    for (let length = 0; length < 200; length++) {
      const text = 'e\u00e9\u20ac'.repeat(length).slice(0, length);
      const sizeBytes = Buffer.byteLength(text);
      writer.uint32(0);
      const begin = writer.length;
      writer.utf8(text, sizeBytes);
      writer.insertUvarint(begin, sizeBytes);
      writer.patchUint32(0, length);
      taken.push([text, writer.take()]);
    }
    for (const [length, [text, bytes]] of taken.entries()) {
      const reader = new Reader(bytes);
      expect(reader.uint32()).toBe(length);
      expect(reader.utf8(reader.uvarint())).toBe(text);
      reader.finish();
    }
  });

  it('writes to memory again where it is told to, and keeps no more than it may', () => {
    const writer = new Writer({ slabBytes: 16 });
    const memories = [100, 100, 20, 20].map((length, nth) => {
      writer.raw(new Uint8Array(length).fill(nth));
      const taken = writer.take();
      expect([...taken]).toEqual(new Array(length).fill(nth));
      writer.reuse(nth < 2 ? 1000 : 10);
      return taken.buffer;
    });
    expect(memories[1]).toBe(memories[0]);
    expect(memories[2]).toBe(memories[0]);
    expect(memories[3]).not.toBe(memories[2]);
    writer.uint8(1);
    expect(() => writer.reuse(1000)).toThrow(InvalidArgument);
  });

  it('refuses what goes over its bound, and holds no more than that', () => {
    for (const slabBytes of [16, 100, 4096]) {
      const writer = new Writer({ slabBytes, maxBytes: 100 });
      writer.raw(new Uint8Array(100));
      expect(() => writer.uint8(1)).toThrow(expect.objectContaining({ code: 'too-long' }));
      expect(writer.take().length).toBe(100);
      writer.uint8(1);
      expect([...writer.take()]).toEqual([1]);
    }
  });

  it('refuses an inserted length that goes over its bound, whole or in pieces', () => {
    for (const cutting of [{}, { pieceBytes: 16 }]) {
      const filled = () => {
        const writer = new Writer({ maxBytes: 100, ...cutting });
        writer.raw(new Uint8Array(99));
        return writer;
      };
      const tooLong = expect.objectContaining({ code: 'too-long' });
      expect(() => filled().insertUvarint(0, 300)).toThrow(tooLong);
      const writer = filled();
      writer.insertUvarint(0, 99);
      expect(writer.length).toBe(100);
    }
  });
});
