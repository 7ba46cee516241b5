/**
 * Counts of bytes as people write and read them.
 */
import { expect, it } from 'vitest';
import { byteCount, showBytes } from './byte-count.ts';

it.each([
  ['1', 1],
  ['1000000', 1_000_000],
  ['64MiB', 67_108_864],
  ['64 mib', 67_108_864],
  ['1.5KiB', 1536],
  ['2GiB', 2_147_483_648],
  ['500MB', 500_000_000],
])('reads %s', (text, bytes) => {
  expect(byteCount(text)).toBe(bytes);
});

it.each(['', '0', '-1', '1e9', 'MiB', '64MiBs', '64 M', '0.1B', '9000000TiB'])(
  'refuses "%s"',
  (text) => {
    expect(() => byteCount(text)).toThrow('64MiB, 2GiB, 1000000');
  },
);

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [67_108_864, '64 MiB'],
  [2_147_483_648, '2 GiB'],
])('shows %d', (bytes, text) => {
  expect(showBytes(bytes)).toBe(text);
});
