/**
 * Numbers: the bytes of fixed widths against Node.js's `Buffer`, varints against a twin on bigints,
 * and what is out of range refused on both sides.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as wire from './index.ts';

type Put = (buffer: Buffer, value: never) => void;

const safe = fc.maxSafeInteger();
const safeNat = fc.maxSafeNat();
const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const bigNat = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const put =
  <Value>(write: (buffer: Buffer, value: Value) => void): Put =>
  (buffer, value) =>
    write(buffer, value as Value);

/** Each fixed type: its width, its values, and how `Buffer` writes it. */
const FIXED: Record<string, [number, fc.Arbitrary<unknown>, Put]> = {
  uint8: [1, fc.integer({ min: 0, max: 255 }), put<number>((b, v) => b.writeUInt8(v))],
  int8: [1, fc.integer({ min: -128, max: 127 }), put<number>((b, v) => b.writeInt8(v))],
  uint16: [2, fc.integer({ min: 0, max: 65535 }), put<number>((b, v) => b.writeUInt16BE(v))],
  uint16le: [2, fc.integer({ min: 0, max: 65535 }), put<number>((b, v) => b.writeUInt16LE(v))],
  int16: [2, fc.integer({ min: -32768, max: 32767 }), put<number>((b, v) => b.writeInt16BE(v))],
  int16le: [2, fc.integer({ min: -32768, max: 32767 }), put<number>((b, v) => b.writeInt16LE(v))],
  uint32: [4, fc.nat(2 ** 32 - 1), put<number>((b, v) => b.writeUInt32BE(v))],
  uint32le: [4, fc.nat(2 ** 32 - 1), put<number>((b, v) => b.writeUInt32LE(v))],
  int32: [4, fc.integer(), put<number>((b, v) => b.writeInt32BE(v))],
  int32le: [4, fc.integer(), put<number>((b, v) => b.writeInt32LE(v))],
  uint64: [8, bigNat, put<bigint>((b, v) => b.writeBigUInt64BE(v))],
  uint64le: [8, bigNat, put<bigint>((b, v) => b.writeBigUInt64LE(v))],
  int64: [8, big, put<bigint>((b, v) => b.writeBigInt64BE(v))],
  int64le: [8, big, put<bigint>((b, v) => b.writeBigInt64LE(v))],
  safeUint64: [8, safeNat, put<number>((b, v) => b.writeBigUInt64BE(BigInt(v)))],
  safeUint64le: [8, safeNat, put<number>((b, v) => b.writeBigUInt64LE(BigInt(v)))],
  safeInt64: [8, safe, put<number>((b, v) => b.writeBigInt64BE(BigInt(v)))],
  safeInt64le: [8, safe, put<number>((b, v) => b.writeBigInt64LE(BigInt(v)))],
  float64: [8, fc.double(), put<number>((b, v) => b.writeDoubleBE(v))],
};

describe('fixed widths', () => {
  it.each(Object.keys(FIXED))('%s has the bytes that Buffer gives it', (name) => {
    const [width, values, write] = FIXED[name]!;
    const codec = codecOf((wire as never as Record<string, wire.Schema<unknown>>)[name]!);
    fc.assert(
      fc.property(values, (value) => {
        const expected = Buffer.alloc(width);
        write(expected, value as never);
        expect([...codec.encode(value)]).toEqual([...expected]);
        expect(Object.is(codec.decode(expected), value)).toBe(true);
      }),
    );
  });

  it.each([
    ['uint8', -1, 256, 1.5, Number.NaN],
    ['int8', -129, 128, 0.5],
    ['uint16', -1, 65536],
    ['int16le', -32769, 32768],
    ['uint32', -1, 2 ** 32, 1.5, Number.NaN],
    ['int32', 2 ** 31, -(2 ** 31) - 1],
    ['uint64', -1n, 2n ** 64n],
    ['int64', 2n ** 63n, -(2n ** 63n) - 1n],
    ['safeUint64', -1, 2 ** 53, 1.5, Number.NaN],
    ['safeInt64', 2 ** 53, -(2 ** 53)],
    ['uvarint', -1, 2 ** 53, 0.5, Number.NaN],
    ['uvarint32', -1, 2 ** 32],
    ['varint', 2 ** 53, 0.5],
    ['varint32', 2 ** 31],
    ['bigUvarint', -1n, 2n ** 64n],
    ['bigVarint', 2n ** 63n],
    ['boolean', 1],
  ])('%s refuses to write what it cannot hold', (name, ...values) => {
    const codec = codecOf((wire as never as Record<string, wire.Schema<unknown>>)[name]!);
    for (const value of values) {
      expect(() => codec.encode(value), String(value)).toThrow(
        expect.objectContaining({ code: 'out-of-range', path: 'number' }),
      );
    }
  });

  it('safe integers refuse to read what is beyond them', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(2n ** 53n);
    for (const schema of [wire.safeUint64, wire.safeInt64]) {
      expect(() => codecOf(schema).decode(bytes)).toThrow(
        expect.objectContaining({ code: 'out-of-range' }),
      );
    }
  });
});

describe('varints', () => {
  const zigzag = (value: bigint) => (value >= 0n ? 2n * value : -2n * value - 1n);
  it.each<[string, wire.Schema<unknown>, fc.Arbitrary<number | bigint>, (v: bigint) => bigint]>([
    ['uvarint', wire.uvarint, safeNat, (value) => value],
    ['uvarint32', wire.uvarint32, fc.nat(2 ** 32 - 1), (value) => value],
    ['varint', wire.varint, safe, zigzag],
    ['varint32', wire.varint32, fc.integer(), zigzag],
    ['bigUvarint', wire.bigUvarint, bigNat, (value) => value],
    ['bigVarint', wire.bigVarint, big, zigzag],
  ])('%s agrees with a twin on bigints', (_, schema, values, map) => {
    const codec = codecOf(schema as wire.Schema<unknown>);
    // Half of the draws are small, so that every length is drawn.
    const shifted = fc.tuple(values, fc.nat(63)).map(([value, shift]) => {
      return typeof value === 'bigint' ? value >> BigInt(shift) : Math.trunc(value / 2 ** shift);
    });
    fc.assert(
      fc.property(shifted, (value) => {
        const expected = groups(map(BigInt(value)));
        expect([...codec.encode(value)]).toEqual(expected);
        expect(codec.decode(Uint8Array.from(expected))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each<[string, wire.Schema<unknown>, number[]]>([
    ['uvarint of 2^53', wire.uvarint, groups(2n ** 53n)],
    ['uvarint without an end', wire.uvarint, Array(20).fill(0x80)],
    ['uvarint32 of 2^32', wire.uvarint32, groups(2n ** 32n)],
    ['varint of 2^53', wire.varint, groups(2n ** 54n)],
    ['bigUvarint of 2^64', wire.bigUvarint, groups(2n ** 64n)],
    ['bigUvarint without an end', wire.bigUvarint, Array(20).fill(0xff)],
  ])('refuses a %s', (_, schema, bytes) => {
    expect(() => codecOf(schema as wire.Schema<unknown>).decode(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'out-of-range' }),
    );
  });
});

function groups(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest /= 128n) bytes.push(Number(rest % 128n) + 128);
  return [...bytes, Number(rest)];
}

function codecOf<Value>(schema: wire.Schema<Value>): wire.MessageCodec<Value> {
  return wire.message('number', schema, { lowest: 1, highest: 1 }).at(1);
}
