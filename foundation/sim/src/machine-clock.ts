/**
 * The clocks of one machine: a rate against virtual time, and a wall clock with an offset.
 */
import type { Clock, Instant, WallTime } from '@mangrove/host';

const MILLION = 1_000_000;

/** What the wall clocks show when a run begins: 2026-01-01, noon, UTC. */
const WALL_AT_START_MS = 1_767_268_800_000;

/** How far apart the origins of two machines' monotonic clocks are. */
const ORIGIN_STEP_US = 137_000_000_000;

/** Reads and maps the time of one machine. All times in microseconds of virtual time. */
export class MachineClock {
  /** Rate error, parts per million. */
  private ppm = 0;
  private baseUs = 0;
  private baseLocalUs: number;
  private wallOffsetMs: number;

  /** @param index of the machine: each clock has an origin of its own, and wall clocks disagree */
  constructor(index: number) {
    this.baseLocalUs = (index + 1) * ORIGIN_STEP_US;
    this.wallOffsetMs = WALL_AT_START_MS + index * 7 - this.baseLocalUs / 1000;
  }

  /** What the machine's monotonic clock shows, in microseconds rounded to nanoseconds. */
  localUs(nowUs: number): number {
    const local = this.baseLocalUs + ((nowUs - this.baseUs) * (MILLION + this.ppm)) / MILLION;
    return Math.round(local * 1000) / 1000;
  }

  /** The virtual time at which the monotonic clock will show `localUs`, if its rate stays. */
  virtualUs(localUs: number): number {
    return this.baseUs + ((localUs - this.baseLocalUs) * MILLION) / (MILLION + this.ppm);
  }

  wallMs(nowUs: number): number {
    return this.wallOffsetMs + Math.floor(this.localUs(nowUs) / 1000);
  }

  /** Changes the rate by so many parts per million; changes add up. */
  changeRate(nowUs: number, byPpm: number): void {
    this.baseLocalUs = this.localUs(nowUs);
    this.baseUs = nowUs;
    this.ppm += byPpm;
  }

  jumpWall(byMs: number): void {
    this.wallOffsetMs += byMs;
  }
}

/** The Host's clock on a machine's clocks. */
export function simulatedClock(
  clock: MachineClock,
  nowUs: () => number,
  maxDriftPpm: number,
): Clock {
  return {
    maxDriftPpm,
    now: () => (clock.localUs(nowUs()) / 1000) as Instant,
    wall: () => clock.wallMs(nowUs()) as WallTime,
  };
}
