/**
 * The queue of things to come: a heap ordered by time, and by order of scheduling within a time.
 */

/** Something that will happen. */
export interface QueuedEvent {
  /** When, in microseconds of virtual time. */
  atUs: number;
  /** Set to skip it: taking it out of the middle of a heap would cost more. */
  isCancelled: boolean;
}

const ARITY = 4;

/** A 4-ary heap of events. The keys lie in typed arrays, so that comparing touches no object. */
export class EventQueue<Event extends QueuedEvent> {
  private times = new Float64Array(1024);
  private orders = new Float64Array(1024);
  private readonly events: (Event | undefined)[] = [];
  private nextOrder = 0;
  private cancelledCount = 0;

  /** How many events wait, the cancelled ones included. */
  get size(): number {
    return this.events.length;
  }

  /** Adds an event; it comes after all that were added before it for the same time. */
  push(event: Event): void {
    let index = this.events.length;
    if (index === this.times.length) this.grow();
    this.events.push(event);
    const time = event.atUs;
    const order = this.nextOrder++;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (this.isBefore(parent, time, order)) break;
      this.move(parent, index);
      index = parent;
    }
    this.place(index, time, order, event);
  }

  /** The time of the first event, cancelled or not; infinite where none waits. */
  nextUs(): number {
    return this.events.length === 0 ? Number.POSITIVE_INFINITY : (this.times[0] as number);
  }

  /** Takes the first event that is not cancelled. */
  pop(): Event | undefined {
    for (;;) {
      const first = this.events[0];
      if (first === undefined) return undefined;
      this.removeFirst();
      if (!first.isCancelled) return first;
      this.cancelledCount -= 1;
    }
  }

  /** Cancels an event that waits. Once half of a large queue is cancelled, it is swept. */
  cancel(event: Event): void {
    if (event.isCancelled) return;
    event.isCancelled = true;
    this.cancelledCount += 1;
    if (this.cancelledCount > 1024 && this.cancelledCount * 2 > this.events.length) this.sweep();
  }

  private sweep(): void {
    const kept = this.events
      .map((event, index) => ({ event, order: this.orders[index] as number }))
      .filter(({ event }) => event !== undefined && !event.isCancelled)
      .sort((a, b) => (a.event?.atUs ?? 0) - (b.event?.atUs ?? 0) || a.order - b.order);
    this.events.length = 0;
    this.cancelledCount = 0;
    for (const { event, order } of kept) {
      const index = this.events.length;
      this.events.push(event);
      this.times[index] = event?.atUs ?? 0;
      this.orders[index] = order;
    }
  }

  private removeFirst(): void {
    const last = this.events.length - 1;
    const event = this.events[last];
    const time = this.times[last] as number;
    const order = this.orders[last] as number;
    this.events.length = last;
    if (last === 0) return;
    let index = 0;
    for (;;) {
      const child = this.firstChild(index, last);
      if (child === undefined || !this.isBefore(child, time, order)) break;
      this.move(child, index);
      index = child;
    }
    this.place(index, time, order, event);
  }

  /** The child of `index` that comes first, among the first `count` places. */
  private firstChild(index: number, count: number): number | undefined {
    let best = index * ARITY + 1;
    if (best >= count) return undefined;
    const end = Math.min(best + ARITY, count);
    for (let child = best + 1; child < end; child++) {
      if (this.isBefore(child, this.times[best] as number, this.orders[best] as number)) {
        best = child;
      }
    }
    return best;
  }

  private isBefore(index: number, time: number, order: number): boolean {
    const own = this.times[index] as number;
    return own < time || (own === time && (this.orders[index] as number) < order);
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from] as number;
    this.orders[to] = this.orders[from] as number;
    this.events[to] = this.events[from];
  }

  private place(index: number, time: number, order: number, event: Event | undefined): void {
    this.times[index] = time;
    this.orders[index] = order;
    this.events[index] = event;
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    const orders = new Float64Array(this.times.length * 2);
    times.set(this.times);
    orders.set(this.orders);
    this.times = times;
    this.orders = orders;
  }
}
