/**
 * Work that may take seconds, cut into slices: a generator that yields its progress.
 *
 * Pure code cannot wait, so it is the caller who decides what happens between two slices: nothing
 * (`finishTask`), or a turn of the event loop (`finishTaskInSlices`).
 */

/** How far a judge is. */
export interface Progress {
  readonly check: string;
  /** Parts that are decided, of `partCount`: keys, mostly. */
  readonly partsDone: number;
  readonly partCount: number;
  readonly stepCount: number;
}

/** Work in slices, of a few milliseconds each, that ends in a `T`. */
export type Task<T> = Generator<Progress, T, void>;

/** Does all of the work at once. */
export function finishTask<T>(task: Task<T>): T {
  for (;;) {
    const turn = task.next();
    if (turn.done === true) return turn.value;
  }
}

/** What happens between two slices. */
export interface SliceOptions {
  /** Lets others run: `() => new Promise((resolve) => setImmediate(resolve))`, for example. */
  readonly pause: () => Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the work between two slices. */
  readonly signal?: AbortSignal;
}

/** Does the work slice by slice. Rejects with the signal's reason once the signal is aborted. */
export async function finishTaskInSlices<T>(task: Task<T>, options: SliceOptions): Promise<T> {
  for (;;) {
    options.signal?.throwIfAborted();
    const turn = task.next();
    if (turn.done === true) return turn.value;
    options.onProgress?.(turn.value);
    await options.pause();
  }
}
