/**
 * The Host's timers in virtual time: due by the machine's own clock, which may run fast or slow.
 */
import { InvalidArgument, MAX_DELAY_MS, type Timer, type Timers } from '@mangrove/host';
import type { SimulationEvent } from './engine.ts';
import type { Life } from './life.ts';
import { never, type World } from './world.ts';

/**
 * Added to every due time, in microseconds: clocks are read in nanoseconds, and a sum of floats may
 * lie a little above the instant that it stands for.
 */
const MARGIN_US = 0.002;

/** The timers of one life. */
export class SimulatedTimers implements Timers {
  private readonly world: World;
  private readonly life: Life;
  private readonly waiting = new Set<SimulatedTimer>();

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  after(delayMs: number, callback: () => void): Timer {
    if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
      throw new InvalidArgument('delayMs', delayMs, `0 to ${MAX_DELAY_MS}`);
    }
    const { engine } = this.world;
    const { machine } = this.life;
    const localUs = machine.clock.localUs(engine.nowUs);
    const dueUs = Math.floor((localUs + delayMs * 1000 + MARGIN_US) * 1000) / 1000;
    const timer = new SimulatedTimer(this, dueUs, callback);
    if (!this.life.isAlive) return timer;
    engine.note('set-timer', machine, delayMs * 1000, () => `in ${delayMs} ms`);
    this.waiting.add(timer);
    this.schedule(timer);
    return timer;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const stop = () => {
        timer.cancel();
        if (this.life.isAlive) reject(signal?.reason);
      };
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
      if (!this.life.isAlive) resolve(never());
    });
  }

  /** Finds new virtual times for all that waits, after the rate of the clock changed. */
  reschedule(): void {
    for (const timer of this.waiting) {
      if (timer.event !== undefined) this.world.engine.cancel(timer.event);
      this.schedule(timer);
    }
  }

  /** For `SimulatedTimer`: takes a timer off. */
  drop(timer: SimulatedTimer): void {
    if (!this.waiting.delete(timer) || timer.event === undefined) return;
    this.world.engine.cancel(timer.event);
  }

  private schedule(timer: SimulatedTimer): void {
    const { engine, recorder } = this.world;
    const { machine } = this.life;
    const atUs = machine.clock.virtualUs(timer.dueUs);
    timer.event = engine.schedule('timer', atUs, machine, this.life, () => {
      if (!this.waiting.delete(timer)) return;
      if (recorder.isOn) {
        engine.cause = recorder.add(engine.nowUs, machine.id, engine.cause, { type: 'timer' });
      }
      timer.callback();
    });
  }
}

/** A timer of one life. */
class SimulatedTimer implements Timer {
  /** When it is due by the machine's monotonic clock, in microseconds. */
  readonly dueUs: number;
  readonly callback: () => void;
  event: SimulationEvent | undefined;
  private readonly timers: SimulatedTimers;

  constructor(timers: SimulatedTimers, dueUs: number, callback: () => void) {
    this.timers = timers;
    this.dueUs = dueUs;
    this.callback = callback;
  }

  cancel(): void {
    this.timers.drop(this);
  }
}
