/**
 * Sessions in which a change that arrives twice is applied once, with many changes under way.
 *
 *     settled             window
 *     ...7  8  |  9 ok  10 .  11 ok  12 .  ...  settled + WINDOW_MAX
 *
 * A client numbers its changes, and says with each up to where all have ended for it: those never
 * come again, and their answers are forgotten. Whatever else was applied keeps its answer, in any
 * order. A change that is not behind the mark and has no answer was not applied. The table is part
 * of the replicated state: all members, and all snapshots, hold the same. Source: Raft thesis 6.3.
 */
import type { SessionPlace } from './kv-request.ts';

/** What became of a change of a session. */
export type SessionOutcome<Answer> =
  /** It did not come before. */
  | { readonly type: 'new' }
  /** It was applied; this is its answer. */
  | { readonly type: 'applied'; readonly answer: Answer }
  /** Its client was done with it: it is late, and does nothing now. */
  | { readonly type: 'superseded' }
  /** It is further ahead than answers are kept for; it does nothing now. */
  | { readonly type: 'too-far-ahead' }
  /**
   * There is no such session, or it was closed to make room: it does nothing now; whether it was
   * applied before is lost.
   */
  | { readonly type: 'expired' };

/** A session, as snapshots have it. */
export interface SessionRecord<Answer> {
  readonly session: number;
  readonly settled: number;
  /** In the order in which they were applied; all sequences are above `settled`. */
  readonly answers: readonly { readonly sequence: number; readonly answer: Answer }[];
}

/** How large a table may become. */
export interface SessionBounds<Answer> {
  /** The most sessions. */
  readonly countMax: number;
  /** The most bytes of answers, of all sessions. */
  readonly bytesMax: number;
  /** What an answer takes of them. */
  readonly bytesOf: (answer: Answer) => number;
}

const NEW = { type: 'new' } as const;
const SUPERSEDED = { type: 'superseded' } as const;
const TOO_FAR_AHEAD = { type: 'too-far-ahead' } as const;
const EXPIRED = { type: 'expired' } as const;

/** How far ahead of what is settled a change may be. */
export const WINDOW_MAX = 1024;

interface Session<Answer> {
  settled: number;
  readonly answers: Map<number, Answer>;
}

/** The sessions of a store, the least recently used first. */
export class SessionWindows<Answer> {
  private readonly bounds: SessionBounds<Answer>;
  private readonly sessions = new Map<number, Session<Answer>>();
  private sizeBytes = 0;
  /** The one that was used last. */
  private newest = 0;

  /** @param bounds beyond them the session that was used least recently is closed */
  constructor(bounds: SessionBounds<Answer>) {
    this.bounds = bounds;
  }

  /** Opens a session under a number never used before: the index of the entry that opens it. */
  open(session: number): void {
    this.sessions.set(session, { settled: 0, answers: new Map() });
    this.newest = session;
    this.makeRoom();
  }

  /** What became of a change; `new` where it is to be applied, and its answer remembered. */
  look(place: SessionPlace): SessionOutcome<Answer> {
    const { session: number, sequence, settled = sequence - 1 } = place;
    const session = this.sessions.get(number);
    if (session === undefined) return EXPIRED;
    const known = session.answers.get(sequence);
    if (known !== undefined) return { type: 'applied', answer: known };
    if (sequence <= session.settled) return SUPERSEDED;
    this.settle(session, Math.min(settled, sequence - 1));
    this.use(number, session);
    return sequence > session.settled + WINDOW_MAX ? TOO_FAR_AHEAD : NEW;
  }

  /** Remembers the answer of a change that was new, before anything else is looked at. */
  remember({ session: number, sequence }: SessionPlace, answer: Answer): void {
    this.sessions.get(number)?.answers.set(sequence, answer);
    this.sizeBytes += this.bounds.bytesOf(answer);
    this.makeRoom();
  }

  /** All sessions as they are now, the least recently used first. */
  all(): readonly SessionRecord<Answer>[] {
    return [...this.sessions].map(([session, { settled, answers }]) => ({
      session,
      settled,
      answers: [...answers].map(([sequence, answer]) => ({ sequence, answer })),
    }));
  }

  /** Becomes the table that `all` told; the answers of a session may come in several records. */
  restore(records: readonly SessionRecord<Answer>[]): void {
    this.sessions.clear();
    this.newest = 0;
    this.sizeBytes = 0;
    for (const { session, settled, answers } of records) {
      const known = this.sessions.get(session) ?? { settled, answers: new Map<number, Answer>() };
      this.sessions.set(session, known);
      this.newest = session;
      for (const { sequence, answer } of answers) {
        known.answers.set(sequence, answer);
        this.sizeBytes += this.bounds.bytesOf(answer);
      }
    }
  }

  private get isWithin(): boolean {
    const { countMax, bytesMax } = this.bounds;
    return this.sessions.size <= countMax && this.sizeBytes <= bytesMax;
  }

  private use(number: number, session: Session<Answer>): void {
    if (this.newest === number) return;
    this.newest = number;
    this.sessions.delete(number);
    this.sessions.set(number, session);
  }

  private settle(session: Session<Answer>, settled: number): void {
    const { answers } = session;
    // Most clients settle one change with each: what is gone over is what is forgotten.
    for (let each = session.settled + 1; each <= settled && answers.size > 0; each += 1) {
      const answer = answers.get(each);
      if (answer === undefined) continue;
      answers.delete(each);
      this.sizeBytes -= this.bounds.bytesOf(answer);
    }
    session.settled = Math.max(session.settled, settled);
  }

  private makeRoom(): void {
    if (this.isWithin) return;
    for (const [number, { answers }] of this.sessions) {
      if (this.isWithin || this.sessions.size === 1) return;
      for (const answer of answers.values()) this.sizeBytes -= this.bounds.bytesOf(answer);
      this.sessions.delete(number);
    }
  }
}
