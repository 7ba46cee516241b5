/**
 * Operations and their results as bytes: what commands of the log and the native protocol share.
 *
 *     range  => 0 key:bytes | 1 from:bytes to:bytes | 2 from:bytes     (one key, up to, to the end)
 *     put    => key value? lease? wantsPrevious
 *     txn    => compare* success:operation* failure:operation*
 *
 * Every length is bounded, and so is how deep transactions are nested. Whatever is read shares the
 * memory of its message, and is copied by whoever keeps it.
 */
import {
  array,
  bigUvarint,
  boolean,
  branded,
  bytes,
  fixed,
  oneOf,
  optional,
  type Reader,
  recursive,
  type Schema,
  struct,
  union,
  uvarint,
  WireError,
  type Writer,
} from '@mangrove/wire';
import { isSingle, type KeyRange, singleKey } from '../core/key-range.ts';
import type { KeyValue, LeaseId } from '../core/key-value.ts';
import type { KvErrorCode } from '../core/kv-error-code.ts';
import {
  type Compare,
  type CompareOperand,
  type Operation,
  type OperationResult,
  type SortTarget,
  TXN_DEPTH_MAX,
  TXN_OPERATIONS_MAX,
  TXN_TOTAL_MAX,
} from '../core/request.ts';
import type { Revision } from '../core/revision.ts';
import { BLOCK_BYTES_MAX } from '../core/slabs.ts';

/** The most keys of one answer that can be read. */
const KEYS_MAX = 16_777_216;

/** A key or a value, of up to what the store can hold. */
export const blob: Schema<Uint8Array> = bytes({ max: BLOCK_BYTES_MAX });

/** A revision. */
export const revision: Schema<Revision> = branded<Revision>(uvarint);

/** The id of a lease. */
export const leaseId: Schema<LeaseId> = branded<LeaseId>(bigUvarint);

const key = blob.compile({ version: 1, isFlexible: false });

/** A range of keys: that of one key takes only that key. */
export const keyRange: Schema<KeyRange> = fixed<KeyRange>({
  minBytes: 2,
  write: (writer: Writer, range: KeyRange) => {
    if (isSingle(range)) {
      writer.uint8(0);
      key.write(writer, range.from);
    } else {
      writer.uint8(range.to === undefined ? 2 : 1);
      key.write(writer, range.from);
      if (range.to !== undefined) key.write(writer, range.to);
    }
  },
  read: (reader: Reader) => {
    const kind = reader.uint8();
    const from = key.read(reader);
    if (kind === 0) return singleKey(from);
    if (kind === 1) return { from, to: key.read(reader) };
    if (kind === 2) return { from, to: undefined };
    throw new WireError('unknown-member', `no range of kind ${kind}`);
  },
});

const sortTarget = oneOf<SortTarget>({ key: 0, version: 1, create: 2, mod: 3, value: 4 });

const operand: Schema<CompareOperand> = union('target', {
  version: { number: 1, schema: struct({ number: uvarint }) },
  create: { number: 2, schema: struct({ number: uvarint }) },
  mod: { number: 3, schema: struct({ number: uvarint }) },
  lease: { number: 4, schema: struct({ lease: leaseId }) },
  value: { number: 5, schema: struct({ value: blob }) },
});

const compare: Schema<Compare> = struct({
  range: keyRange,
  relation: oneOf<Compare['relation']>({ equal: 0, 'not-equal': 1, greater: 2, less: 3 }),
  operand,
});

/**
 * How many operations and compares of a transaction are read. What has fewer is refused as a
 * request with too many; what has more is no message of ours, and takes no more time to find out.
 */
const READ_COUNT_MAX = 16 * TXN_TOTAL_MAX;

/** An operation; transactions are nested up to `TXN_DEPTH_MAX`. */
export const operation: Schema<Operation> = recursive<Operation>(
  (self, counted) =>
    union('type', {
      put: {
        number: 1,
        schema: struct({
          key: blob,
          value: optional(blob),
          lease: optional(leaseId),
          wantsPrevious: boolean,
        }),
      },
      delete: { number: 2, schema: struct({ range: keyRange, wantsPrevious: boolean }) },
      range: {
        number: 3,
        schema: struct({
          range: keyRange,
          revision,
          limit: uvarint,
          sort: optional(
            struct({
              by: sortTarget,
              order: oneOf<'ascend' | 'descend'>({ ascend: 0, descend: 1 }),
            }),
          ),
          minModRevision: uvarint,
          maxModRevision: uvarint,
          minCreateRevision: uvarint,
          maxCreateRevision: uvarint,
          keysOnly: boolean,
          countOnly: boolean,
        }),
      },
      txn: {
        number: 4,
        schema: struct({
          compares: array(counted(compare), { max: TXN_OPERATIONS_MAX }),
          success: array(self, { max: TXN_OPERATIONS_MAX }),
          failure: array(self, { max: TXN_OPERATIONS_MAX }),
        }),
      },
    }),
  // The innermost transaction has operations too.
  { maxDepth: TXN_DEPTH_MAX + 1, maxCount: READ_COUNT_MAX },
);

/** A key with its value. */
export const keyValue: Schema<KeyValue> = struct({
  key: blob,
  value: blob,
  createRevision: revision,
  modRevision: revision,
  version: uvarint,
  lease: leaseId,
});

/** The result of an operation. */
export const operationResult: Schema<OperationResult> = recursive<OperationResult>(
  (self) =>
    union('type', {
      put: { number: 1, schema: struct({ previous: optional(keyValue) }) },
      delete: {
        number: 2,
        schema: struct({ deletedCount: uvarint, previous: array(keyValue, { max: KEYS_MAX }) }),
      },
      range: {
        number: 3,
        schema: struct({
          kvs: array(keyValue, { max: KEYS_MAX }),
          count: uvarint,
          hasMore: boolean,
        }),
      },
      txn: {
        number: 4,
        schema: struct({
          succeeded: boolean,
          results: array(self, { max: TXN_OPERATIONS_MAX }),
        }),
      },
    }),
  { maxDepth: TXN_DEPTH_MAX + 1 },
);

/** Why a request failed. A number is never used again. */
export const errorCode: Schema<KvErrorCode> = oneOf<KvErrorCode>({
  'key-not-found': 1,
  'lease-not-found': 2,
  'lease-exists': 3,
  compacted: 4,
  'future-revision': 5,
  'duplicate-key': 6,
  'too-many-operations': 7,
  'empty-key': 8,
  'no-leader': 9,
  'leadership-lost': 10,
  'too-many-requests': 11,
  'request-too-large': 12,
  'no-space': 13,
  corrupt: 14,
  'too-stale': 15,
  'session-expired': 16,
  superseded: 17,
  'result-lost': 18,
  'answer-too-large': 19,
  'bad-request': 20,
  'bad-member-change': 21,
  timeout: 22,
  unavailable: 23,
  aborted: 24,
  closed: 25,
});
