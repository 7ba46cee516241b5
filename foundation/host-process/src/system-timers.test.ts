/**
 * Shows that timers fire as a sorted list would have them, for any set of delays and cancellations,
 * that cancelled ones are not kept, and that whoever sleeps for no time lets everything else have
 * its turn.
 */
import type { Clock, Instant, WallTime } from '@mangrove/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Life } from './life.ts';
import { SystemClock } from './system-clock.ts';
import { SystemTimers } from './system-timers.ts';
import { Turns } from './turns.ts';

/** A clock that is moved by hand. */
class ManualClock implements Clock {
  readonly maxDriftPpm = 0;
  time = 0;

  now(): Instant {
    return this.time as Instant;
  }

  wall(): WallTime {
    return this.time as WallTime;
  }
}

/** What timers ought to do, told by a list. */
class SortedTimers {
  readonly fired: number[] = [];
  private waiting: { readonly name: number; readonly due: number }[] = [];

  set(name: number, due: number): void {
    this.waiting.push({ name, due });
  }

  cancel(name: number): void {
    this.waiting = this.waiting.filter((timer) => timer.name !== name);
  }

  fire(now: number): void {
    // `sort` keeps the order of those that are due at once.
    const due = this.waiting.filter((timer) => timer.due <= now).sort((a, b) => a.due - b.due);
    this.fired.push(...due.map(({ name }) => name));
    this.waiting = this.waiting.filter((timer) => timer.due > now);
  }
}

/** Has the timers that are due fire now, as the platform's timer would a while later. */
function wake(timers: SystemTimers): void {
  (timers as unknown as { readonly wake: () => void }).wake();
  while (timers.turn());
}

function open(): { clock: ManualClock; timers: SystemTimers; life: Life } {
  const clock = new ManualClock();
  const life = new Life();
  return { clock, life, timers: new SystemTimers(life, clock, new Turns(life)) };
}

describe('timers', () => {
  it('T1 T2 T3: fire as a sorted list has them', () => {
    const command = fc.oneof(
      fc.record({ do: fc.constant('set' as const), delayMs: fc.integer({ min: 0, max: 30 }) }),
      fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const { clock, timers, life } = open();
        const fired: number[] = [];
        const cancels: (() => void)[] = [];
        const twin = new SortedTimers();
        for (const each of commands) {
          if (each.do === 'set') {
            const name = cancels.length;
            const timer = timers.after(each.delayMs, () => fired.push(name));
            cancels.push(() => timer.cancel());
            twin.set(name, clock.time + each.delayMs);
          } else if (each.do === 'cancel') {
            const name = each.which % Math.max(1, cancels.length);
            cancels[name]?.();
            twin.cancel(name);
          } else {
            clock.time += each.ms;
            wake(timers);
            twin.fire(clock.time);
          }
          expect(fired).toEqual(twin.fired);
        }
        life.finish({ type: 'closed' });
      }),
      { numRuns: 300 },
    );
  });

  it('keep no crowd of cancelled ones', () => {
    const { timers, life } = open();
    const kept = timers.after(1_000_000, () => {});
    for (let index = 0; index < 100_000; index++) timers.after(1_000_000, () => {}).cancel();
    expect(timers.size).toBeLessThan(2500);
    kept.cancel();
    life.finish({ type: 'closed' });
    expect(timers.size).toBe(0);
  });

  it('let the loop turn at each sleep of no time', async () => {
    const life = new Life();
    const timers = new SystemTimers(life, new SystemClock(), new Turns(life));
    let turnCount = 0;
    const turn = () => {
      turnCount += 1;
      if (!life.isOver) setImmediate(turn);
    };
    setImmediate(turn);
    for (let nth = 0; nth < 20; nth++) await timers.sleep(0);
    life.finish({ type: 'closed' });
    await life.ended;
    expect(turnCount).toBeGreaterThanOrEqual(19);
  });

  it('fire in order, those set by a callback among them', async () => {
    const life = new Life();
    const timers = new SystemTimers(life, new SystemClock(), new Turns(life));
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      timers.after(1, () => {
        order.push('a');
        timers.after(0, () => order.push('d'));
        timers.after(2, () => {
          order.push('e');
          resolve();
        });
      });
      timers.after(1, () => order.push('b'));
      timers.after(1, () => order.push('c'));
    });
    life.finish({ type: 'closed' });
    await life.ended;
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
