/**
 * Reading a snapshot file in order: a window at a time, every block checked, slices put together.
 */
import { assert, type DiskFile } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import { BLOCK_BYTES_MAX, type Block, BlockCursor, SLICE_BYTES_MAX } from './snapshot-blocks.ts';

/** How much is read at once: some blocks, and no more than is checked in a millisecond or so. */
const WINDOW_BYTES = 4 * BLOCK_BYTES_MAX;

/**
 * The slices of a snapshot as the state machine gave them. Throws `WireError`, with the name of the
 * file, where anything of it is damaged or missing.
 */
export async function* readSlices(
  file: DiskFile,
  cursor: BlockCursor = new BlockCursor(),
): AsyncGenerator<Uint8Array> {
  try {
    let parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const { kind, bytes } of readBlocks(file, cursor)) {
      if (kind === 'header' || kind === 'trailer') continue;
      parts.push(bytes);
      sizeBytes += bytes.length;
      assert(sizeBytes <= SLICE_BYTES_MAX, `a slice of ${sizeBytes} bytes in ${file.path}`);
      if (kind === 'part') continue;
      yield joined(parts, sizeBytes);
      parts = [];
      sizeBytes = 0;
    }
    if (!cursor.isEnded) throw new WireError('truncated', `it ends at ${cursor.offset}`);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError(error.code, error.reason, file.path);
  }
}

/** The blocks of a file up to its trailer, or up to where it ends; throws where one is damaged. */
export async function* readBlocks(file: DiskFile, cursor: BlockCursor): AsyncGenerator<Block> {
  while (!cursor.isEnded) {
    const begin = cursor.offset;
    const bytes = await file.readAt(begin, WINDOW_BYTES);
    while (!cursor.isEnded) {
      const block = cursor.read(bytes, cursor.offset - begin);
      if (block === undefined) break;
      yield block;
    }
    if (cursor.offset === begin) return;
  }
}

function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const slice = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    slice.set(part, at);
    at += part.length;
  }
  return slice;
}
