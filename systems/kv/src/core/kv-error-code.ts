/**
 * Why a request fails: a closed list, with what each means and what to do.
 */
import type { Refusal } from './request.ts';

/** Why a request failed. */
export type KvErrorCode =
  | Refusal
  /** No member leads, or the asked one does not know who does. */
  | 'no-leader'
  | 'leadership-lost'
  | 'too-many-requests'
  | 'request-too-large'
  | 'no-space'
  | 'corrupt'
  /** A bounded read asks for what the member cannot promise. */
  | 'too-stale'
  | 'session-expired'
  /** A later change of the session was applied already: this one came late. */
  | 'superseded'
  /** A change was applied, and its result was not kept. */
  | 'result-lost'
  /** The answer would be larger than the bound. */
  | 'answer-too-large'
  | 'bad-request'
  | 'bad-member-change'
  | 'timeout'
  | 'unavailable'
  | 'aborted'
  | 'closed';

/** What each code means, and what to do, in a sentence. */
export const KV_ERRORS: Readonly<Record<KvErrorCode, string>> = {
  'key-not-found': 'the put keeps the value or lease of a key that is not there: give both',
  'lease-not-found': 'the lease is not granted, or has ended: grant a new one',
  'lease-exists': 'a lease of this id is granted already: use it, or pick another id',
  compacted: 'the revision was compacted: read a newer one, from the compaction on',
  'future-revision': 'the revision is not reached yet: read the present, or wait',
  'duplicate-key': 'the transaction would change a key twice: split it',
  'too-many-operations': 'the transaction has more operations than the bound: split it',
  'empty-key': 'a key has one byte or more',
  'no-leader': 'no member leads at present: ask again in a moment',
  'leadership-lost':
    'leadership was lost before the outcome was known: read, or repeat within a session',
  'too-many-requests': 'too much is under way: ask again later, and slower',
  'request-too-large': 'the request is larger than the bound: split it',
  'no-space': 'the store is at its quota: delete, compact, then disarm the alarm',
  corrupt: 'members hold different states: replace the one that differs, then disarm the alarm',
  'too-stale': 'the member cannot promise to be that current: ask another, or allow more',
  'session-expired':
    'the session was closed for want of use: an earlier attempt may have happened; open a new one',
  superseded: 'a later change of the session came first: whether this one happened is not known',
  'result-lost': 'it was applied, and its result was not kept: read',
  'answer-too-large': 'the answer is larger than the bound: set a limit, go on behind the last key',
  'bad-request': 'the request is malformed: see the detail',
  'bad-member-change': 'the change contradicts the members there are: see the detail',
  timeout: 'the answer did not come in time',
  unavailable: 'no member can be reached: look at the endpoints',
  aborted: 'the caller gave it up',
  closed: 'the member or client was closed',
};
