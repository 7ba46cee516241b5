/**
 * Shows that the queue gives events in order of time, then of scheduling, beside a sorted list.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue, type QueuedEvent } from './event-queue.ts';

interface Named extends QueuedEvent {
  readonly name: number;
}

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('push' as const), at: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), which: fc.nat() }) },
);

describe('the event queue', () => {
  it('does what a list sorted by time and order does', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const queue = new EventQueue<Named>();
        const twin: Named[] = [];
        for (const [name, each] of actions.entries()) play(queue, twin, each, name);
      }),
      { numRuns: 300 },
    );
  });

  it('sweeps cancelled events out, so that they do not pile up', () => {
    const queue = new EventQueue<Named>();
    queue.push({ atUs: 1e9, isCancelled: false, name: -1 });
    for (let name = 0; name < 100_000; name++) {
      const event = { atUs: name, isCancelled: false, name };
      queue.push(event);
      queue.cancel(event);
    }
    expect(queue.size).toBeLessThan(4096);
    expect(queue.pop()?.name).toBe(-1);
    expect(queue.pop()).toBeUndefined();
  });
});

/** Does one thing to both. */
function play(
  queue: EventQueue<Named>,
  twin: Named[],
  each: { readonly type: string; readonly at?: number; readonly which?: number },
  name: number,
): void {
  if (each.type === 'push') {
    const event = { atUs: each.at ?? 0, isCancelled: false, name };
    queue.push(event);
    twin.push(event);
  } else if (each.type === 'cancel') {
    const event = twin[(each.which ?? 0) % Math.max(1, twin.length)];
    if (event !== undefined) queue.cancel(event);
  } else {
    const live = twin.filter((event) => !event.isCancelled);
    const first = live.sort((a, b) => a.atUs - b.atUs || a.name - b.name)[0];
    expect(queue.pop()?.name).toBe(first?.name);
    if (first !== undefined) twin.splice(twin.indexOf(first), 1);
  }
}
