/**
 * CRC-32C of this machine beside the portable one, by the length of what is checked.
 *
 * Both take turns in short rounds; each figure is the best of its rounds, since only other work on
 * the machine makes a checksum slower.
 */
import { type Crc32c, crc32c as portable } from '@mangrove/wire';
import { findCrc32c } from '@mangrove/wire/node';
import type { BenchRow } from './bench-row.ts';

const LENGTHS = [64, 256, 1024, 4096, 65_536, 1_048_576];
const ROUND_COUNT = 60;
const ROUND_MS = 4;

/** Megabytes a second. */
export const bench = {
  name: 'wire-checksums',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const { crc32c, source } = findCrc32c();
    for (const length of LENGTHS) {
      const bytes = Uint8Array.from({ length }, (_, at) => at * 7);
      if (crc32c(bytes) !== portable(bytes)) throw new Error('the two differ');
      let [ours, reference] = [0, 0];
      for (let round = 0; round < ROUND_COUNT; round++) {
        ours = Math.max(ours, rateOf(crc32c, bytes));
        reference = Math.max(reference, rateOf(portable, bytes));
      }
      const ratio = ours / reference;
      const isLong = source === 'native' && length >= 1024;
      const rest = isLong ? { goal: 'ratio >= 2', met: ratio >= 2 } : { goal: '', met: true };
      const name = `${source} CRC-32C of ${length} bytes, beside portable code`;
      report({
        bench: 'wire-checksums',
        case: name,
        ours,
        reference,
        unit: 'MB/s',
        ratio,
        ...rest,
      });
    }
  },
};

/** Megabytes a second. The sum is looked at, so that no call is left out. */
function rateOf(crc32c: Crc32c, bytes: Uint8Array): number {
  const start = performance.now();
  let [count, sum, elapsedMs] = [0, 0, 0];
  while (elapsedMs < ROUND_MS) {
    for (let nth = 0; nth < 20; nth++) sum += crc32c(bytes, nth);
    count += 20;
    elapsedMs = performance.now() - start;
  }
  if (sum === 0) throw new Error('nothing was done');
  return (count * bytes.length) / elapsedMs / 1000;
}
