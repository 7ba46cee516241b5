/**
 * Work in pieces: what takes long stops after each piece, and whoever drives it may let others run.
 *
 * Heartbeats share the event loop with it. What only does little runs to its end in one piece.
 */

/** Work under way; `next` does a piece of it, the last of which gives the result. */
export type Work<Result> = Generator<void, Result, void>;

/** What is done at once gives its result; what may take long, the work that is left to do. */
export type Soon<Result extends object> = Result | Work<Result>;

/** Whether there is work left to do. */
export function isWork<Result extends object>(soon: Soon<Result>): soon is Work<Result> {
  return 'next' in soon;
}

/** How many keys or versions one piece looks at. */
export const PIECE_KEYS = 128;

/** Does all of `work` at once. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
