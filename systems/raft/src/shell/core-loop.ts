/**
 * The loop around the core: events go in one after the other, effects are performed in their order.
 *
 *     dispatch -> events -> step(state, event) -> effects -> perform
 *                    ^                                          |
 *                    +------------- what it brings about -------+
 */
import type { Host, Instant, Random, Timer } from '@mangrove/host';
import type { Effect } from '../core/effect.ts';
import type { RaftEvent } from '../core/event.ts';
import type { RaftState } from '../core/state.ts';
import { nextTimerAt, step } from '../core/step.ts';

/** An event that the loop stamps with the time: it is the loop's from then on. */
export type TimelessEvent = Timeless<RaftEvent>;

type Timeless<Event> = Event extends RaftEvent ? Omit<Event, 'now'> : never;

/** Who performs what the core wants done. */
export interface Performer {
  /** Performs one effect; may dispatch events, which are taken in after this step's effects. */
  perform(effect: Effect): void;
  /** All that was dispatched is taken in. */
  settled(): void;
  /** The core's timer fired so long after its time, in milliseconds. */
  timerFired(lateMs: number): void;
  /** The state is one that cannot be, and nothing is taken in any more. */
  broken(cause: unknown): void;
}

/** The loop of one node. */
export class CoreLoop {
  private readonly host: Host;
  private readonly state: RaftState;
  private readonly performer: Performer;
  private readonly electionRandom: Random;
  private readonly events: TimelessEvent[] = [];
  private isStepping = false;
  private isStopped = false;
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;

  /** @param electionRandom where the waits before elections come from */
  constructor(host: Host, state: RaftState, electionRandom: Random, performer: Performer) {
    this.host = host;
    this.state = state;
    this.electionRandom = electionRandom;
    this.performer = performer;
  }

  /** Sets the timer that the core wants; call it once, when everything is in place. */
  start(): void {
    this.setTimer();
  }

  /** Takes nothing in any more. */
  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /**
   * Takes an event in: at once, or behind those that are being taken in. It throws nothing: what is
   * broken concerns the node, not whoever's call brought it to light.
   */
  dispatch(event: TimelessEvent): void {
    if (this.isStopped) return;
    this.events.push(event);
    if (this.isStepping) return;
    try {
      this.takeIn();
    } catch (cause) {
      this.stop();
      this.performer.broken(cause);
    }
  }

  private takeIn(): void {
    this.isStepping = true;
    for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
      const effects = step(this.state, stamped(next, this.host.clock.now()));
      for (const effect of effects) this.performer.perform(effect);
    }
    this.isStepping = false;
    this.setTimer();
    this.performer.settled();
  }

  /**
   * Sees to it that the timer fires no later than the core wants it to. One that fires too early
   * stays: what is wanted moves on with every message, and to set it anew each time costs more than
   * to look again when it fires.
   */
  private setTimer(): void {
    const at = nextTimerAt(this.state);
    if (at >= this.timerAt || this.isStopped) return;
    this.timer?.cancel();
    this.timerAt = at;
    // An idle group has none.
    if (at === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, at - this.host.clock.now());
    this.timer = this.host.timers.after(delayMs, () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      const now = this.host.clock.now();
      if (now < nextTimerAt(this.state)) {
        this.setTimer();
        return;
      }
      this.performer.timerFired(Math.max(0, now - at));
      this.dispatch({ type: 'timer', random: this.electionRandom.uint32() });
    });
  }
}

/** Stamps an event in place: a copy of each, of so many shapes, would cost more than its step. */
function stamped(event: TimelessEvent, now: Instant): RaftEvent {
  (event as { now?: Instant }).now = now;
  return event as RaftEvent;
}
