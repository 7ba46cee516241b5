/**
 * When work that is done in slices has to let others run.
 *
 * Heartbeats share the event loop with it. The clock of a simulation stands still while a node
 * works, so a slice ends after a count of steps as well.
 */
import type { Host } from '@mangrove/host';

/** How long a slice takes, in milliseconds; some work is done between two looks. */
const SLICE_MS = 1;

/** One slice. */
export class SliceClock {
  private readonly host: Host;
  private readonly stepsMax: number;
  private readonly begunAt: number;
  private stepCount = 0;
  private ended = false;

  /** Begins a slice of at most `stepsMax` steps. */
  constructor(host: Host, stepsMax: number) {
    this.host = host;
    this.stepsMax = stepsMax;
    this.begunAt = host.clock.now();
  }

  /** Whether the slice was over with the last step. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** Counts a step; whether the slice is over with it. */
  isOver(): boolean {
    this.stepCount += 1;
    this.ended =
      this.stepCount >= this.stepsMax || this.host.clock.now() - this.begunAt >= SLICE_MS;
    return this.ended;
  }
}
