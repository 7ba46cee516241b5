/**
 * Places for changes in an exactly-once session: a change that is sent again is applied once.
 *
 *     none --begins--> opening --opened--> open --lose--> none
 *
 * Many changes are under way in one session. Each says up to where all have ended, so that members
 * forget their answers. Beyond the window changes wait for a place, in order.
 */
import type { SessionPlace } from '../core/kv-request.ts';

/** A place in the open session. */
export type ChangePlace = Required<SessionPlace>;

/** The session of one client. */
export class ChangeSession {
  private readonly windowMax: number;
  private session: number | undefined;
  private isOpening = false;
  // All up to `settled` have ended, and those in `ended`, which are above it.
  private settled = 0;
  private readonly ended = new Set<number>();
  private last = 0;
  private readonly waiting = new Set<() => void>();

  /** @param windowMax how many changes may be under way, counted from the oldest one */
  constructor(windowMax: number) {
    this.windowMax = windowMax;
  }

  /** A place for one change, where there is one. */
  next(): ChangePlace | undefined {
    const { session, settled } = this;
    if (session === undefined || this.last - settled >= this.windowMax) return undefined;
    this.last += 1;
    return { session, sequence: this.last, settled };
  }

  /** Whether the caller is to open a session, which nobody does yet: `opened` or `lose` follows. */
  begins(): boolean {
    if (this.session !== undefined || this.isOpening) return false;
    this.isOpening = true;
    return true;
  }

  /** Has `wake` called once when there may be a place; returns how to take that back. */
  wait(wake: () => void): () => void {
    this.waiting.add(wake);
    return () => this.waiting.delete(wake);
  }

  /** A session was opened. */
  opened(session: number): void {
    this.isOpening = false;
    this.session = session;
    this.settled = 0;
    this.last = 0;
    this.ended.clear();
    this.wakeAll();
  }

  /** The change at `place` was answered, or given up: it never comes again. */
  release({ session, sequence }: ChangePlace): void {
    if (session !== this.session) return;
    this.ended.add(sequence);
    while (this.ended.delete(this.settled + 1)) this.settled += 1;
    this.wakeAll();
  }

  /** No session could be opened; or that of `place` has expired. */
  lose(place?: ChangePlace): void {
    if (place === undefined) this.isOpening = false;
    else if (place.session === this.session) this.session = undefined;
    this.wakeAll();
  }

  // As many as there are places for, in order; who finds none waits again.
  private wakeAll(): void {
    let room = this.session === undefined ? 1 : this.windowMax - (this.last - this.settled);
    for (const wake of this.waiting) {
      if (room <= 0) return;
      room -= 1;
      this.waiting.delete(wake);
      wake();
    }
  }
}
