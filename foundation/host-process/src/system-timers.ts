/**
 * Timers in a heap of their own, over one timer of the platform.
 *
 * Timers of Node.js have whole milliseconds, are kept in one list per duration and may fire a
 * moment early or in another order than they are due. The heap knows the exact due times (T1, T2);
 * the platform only wakes it up.
 */
import { type Clock, InvalidArgument, MAX_DELAY_MS, type Timer, type Timers } from '@mangrove/host';
import type { Life } from './life.ts';
import type { TurnSource, Turns } from './turns.ts';

/** A heap with more cancelled entries than this, and more than half of them, is cleaned. */
const CANCELLED_COUNT_MAX = 1000;

/** The timers of one life. */
export class SystemTimers implements Timers, TurnSource {
  private readonly life: Life;
  private readonly clock: Clock;
  private readonly turns: Turns;
  private heap: Entry[] = [];
  private cancelledCount = 0;
  private madeCount = 0;
  private isInTurns = false;
  /** The last timer that was set before these turns began. */
  private lastOrder = 0;
  private wakeTime = Number.POSITIVE_INFINITY;
  private wakeTimer: NodeJS.Timeout | undefined;
  private wakeImmediate: NodeJS.Immediate | undefined;

  constructor(life: Life, clock: Clock, turns: Turns) {
    this.life = life;
    this.clock = clock;
    this.turns = turns;
    life.atEnd(() => {
      this.disarm();
      this.heap = [];
    });
  }

  /** How many are kept, with those that were cancelled and not yet cleaned away. */
  get size(): number {
    return this.heap.length;
  }

  after(delayMs: number, callback: () => void): Timer {
    if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
      throw new InvalidArgument('delayMs', delayMs, `from 0 to ${MAX_DELAY_MS}`);
    }
    this.madeCount += 1;
    const entry = new Entry(this, this.clock.now() + delayMs, this.madeCount, callback);
    if (this.life.isOver) return entry;
    this.push(entry);
    if (this.heap[0] === entry) this.arm();
    return entry;
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw signal.reason;
    let onAbort: (() => void) | undefined;
    try {
      await this.life.owe<void>((resolve, reject) => {
        const timer = this.after(delayMs, () => resolve());
        onAbort = () => {
          timer.cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Fires the first timer that is due; true while there may be another one. */
  turn(): boolean {
    const first = this.first();
    // A timer that was set in these turns waits for the next ones, so that `sleep(0)` lets the
    // platform have the loop: else slices of work that sleep in between would block it.
    const isLater = first === undefined || first.order > this.lastOrder;
    if (isLater || first.due > this.clock.now()) {
      this.isInTurns = false;
      this.arm();
      return false;
    }
    this.pop();
    const { callback } = first;
    first.callback = undefined;
    if (callback !== undefined) this.life.call(callback);
    return true;
  }

  /** Called by an entry that was cancelled before it fired. */
  noteCancelled(): void {
    this.cancelledCount += 1;
    if (this.cancelledCount > CANCELLED_COUNT_MAX && this.cancelledCount * 2 > this.heap.length) {
      const kept = this.heap.filter((entry) => entry.callback !== undefined);
      this.heap = [];
      this.cancelledCount = 0;
      for (const entry of kept) this.push(entry);
    }
  }

  /** Sees to it that the platform wakes us when the first timer is due. */
  private arm(): void {
    const first = this.first();
    if (first === undefined || this.isInTurns || this.life.isOver) return;
    if (first.due >= this.wakeTime) return;
    this.disarm();
    this.wakeTime = first.due;
    const delayMs = first.due - this.clock.now();
    if (delayMs <= 0) this.wakeImmediate = setImmediate(this.wake);
    else this.wakeTimer = setTimeout(this.wake, Math.min(Math.ceil(delayMs), MAX_DELAY_MS));
  }

  private disarm(): void {
    clearTimeout(this.wakeTimer);
    clearImmediate(this.wakeImmediate);
    this.wakeTimer = undefined;
    this.wakeImmediate = undefined;
    this.wakeTime = Number.POSITIVE_INFINITY;
  }

  private readonly wake = (): void => {
    this.wakeTime = Number.POSITIVE_INFINITY;
    if (this.isInTurns) return;
    this.isInTurns = true;
    this.lastOrder = this.madeCount;
    this.turns.begin(this);
  };

  /** The first entry that was not cancelled. */
  private first(): Entry | undefined {
    while (this.heap.length > 0 && this.heap[0]?.callback === undefined) {
      this.pop();
      this.cancelledCount -= 1;
    }
    return this.heap[0];
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Entry)) child += 1;
      const below = heap[child] as Entry;
      if (!isBefore(below, last)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
  }
}

/** A timer that was set. Without a callback it was cancelled or has fired. */
class Entry implements Timer {
  readonly due: number;
  readonly order: number;
  callback: (() => void) | undefined;
  private readonly timers: SystemTimers;

  constructor(timers: SystemTimers, due: number, order: number, callback: () => void) {
    this.timers = timers;
    this.due = due;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    if (this.callback === undefined) return;
    this.callback = undefined;
    this.timers.noteCancelled();
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
