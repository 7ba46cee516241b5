/**
 * A state machine in the streaming form: a list of numbers that only grows. A snapshot is its
 * length at that moment, whatever is added while the slices are taken.
 */
import { message, uvarint } from '@mangrove/wire';
import type { CommandCodec, PlacedCommand, StreamingMachine } from '../src/index.ts';

const COUNT_PER_SLICE = 4;

/** Numbers as commands. */
export const NUMBERS: CommandCodec<number> = message('ledger-number', uvarint, {
  lowest: 1,
  highest: 1,
}).at(1);

/** The list of all numbers that were proposed. */
export class LedgerMachine implements StreamingMachine<number, number> {
  readonly commands = NUMBERS;
  numbers: number[] = [];
  /** How many slices were given, and how many numbers came while one snapshot was being taken. */
  sliceCount = 0;
  lateCount = 0;
  /** How many numbers there were after each restore, and what is waited for between its slices. */
  readonly restoredCounts: number[] = [];
  pause: () => Promise<void> = () => Promise.resolve();

  applyBatch(batch: readonly PlacedCommand<number>[]): readonly number[] {
    return batch.map(({ command }) => this.numbers.push(command));
  }

  snapshotSlices(): Iterable<Uint8Array> {
    const { numbers } = this;
    const { length } = numbers;
    return this.slicesOf(numbers, length);
  }

  async restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void> {
    const numbers: number[] = [];
    const { pause } = this;
    for await (const slice of slices) {
      await pause();
      for (let at = 0; at < slice.length; at += 4) {
        numbers.push(new DataView(slice.buffer, slice.byteOffset).getUint32(at));
      }
    }
    this.numbers = numbers;
    this.restoredCounts.push(numbers.length);
  }

  private *slicesOf(numbers: readonly number[], length: number): Generator<Uint8Array> {
    for (let first = 0; first < length; first += COUNT_PER_SLICE) {
      const some = numbers.slice(first, Math.min(first + COUNT_PER_SLICE, length));
      const slice = new Uint8Array(some.length * 4);
      const view = new DataView(slice.buffer);
      for (const [place, number] of some.entries()) view.setUint32(place * 4, number);
      this.sliceCount += 1;
      yield slice;
    }
    this.lateCount += numbers.length - length;
  }
}
