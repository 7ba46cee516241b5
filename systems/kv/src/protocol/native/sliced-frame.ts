/**
 * The frame of a long message, made in slices, with others in between.
 *
 *     message -> pieces of its bytes -> their checksum -> header, pieces
 *
 * Its length and its checksum stand in front, so nothing of it can be sent before all of it is
 * there. It is never in one piece: to grow one buffer to its length, and to touch all of that
 * memory for the first time, would take longer than to write into it. Long values are not copied.
 */
import type { Host } from '@mangrove/host';
import { type Crc32c, frameHeaderOf, type MessageCodec, Writer } from '@mangrove/wire';
import type { Work } from '../../core/work.ts';
import type { Ask } from '../../shell/ask.ts';
import { inLaterSlices, stepsOf } from '../../shell/sliced-work.ts';
import { ANSWER_BYTES_MAX, type Frame } from './messages.ts';

/** How long the pieces are, except for values that are longer. */
const PIECE_BYTES = 65_536;

/**
 * How many steps one slice has at most: each writes 64 elements or some 64 KiB, or sums that much.
 */
const STEPS_MAX = 64;

/**
 * The frame of `message`, which must stay as it is until then. Rejects with `RequestFailure`
 * (`aborted`) when `ask` was given up, and with `WireError` where the message has no bytes.
 */
export function frameInSlices<Out>(
  host: Host,
  codec: MessageCodec<Out>,
  message: Out,
  { crc32c, ask }: { readonly crc32c: Crc32c | undefined; readonly ask: Pick<Ask, 'isGivenUp'> },
): Promise<Frame> {
  const step = stepsOf(frameOf(codec, message, crc32c));
  return inLaterSlices(host, step, { stepsMax: STEPS_MAX, ask });
}

/** The work of making the frame of `message`; each of its pieces takes well below a millisecond. */
export function* frameOf<Out>(
  codec: MessageCodec<Out>,
  message: Out,
  crc32c: Crc32c | undefined,
): Work<Frame> {
  const writer = new Writer({ pieceBytes: PIECE_BYTES, maxBytes: ANSWER_BYTES_MAX });
  yield* codec.encodeInSteps(writer, message);
  const pieces = writer.takePieces();
  return [yield* frameHeaderOf(pieces, crc32c), ...pieces];
}
