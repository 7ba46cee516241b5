/**
 * What stops a loop: slices of work, and the pauses of the garbage collector, told apart.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { cpuMsOfThread } from './thread-cpu.ts';

/** A time from one moment to another, by `performance.now()`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A span in which there was work, and how much of it was that. */
interface Slice extends Span {
  readonly workMs: number;
}

/** Shorter slices are not kept: one of them is never the longest. */
const KEPT_MS = 0.5;

/** Slices of work that were done one after the other. */
export class Slices {
  readonly kept: Slice[] = [];
  private longestLeftOutMs = 0;

  /** The longest of those that are not kept. */
  get restMs(): number {
    return this.longestLeftOutMs;
  }

  /** Does `work` as one slice. What counts is the CPU of this thread: others may hold it up. */
  time<Result>(work: () => Result): Result {
    const [from, cpuMs] = [performance.now(), cpuMsOfThread()];
    const result = work();
    const to = performance.now();
    this.add(from, to, Math.min(to - from, cpuMsOfThread() - cpuMs));
    return result;
  }

  add(from: number, to: number, workMs: number): void {
    if (workMs >= KEPT_MS) this.kept.push({ from, to, workMs });
    else this.longestLeftOutMs = Math.max(this.longestLeftOutMs, workMs);
  }
}

/** The stops that the garbage collector makes, from now on. */
export class Pauses {
  private readonly spans: Span[] = [];
  private readonly observer = new PerformanceObserver((list) => this.take(list.getEntries()));

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  /** The longest so far. */
  async longestMs(): Promise<number> {
    await this.heard();
    return this.spans.reduce((longest, { from, to }) => Math.max(longest, to - from), 0);
  }

  /** How long the longest of `slices` was, without the pauses that fell into it. */
  async longestWithout(slices: Slices): Promise<number> {
    await this.heard();
    const workMs = slices.kept.map((slice) => {
      const shared = this.spans.map(
        ({ from, to }) => Math.min(to, slice.to) - Math.max(from, slice.from),
      );
      const pausedMs = shared.filter((ms) => ms > 0).reduce((sum, ms) => sum + ms, 0);
      return slice.workMs - pausedMs;
    });
    return workMs.reduce((longest, ms) => Math.max(longest, ms), slices.restMs);
  }

  close(): void {
    this.observer.disconnect();
  }

  // The observer is told in a later turn.
  private async heard(): Promise<void> {
    await setImmediate();
    this.take(this.observer.takeRecords());
  }

  private take(
    entries: readonly {
      readonly startTime: number;
      readonly duration: number;
      readonly detail?: unknown;
    }[],
  ): void {
    for (const { startTime, duration, detail } of entries) {
      const { kind } = detail as { kind?: number };
      // An incremental step is a slice, not a pause of the whole.
      if (kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) continue;
      this.spans.push({ from: startTime, to: startTime + duration });
    }
  }
}
