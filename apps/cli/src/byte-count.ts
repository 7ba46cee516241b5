/**
 * Counts of bytes as people write them: `64MiB`, `2GiB`, `500MB`, `1048576`.
 */
import { InvalidArgumentError } from 'commander';

/** How many bytes a unit is; powers of 1024 with an `i`, else of 1000. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
]);

/** So many bytes, from 1, or a refusal that commander prints with the option's name. */
export function byteCount(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS.get(unit.toLowerCase()) ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError('It is to be a count of bytes: 64MiB, 2GiB, 1000000.');
  }
  return bytes;
}

/** A count of bytes in the largest unit of 1024 that it fills, to a tenth: `1.5 MiB`. */
export function showBytes(bytes: number): string {
  for (const [unit, size] of SHOWN) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}

const SHOWN: readonly (readonly [string, number])[] = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
];
