/**
 * A message between members of a group in a few words, for drawings and for faults that are aimed.
 */
import { decodePeerMessage } from '../shell/peer-codec.ts';

/** `append-entries 4`, with its term; undefined for what is no message between members. */
export function describePeerMessage(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x48) return 'hello';
  if (bytes[0] !== 0x52) return undefined;
  const { type, term } = decodePeerMessage(bytes.subarray(1));
  return `${type} ${term}`;
}
