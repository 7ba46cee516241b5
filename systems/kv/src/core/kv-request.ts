/**
 * What a member is asked, and what it answers, as data: the contract between clients, protocol
 * faces and the node. Watchers have their own: `WatchRequest` and `WatchMessage`.
 */
import type { NodeId } from '@mangrove/host';
import type { MemberChange, StoreId } from '@mangrove/raft';
import type { AnswerHeader, ReadConsistency } from './consistency.ts';
import type { LeaseId } from './key-value.ts';
import type { KvErrorCode } from './kv-error-code.ts';
import type { Operation, OperationResult } from './request.ts';
import type { Revision } from './revision.ts';

/** What a member is asked. */
export type KvRequest =
  /** Reads or changes keys. Only what reads and nothing else looks at `consistency`. */
  | {
      readonly type: 'operation';
      readonly operation: Operation;
      readonly consistency: ReadConsistency;
      readonly place: SessionPlace | undefined;
    }
  /** Opens a session for changes that are applied exactly once. */
  | { readonly type: 'open-session' }
  /** Gives up what is older than `revision`. */
  | { readonly type: 'compact'; readonly revision: Revision }
  /** Waits until the member has compacted at `revision` and given back the memory. */
  | { readonly type: 'await-sweep'; readonly revision: Revision }
  /** `NO_LEASE` has the member pick an id. */
  | {
      readonly type: 'grant-lease';
      readonly lease: LeaseId;
      readonly ttlMs: number;
      readonly place: SessionPlace | undefined;
    }
  | {
      readonly type: 'revoke-lease';
      readonly lease: LeaseId;
      readonly place: SessionPlace | undefined;
    }
  /** Lets a lease live for its whole time again; the leader answers. */
  | { readonly type: 'keep-lease-alive'; readonly lease: LeaseId }
  | { readonly type: 'lease-time-to-live'; readonly lease: LeaseId; readonly wantsKeys: boolean }
  | { readonly type: 'list-leases' }
  /** The hash of what can be read at `revision`; `NO_REVISION` is the present. */
  | { readonly type: 'hash'; readonly revision: Revision }
  | { readonly type: 'status' }
  | { readonly type: 'list-members' }
  | { readonly type: 'change-members'; readonly changes: readonly MemberChange[] }
  | { readonly type: 'transfer-leadership'; readonly target: NodeId }
  | { readonly type: 'list-alarms' }
  | { readonly type: 'disarm-alarm'; readonly alarm: Alarm };

/** The place of a change in a session: repeated with the same place, it is applied once. */
export interface SessionPlace {
  readonly session: number;
  /** From 1, one more for each change. */
  readonly sequence: number;
  /**
   * Up to where all changes of the session have ended for its client and never come again; at most
   * `WINDOW_MAX` before `sequence`. Default: all before this one, so that one is under way at once.
   */
  readonly settled?: number;
}

/** What a member answers. */
export type KvReply =
  | { readonly type: 'done'; readonly header: AnswerHeader; readonly result: KvResult }
  | {
      readonly type: 'failed';
      readonly code: KvErrorCode;
      /** Whether what was asked for did not happen and never will. */
      readonly isDefinite: boolean;
      /** What there is to say beyond the code's own sentence; empty where nothing is. */
      readonly detail: string;
      /** Who leads, as far as the member knows. */
      readonly leader: NodeId | undefined;
      /** The oldest revision that can be read, where the code is `compacted`. */
      readonly compactRevision: Revision;
    };

/** The result of a request, of the type that its request asks for. */
export type KvResult =
  | OperationResult
  | { readonly type: 'session'; readonly session: number }
  /** A change that has no more to say than that it is done. */
  | { readonly type: 'applied' }
  | { readonly type: 'lease'; readonly lease: LeaseId; readonly ttlMs: number }
  | {
      readonly type: 'lease-time';
      readonly lease: LeaseId;
      readonly grantedMs: number;
      readonly remainingMs: number;
      readonly keys: readonly Uint8Array[];
    }
  | { readonly type: 'leases'; readonly leases: readonly LeaseId[] }
  | {
      readonly type: 'hash';
      readonly hash: number;
      readonly revision: Revision;
      readonly compactRevision: Revision;
    }
  | { readonly type: 'status'; readonly status: KvStatus }
  | { readonly type: 'members'; readonly members: readonly KvMember[] }
  | { readonly type: 'alarms'; readonly alarms: readonly RaisedAlarm[] };

/** How a member stands. */
export interface KvStatus {
  readonly member: NodeId;
  readonly version: string;
  readonly role: 'leader' | 'candidate' | 'pre-candidate' | 'follower' | 'learner';
  readonly leader: NodeId | undefined;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly revision: Revision;
  readonly compactRevision: Revision;
  readonly keyCount: number;
  readonly leaseCount: number;
  readonly watcherCount: number;
  readonly sizeBytes: number;
  readonly quotaBytes: number;
  readonly alarms: readonly RaisedAlarm[];
}

/** A member of the cluster. */
export interface KvMember {
  readonly node: NodeId;
  readonly role: 'voter' | 'learner';
  /** Where its peers reach it and its clients; empty where the asked member does not know. */
  readonly peerAddress: string;
  readonly clientAddress: string;
  /** On which store it keeps what it promises; `undefined` before it was seen. */
  readonly store: StoreId | undefined;
}

/**
 * What is wrong with a cluster until it is mended and disarmed.
 *
 * - `no-space`: a member is at its quota; only deletions, compaction and reads are served.
 * - `corrupt`: members hold different states at the same place of the log; writes are refused.
 */
export type Alarm = 'no-space' | 'corrupt';

/** An alarm and the member that raised it. */
export interface RaisedAlarm {
  readonly alarm: Alarm;
  readonly member: NodeId;
}
