/**
 * The timers of many nodes on one timer of the Host: all that are due at one time fire in one turn.
 *
 * So the heartbeats of many groups, which are due together, leave together. Times are rounded up to
 * whole milliseconds, since sums of fractions that should be equal are not.
 */
import type { Host, Timer, Timers } from '@mangrove/host';

/** A timer that was set. */
interface SharedTimer extends Timer {
  readonly dueAt: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** Timers that share one of the Host's. */
export class SharedTimers implements Timers {
  private readonly host: Host;
  private readonly byTime = new Map<number, SharedTimer[]>();
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;

  constructor(host: Host) {
    this.host = host;
  }

  after(delayMs: number, callback: () => void): Timer {
    const dueAt = Math.ceil(this.host.clock.now() + delayMs - 0.001);
    const timer: SharedTimer = {
      dueAt,
      callback,
      isCancelled: false,
      cancel: () => this.cancel(timer),
    };
    const others = this.byTime.get(dueAt);
    if (others === undefined) this.byTime.set(dueAt, [timer]);
    else others.push(timer);
    this.wakeAt(dueAt);
    return timer;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.host.timers.sleep(delayMs, signal);
  }

  private cancel(timer: SharedTimer): void {
    timer.isCancelled = true;
    const left = this.byTime.get(timer.dueAt)?.filter((each) => each !== timer);
    if (left === undefined) return;
    if (left.length > 0) this.byTime.set(timer.dueAt, left);
    else this.byTime.delete(timer.dueAt);
  }

  /** Sees to it that the Host calls at `at`; a call too many, since cancelled, does no harm. */
  private wakeAt(at: number): void {
    if (at >= this.timerAt) return;
    this.timer?.cancel();
    this.timerAt = at;
    const delayMs = Math.max(0, at - this.host.clock.now());
    this.timer = this.host.timers.after(delayMs, () => this.fire());
  }

  private fire(): void {
    this.timerAt = Number.POSITIVE_INFINITY;
    const now = this.host.clock.now();
    const times = [...this.byTime.keys()].filter((dueAt) => dueAt <= now).sort((a, b) => a - b);
    const due = times.flatMap((dueAt) => this.byTime.get(dueAt) ?? []);
    for (const dueAt of times) this.byTime.delete(dueAt);
    // One that fires may cancel another of the same turn.
    for (const timer of due) if (!timer.isCancelled) timer.callback();
    let next = Number.POSITIVE_INFINITY;
    for (const dueAt of this.byTime.keys()) if (dueAt < next) next = dueAt;
    this.wakeAt(next);
  }
}
