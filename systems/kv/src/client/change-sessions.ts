/**
 * Places for changes in exactly-once sessions: a change that is sent again is applied once.
 *
 * A session has one change under way at a time, so there are several, opened as they are needed.
 * Beyond the bound changes wait for a place, in order.
 */
import type { SessionPlace } from '../core/kv-request.ts';

/** A session, as its client counts in it. */
interface OpenSession {
  readonly session: number;
  sequence: number;
}

/** The sessions of one client. */
export class ChangeSessions {
  private readonly sessionsMax: number;
  private readonly idle: OpenSession[] = [];
  private readonly waiting: (() => void)[] = [];
  private count = 0;

  constructor(sessionsMax: number) {
    this.sessionsMax = sessionsMax;
  }

  /**
   * Takes a place for one change; `undefined` where a session has to be opened first, which counts
   * already: `opened` or `lose` must follow.
   */
  take(): SessionPlace | undefined | 'wait' {
    const session = this.idle.pop();
    if (session !== undefined) {
      session.sequence += 1;
      return { session: session.session, sequence: session.sequence };
    }
    if (this.count >= this.sessionsMax) return 'wait';
    this.count += 1;
    return undefined;
  }

  /** Has `wake` called when there may be a place; returns how to take that back. */
  wait(wake: () => void): () => void {
    this.waiting.push(wake);
    return () => {
      const place = this.waiting.indexOf(wake);
      if (place >= 0) this.waiting.splice(place, 1);
    };
  }

  /** A session was opened: the first place in it. */
  opened(session: number): SessionPlace {
    return { session, sequence: 1 };
  }

  /** The change at `place` was answered, or given up: the next may have the session. */
  release({ session, sequence }: SessionPlace): void {
    this.idle.push({ session, sequence });
    this.waiting.shift()?.();
  }

  /** A session could not be opened, or has expired. */
  lose(): void {
    this.count -= 1;
    this.waiting.shift()?.();
  }
}
