/**
 * Turns: the node is called back one callback at a time, with all its promise reactions in between.
 *
 * A chunk from a socket holds hundreds of messages and a tick of the clock many timers, but between
 * two callbacks the reactions of the first must have run (H3). Node.js runs its `nextTick` queue
 * and its microtasks in turn: a tick that is asked for from a microtask begins after all microtasks
 * have run. So each turn is a tick, and asks for the next one through a microtask.
 *
 *     tick: one callback -> microtasks: its reactions ..., then "ask for a tick" -> tick: the next
 *
 * Where nobody has turns, a callback of the platform is as good as a tick: all reactions to what
 * was before have run. So the first turn of what came from a socket is made within that callback.
 *
 * After `SLICE_MS` the loop is left to others, so that a flood of messages starves no timer or
 * file.
 */
import type { Life } from './life.ts';

/** Something that has callbacks to make. */
export interface TurnSource {
  /** Makes one callback at most. False when there is nothing left to do for now. */
  turn(): boolean;
}

/** The longest time for which turns keep the loop, in milliseconds. */
const SLICE_MS = 1;

/** Its reactions are microtasks that cost less than those of `queueMicrotask`. */
const NOW = Promise.resolve();

/** The turns of one life. Sources take turns in order; each is asked until it has nothing left. */
export class Turns {
  private readonly life: Life;
  private sources: TurnSource[] = [];
  private isRunning = false;
  private sliceStart = 0;

  constructor(life: Life) {
    this.life = life;
  }

  /** Has `source` asked for its turns, soon and not within this call. */
  schedule(source: TurnSource): void {
    this.sources.push(source);
    if (this.isRunning) return;
    this.isRunning = true;
    this.sliceStart = performance.now();
    void NOW.then(this.hop);
  }

  /**
   * Has `source` asked for its turns, for the first one within this call where nobody else has
   * turns. Only for callbacks of the platform, which no code of the node has led to.
   */
  begin(source: TurnSource): void {
    if (this.isRunning) {
      this.sources.push(source);
      return;
    }
    this.isRunning = true;
    this.sources.push(source);
    this.sliceStart = performance.now();
    this.step();
  }

  /** Has `callback` called in a turn of its own. */
  run(callback: () => void): void {
    this.schedule({
      turn: () => {
        callback();
        return false;
      },
    });
  }

  private readonly hop = (): void => process.nextTick(this.step);

  private readonly step = (): void => {
    const source = this.sources[0];
    if (source === undefined || this.life.isOver) {
      this.sources = [];
      this.isRunning = false;
      return;
    }
    // A source whose own callback throws has told its life; a throw here is a bug of the Host.
    const hasMore = this.attempt(source);
    if (!hasMore) this.sources.shift();
    if (this.sources.length === 0) {
      void NOW.then(this.end);
      return;
    }
    // A look at the clock costs a small part of a turn, and any one turn may have taken long.
    if (performance.now() - this.sliceStart <= SLICE_MS) {
      void NOW.then(this.hop);
      return;
    }
    if (hasMore && this.sources.length > 1) this.sources.push(this.sources.shift() as TurnSource);
    setImmediate(this.resume);
  };

  /**
   * Ends the turns once reactions to the last one run: whatever the platform calls now comes behind
   * all of them. What they have asked for goes on.
   */
  private readonly end = (): void => {
    if (this.sources.length > 0) this.hop();
    else this.isRunning = false;
  };

  private readonly resume = (): void => {
    this.sliceStart = performance.now();
    this.step();
  };

  private attempt(source: TurnSource): boolean {
    try {
      return source.turn();
    } catch (error) {
      this.life.fail(error);
      return false;
    }
  }
}
