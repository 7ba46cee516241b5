/**
 * The two clocks of a node: a monotonic one to measure with, and a wall clock that nobody may
 * trust.
 */
import type { Brand } from './ids.ts';

/**
 * A point on one node's monotonic clock, in milliseconds with fractions, from an origin of its own.
 *
 * Instants of two nodes, or of two incarnations of one node, are not comparable: send durations.
 */
export type Instant = Brand<number, 'Instant'>;

/** A point on a node's wall clock, in milliseconds since 1970-01-01 UTC. */
export type WallTime = Brand<number, 'WallTime'>;

/**
 * What a node knows of time.
 *
 * - C1: `now` never goes back within an incarnation, and counts on while the process is paused (a
 *   node that was stopped for 10 s sees 10 s pass at once).
 * - C2: the rates of two nodes' `now` differ from real time by at most `maxDriftPpm` each. Whoever
 *   counts a lease by another node's clock must widen it by both bounds.
 * - C3: `wall` may jump forward and back, drift, and disagree with every other node's by any
 *   amount. It is for people and for retention, never for safety.
 */
export interface Clock {
  /** The bound of rate error against real time, in parts per million, as this world states it. */
  readonly maxDriftPpm: number;
  now(): Instant;
  wall(): WallTime;
}

/** The instant `durationMs` after `instant`. */
export function later(instant: Instant, durationMs: number): Instant {
  return (instant + durationMs) as Instant;
}
