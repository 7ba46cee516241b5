/**
 * The clock of the operating system.
 */
import type { Clock, Instant, WallTime } from '@mangrove/host';

/** How far a disciplined clock may be off: NTP slews by at most 500 ppm, quartz alone by less. */
const MAX_DRIFT_PPM = 500;

/**
 * A `Clock` on `performance.now` (CLOCK_MONOTONIC) and `Date.now`.
 *
 * On Linux the monotonic clock counts on while the process is stopped, and stands still while the
 * whole machine is suspended: leases must not rest on a laptop's lid (C1 speaks of processes).
 */
export class SystemClock implements Clock {
  readonly maxDriftPpm = MAX_DRIFT_PPM;

  now(): Instant {
    return performance.now() as Instant;
  }

  wall(): WallTime {
    return Date.now() as WallTime;
  }
}
