/**
 * Timers: how a node has itself called later.
 */

/**
 * One-shot timers on the node's monotonic clock.
 *
 * - T1: a timer never fires early by `clock.now`. It may fire late without bound (pause, busy
 *   loop).
 * - T2: timers fire in the order of their due times; those due at once fire in order of creation.
 * - T3: a cancelled timer does not fire; cancelling twice, or after it fired, does nothing.
 * - T4: none fires after the node was stopped; a `sleep` that it cut short never settles.
 *
 * Delays are 0 to `MAX_DELAY_MS` milliseconds, fractions allowed; others throw `InvalidArgument`.
 */
export interface Timers {
  after(delayMs: number, callback: () => void): Timer;
  /** Resolves after the delay; rejects with `signal.reason` as soon as `signal` is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** A timer that was set. */
export interface Timer {
  cancel(): void;
}

/** The longest delay: what a 32-bit timer of the platform can hold, 24.8 days. */
export const MAX_DELAY_MS = 2_147_483_647;
