/**
 * What can be asked of the store, and what it answers, as data.
 *
 * Keys are 1 byte and more; `undefined` for a value or a lease in a put means that it stays what it
 * is. The names follow etcd's, so that who knows its API knows this.
 */
import type { KeyRange } from './key-range.ts';
import type { KeyValue, LeaseId } from './key-value.ts';
import { NO_REVISION, type Revision } from './revision.ts';

/** Writes one key. */
export interface PutRequest {
  readonly type: 'put';
  readonly key: Uint8Array;
  /** `undefined` keeps the value; the key must exist then. */
  readonly value: Uint8Array | undefined;
  /**
   * `undefined` keeps the lease, and the key must exist then; `NO_LEASE` takes it off its lease.
   */
  readonly lease: LeaseId | undefined;
  /** Whether the answer has what was there before. */
  readonly wantsPrevious: boolean;
}

/** Deletes all keys of a range. */
export interface DeleteRequest {
  readonly type: 'delete';
  readonly range: KeyRange;
  /** Whether the answer has what was there before. */
  readonly wantsPrevious: boolean;
}

/** What a range can be sorted by. */
export type SortTarget = 'key' | 'version' | 'create' | 'mod' | 'value';

/** Reads the keys of a range. */
export interface RangeRequest {
  readonly type: 'range';
  readonly range: KeyRange;
  /** The state that is read; `NO_REVISION` is the current one. */
  readonly revision: Revision;
  /** The most keys in the answer, after filters and sorting; 0 is no limit. */
  readonly limit: number;
  readonly sort: { readonly by: SortTarget; readonly order: 'ascend' | 'descend' } | undefined;
  /** Bounds of the revision of the last change and of creation, inclusive; 0 is no bound. */
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
  /** Whether values are left out of the answer. */
  readonly keysOnly: boolean;
  /** Whether only the count is wanted. */
  readonly countOnly: boolean;
}

/** The request for all keys of `range` as they are now, without sorting, filters or a limit. */
export function readAll(range: KeyRange): RangeRequest {
  return {
    type: 'range',
    range,
    revision: NO_REVISION,
    limit: 0,
    sort: undefined,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    keysOnly: false,
    countOnly: false,
  };
}

/** A condition on all keys of a range, on the state before the transaction. */
export interface Compare {
  readonly range: KeyRange;
  readonly relation: 'equal' | 'not-equal' | 'greater' | 'less';
  readonly operand: CompareOperand;
}

/**
 * What of a key is compared, and with what. A key that is not there counts as 0, and has no value.
 */
export type CompareOperand =
  | { readonly target: 'version' | 'create' | 'mod'; readonly number: number }
  | { readonly target: 'lease'; readonly lease: LeaseId }
  | { readonly target: 'value'; readonly value: Uint8Array };

/** Does `success` where all compares hold, else `failure`; all in one revision. */
export interface TxnRequest {
  readonly type: 'txn';
  readonly compares: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

/** One operation of a transaction, or alone. */
export type Operation = PutRequest | DeleteRequest | RangeRequest | TxnRequest;

/** What an operation answers. */
export type OperationResult = PutResult | DeleteResult | RangeResult | TxnResult;

/** What a put answers. */
export interface PutResult {
  readonly type: 'put';
  /** What was there before, where it was asked for and there was something. */
  readonly previous: KeyValue | undefined;
}

/** What a deletion answers. */
export interface DeleteResult {
  readonly type: 'delete';
  readonly deletedCount: number;
  /** What was there before, where it was asked for; else empty. */
  readonly previous: readonly KeyValue[];
}

/** What a range answers. */
export interface RangeResult {
  readonly type: 'range';
  readonly kvs: readonly KeyValue[];
  /** How many keys there are in the range, whatever the limit and the filters. */
  readonly count: number;
  /** Whether the limit left keys out. */
  readonly hasMore: boolean;
}

/** What a transaction answers: the results of the branch that was taken, in order. */
export interface TxnResult {
  readonly type: 'txn';
  readonly succeeded: boolean;
  readonly results: readonly OperationResult[];
}

/**
 * Why the store refuses something. Nothing has changed then.
 *
 * - `key-not-found`: a put keeps the value or lease of a key that is not there.
 * - `lease-not-found`: the lease is not granted, or ended.
 * - `lease-exists`: a lease of this name is granted already.
 * - `compacted`: the revision is older than what compaction left.
 * - `future-revision`: the revision is not reached yet.
 * - `duplicate-key`: a transaction would change a key twice.
 * - `too-many-operations`: a transaction has more operations than the bound.
 * - `empty-key`: a key of no bytes.
 */
export type Refusal =
  | 'key-not-found'
  | 'lease-not-found'
  | 'lease-exists'
  | 'compacted'
  | 'future-revision'
  | 'duplicate-key'
  | 'too-many-operations'
  | 'empty-key';

/**
 * An answer of the store: the result, or why not; and the revision of the store behind it. What is
 * `untold` was done, and its result is larger than `RESULT_BYTES_MAX`.
 */
export type Answer<Result> =
  | { readonly type: 'done'; readonly revision: Revision; readonly result: Result }
  | { readonly type: 'untold'; readonly revision: Revision }
  | { readonly type: 'refused'; readonly revision: Revision; readonly refusal: Refusal };

/**
 * The most operations of a transaction, its compares too, over each nested path. etcd's default.
 */
export const TXN_OPERATIONS_MAX = 128;

/**
 * The most operations and compares of a transaction, of all its branches and of those within it: it
 * is checked, and its branches are chosen, without a pause.
 */
export const TXN_TOTAL_MAX = 1_024;

/**
 * The most bytes that one change finds for its result: every member that applies it holds them all.
 */
export const RESULT_BYTES_MAX = 67_108_864;

/** How many transactions may be within one another, the outermost one included. */
export const TXN_DEPTH_MAX = 16;
