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

/** Work in slices that knows nothing of progress: a part of a task, which `told` makes of it. */
export type Slices<Result> = Generator<void, Result, void>;

/** A part of a task that tells `progress` between its slices. */
export function* told<Result>(slices: Slices<Result>, progress: () => Progress): Task<Result> {
  for (;;) {
    const turn = slices.next();
    if (turn.done === true) return turn.value;
    yield progress();
  }
}

/** Does all slices at once. */
export function finishSlices<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const turn = slices.next();
    if (turn.done === true) return turn.value;
  }
}

/** About a millisecond of small work: an item looked at, an edge added. */
export const SLICE_UNITS = 4_000;

/**
 * Counts the work of a pass, in units of about a quarter of a microsecond to one, and says when a
 * slice of it is over: `if (pace.isOver()) yield pace.progress`.
 */
export class Pace {
  readonly #check: string;
  #left = SLICE_UNITS;
  #stepCount = 0;

  /** @param check what progress calls the pass: `reading` */
  constructor(check: string) {
    this.#check = check;
  }

  /** Counts `units` more; true when the slice is over, and the next one begins with it. */
  isOver(units = 1): boolean {
    this.#stepCount += units;
    this.#left -= units;
    if (this.#left > 0) return false;
    this.#left = SLICE_UNITS;
    return true;
  }

  get progress(): Progress {
    return { check: this.#check, partsDone: 0, partCount: 1, stepCount: this.#stepCount };
  }
}

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
