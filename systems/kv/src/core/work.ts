/**
 * Work in pieces: what takes long stops after each piece, and whoever drives it may let others run.
 *
 * Heartbeats share the event loop with it. What only does little runs to its end in one piece.
 */

/** Work under way; `next` does a piece of it, the last of which gives the result. */
export type Work<Result> = Generator<void, Result, void>;

/** How many keys or versions one piece looks at. */
export const PIECE_KEYS = 128;

/** Does all of `work` at once. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
