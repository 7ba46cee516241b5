/**
 * Which commands a leader takes in: those within the bounds of one, and of all that is under way.
 */
import { ENTRY_OVERHEAD_BYTES } from './entry.ts';
import type { RaftOptions } from './options.ts';
import type { Leadership } from './state.ts';

/** Why a command is not taken in by a leader; `undefined` where it is. */
export function refusalOf(
  options: RaftOptions,
  { uncommittedBytes }: Leadership,
  data: Uint8Array,
): 'too-large' | 'overload' | undefined {
  if (data.length > options.commandBytesMax) return 'too-large';
  const sizeBytes = ENTRY_OVERHEAD_BYTES + data.length;
  const isFirst = uncommittedBytes === 0;
  const isTooMuch = !isFirst && uncommittedBytes + sizeBytes > options.uncommittedBytesMax;
  return isTooMuch ? 'overload' : undefined;
}
