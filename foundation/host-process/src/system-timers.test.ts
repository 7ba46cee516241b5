/**
 * Timers and the platform's loop: whoever sleeps for no time lets everything else have its turn.
 */
import { describe, expect, it } from 'vitest';
import { Life } from './life.ts';
import { SystemClock } from './system-clock.ts';
import { SystemTimers } from './system-timers.ts';
import { Turns } from './turns.ts';

describe('system timers', () => {
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
