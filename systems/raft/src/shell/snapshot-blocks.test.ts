/**
 * Slices come back as they were given, whole blocks are found at any place, and no flipped bit, cut
 * or exchange of blocks is taken for a snapshot.
 */
import type { DiskFile } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockCursor, wholeBlocks } from './snapshot-blocks.ts';
import { readSlices } from './snapshot-slices.ts';

const slices = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
const blockBytesMax = fc.integer({ min: 64, max: 200 });

/** The bytes of a snapshot of these slices, and its cursor at the end. */
function write(given: readonly Uint8Array[], size: number) {
  const cursor = new BlockCursor();
  const blocks = [cursor.header(new Uint8Array([1, 2, 3])).slice()];
  // Each is lent until the next.
  for (const slice of given) {
    for (const block of cursor.slice(slice, size)) blocks.push(block.slice());
  }
  blocks.push(cursor.trailer().slice());
  return { bytes: new Uint8Array(blocks.flatMap((block) => [...block])), blocks, cursor };
}

/** A file that is only read. */
function fileOf(bytes: Uint8Array): DiskFile {
  const refuse = () => Promise.reject(new Error('this file is only read'));
  return {
    path: 'snapshot',
    size: () => bytes.length,
    readAt: async (offset, length) => bytes.slice(offset, offset + length),
    append: refuse,
    writeAt: refuse,
    sync: refuse,
    writeDurably: refuse,
    truncate: refuse,
    close: async () => undefined,
  };
}

async function read(bytes: Uint8Array): Promise<Uint8Array[]> {
  const found = [];
  for await (const slice of readSlices(fileOf(bytes))) found.push(slice);
  return found;
}

describe('blocks of a snapshot', () => {
  it('slices come back as they were given, with the image of those who wrote them', async () => {
    await fc.assert(
      fc.asyncProperty(slices, blockBytesMax, async (given, size) => {
        const { bytes, cursor } = write(given, size);
        const reader = new BlockCursor();
        const found = [];
        for await (const slice of readSlices(fileOf(bytes), reader)) found.push(slice);
        expect(found).toEqual(given);
        expect(reader.image).toEqual(cursor.image);
        expect(cursor.image.sizeBytes).toBe(bytes.length);
      }),
    );
  });

  it('a flipped bit anywhere is found', async () => {
    await fc.assert(
      fc.asyncProperty(slices, blockBytesMax, fc.nat(), async (given, size, position) => {
        const { bytes } = write(given, size);
        const place = position % (bytes.length * 8);
        bytes[place >> 3] = (bytes[place >> 3] ?? 0) ^ (1 << (place & 7));
        await expect(read(bytes)).rejects.toThrow(WireError);
      }),
    );
  });

  it('what is cut off, or has two blocks exchanged, is no snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(slices, blockBytesMax, fc.nat(), async (given, size, place) => {
        const { bytes, blocks } = write(given, size);
        await expect(read(bytes.subarray(0, place % bytes.length))).rejects.toThrow(WireError);
        const at = place % (blocks.length - 1);
        const [one, other] = [blocks[at], blocks[at + 1]];
        if (one === undefined || other === undefined) return;
        const exchanged = [...blocks.slice(0, at), other, one, ...blocks.slice(at + 2)];
        const mixed = new Uint8Array(exchanged.flatMap((block) => [...block]));
        await expect(read(mixed)).rejects.toThrow(WireError);
      }),
    );
  });

  it('a piece ends where a block ends, and has one block at least', () => {
    fc.assert(
      fc.property(slices, blockBytesMax, fc.nat({ max: 2000 }), (given, size, bytesMax) => {
        const { bytes, blocks } = write(given, size);
        let offset = 0;
        while (offset < bytes.length) {
          const length = wholeBlocks(bytes.subarray(offset), offset, bytesMax);
          expect(length).toBeGreaterThan(0);
          offset += length;
        }
        expect(offset).toBe(blocks.reduce((sum, block) => sum + block.length, 0));
      }),
    );
  });
});
