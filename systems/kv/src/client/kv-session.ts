/**
 * A session of reads and writes: each read sees at least what the session has written and read
 * before, whichever member serves it. It costs no round among the members.
 */
import type { AnswerHeader, ReadConsistency } from '../core/consistency.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';
import type { Caller } from './caller.ts';
import { givenInteger } from './given.ts';
import { KvOperations } from './kv-operations.ts';
import { type Consistency, toConsistency } from './operations.ts';

/** A session. It holds nothing at the members, and need not be closed. */
export class KvSession extends KvOperations {
  private seen: Revision;

  /** @param token where to go on: the token of another session, maybe of another process */
  constructor(caller: Caller, token: Revision = NO_REVISION) {
    super(caller);
    this.seen = givenInteger('token', token) as Revision;
  }

  /** The revision that every read of the session sees at least. */
  get token(): Revision {
    return this.seen;
  }

  protected override consistencyOf(given: Consistency | undefined): ReadConsistency {
    return given === undefined ? { type: 'session', token: this.seen } : toConsistency(given);
  }

  protected override note(header: AnswerHeader): void {
    if (header.revision > this.seen) this.seen = header.revision;
  }
}
