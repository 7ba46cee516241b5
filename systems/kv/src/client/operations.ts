/**
 * Operations as callers write them, and their answers: alone, and in transactions.
 */
import { InvalidArgument } from '@mangrove/host';
import type { AnswerHeader, ReadConsistency } from '../core/consistency.ts';
import { type LeaseId, NO_LEASE } from '../core/key-value.ts';
import {
  type Compare,
  type CompareOperand,
  type DeleteRequest,
  type Operation,
  type OperationResult,
  type PutRequest,
  type RangeRequest,
  readAll,
  type SortTarget,
  type TxnRequest,
} from '../core/request.ts';
import type { Revision } from '../core/revision.ts';
import { givenDuration, givenInteger, givenLease } from './given.ts';
import { type Bytes, type KeySelector, KvEntry, toBytes, toKey, toRange } from './key.ts';

/** What a put may say beside key and value. */
export interface PutOptions {
  /** The lease on which the key hangs: it goes when that ends. Default: none. */
  readonly lease?: LeaseId | { readonly id: LeaseId };
  /** Whether the answer has what was there before. Default: no. */
  readonly previous?: boolean;
}

/** What a deletion may say beside its keys. */
export interface DeleteOptions {
  /** Whether the answer has what was deleted. Default: no. */
  readonly previous?: boolean;
}

/** What a read may say beside its keys. */
export interface GetOptions {
  /** The revision that is read. Default: the present. */
  readonly revision?: number;
  /** The most entries. Default: all of them. */
  readonly limit?: number;
  readonly sortBy?: SortTarget;
  /** Default `ascend`. */
  readonly order?: 'ascend' | 'descend';
  /** Only entries that were changed, or made, within these revisions, inclusive. */
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
  /** Leaves the values out. */
  readonly keysOnly?: boolean;
  /** Wants the count and no entries. */
  readonly countOnly?: boolean;
}

/**
 * How current a read must be: `linearizable` (the default) sees everything that was acknowledged
 * before; `lease` too, as long as clocks drift within their bound; `serializable` is what the asked
 * member has; or at most so far behind.
 */
export type Consistency =
  | 'linearizable'
  | 'lease'
  | 'serializable'
  | { readonly maxStalenessMs?: number; readonly maxRevisionLag?: number };

/** What a put came to. */
export interface PutAnswer {
  readonly revision: Revision;
  /** What was there before, where it was wanted and there was something. */
  readonly previous: KvEntry | undefined;
  readonly header: AnswerHeader;
}

/** What a deletion came to. */
export interface DeleteAnswer {
  readonly revision: Revision;
  readonly deletedCount: number;
  /** What was deleted, where it was wanted. */
  readonly previous: readonly KvEntry[];
  readonly header: AnswerHeader;
}

/** What a read came to. */
export interface ReadAnswer {
  readonly entries: readonly KvEntry[];
  /** How many keys there are in the range, whatever limit and filters left out. */
  readonly count: number;
  /** Whether the limit left entries out. */
  readonly hasMore: boolean;
  /** Who answered, at which revision, and how current that is. */
  readonly header: AnswerHeader;
}

/** The result of one operation of a transaction. */
export type OperationAnswer =
  | { readonly type: 'put'; readonly previous: KvEntry | undefined }
  | {
      readonly type: 'delete';
      readonly deletedCount: number;
      readonly previous: readonly KvEntry[];
    }
  | {
      readonly type: 'get';
      readonly entries: readonly KvEntry[];
      readonly count: number;
      readonly hasMore: boolean;
    }
  | {
      readonly type: 'txn';
      readonly succeeded: boolean;
      readonly results: readonly OperationAnswer[];
    };

/** Operations for transactions: `op.put('a', '1')`. */
export const op = {
  put: (key: Bytes, value: Bytes, options: PutOptions = {}): PutRequest => {
    const { lease = NO_LEASE, previous = false } = options;
    return {
      type: 'put',
      key: toKey(key),
      value: toBytes(value),
      lease: givenLease(typeof lease === 'bigint' ? lease : lease.id),
      wantsPrevious: previous,
    };
  },
  delete: (keys: KeySelector, { previous = false }: DeleteOptions = {}): DeleteRequest => ({
    type: 'delete',
    range: toRange(keys),
    wantsPrevious: previous,
  }),
  get: (keys: KeySelector, options: GetOptions = {}): RangeRequest => {
    const { revision, sortBy, order = 'ascend', ...rest } = options;
    for (const option of NUMBERS) givenInteger(option, options[option] ?? 0);
    const isSorted = sortBy !== undefined || order === 'descend';
    return {
      ...readAll(toRange(keys)),
      ...rest,
      ...(revision === undefined ? {} : { revision: revision as Revision }),
      sort: isSorted ? { by: sortBy ?? 'key', order } : undefined,
    };
  },
  /** A transaction within a transaction. */
  txn: (
    compares: readonly Compare[],
    success: readonly Operation[],
    failure: readonly Operation[] = [],
  ): TxnRequest => ({ type: 'txn', compares, success, failure }),
} as const;

const NUMBERS = Object.freeze([
  ...(['revision', 'limit', 'minModRevision', 'maxModRevision'] as const),
  ...(['minCreateRevision', 'maxCreateRevision'] as const),
]);

/** How two numbers or values are compared. */
export type Relation = '=' | '!=' | '>' | '<';

/** A condition on keys, to be finished: `when('a').exists()`, `when('a').value('=', '1')`. */
export function when(keys: KeySelector): Condition {
  return new Condition(keys);
}

/** Makes conditions on all keys of a selector, on the state before the transaction. */
export class Condition {
  private readonly keys: KeySelector;

  constructor(keys: KeySelector) {
    this.keys = keys;
  }

  /** The key is there. */
  exists(): Compare {
    return this.compare('>', { target: 'create', number: 0 });
  }

  /** The key is not there. */
  isMissing(): Compare {
    return this.compare('=', { target: 'create', number: 0 });
  }

  /** Compares the value; a key that is missing has none, so nothing holds of it. */
  value(relation: Relation, value: Bytes): Compare {
    return this.compare(relation, { target: 'value', value: toBytes(value) });
  }

  /** Compares the revision of the last change; 0 where the key is missing. */
  modRevision(relation: Relation, number: number): Compare {
    return this.compare(relation, { target: 'mod', number });
  }

  /** Compares the revision in which the key came to be; 0 where it is missing. */
  createRevision(relation: Relation, number: number): Compare {
    return this.compare(relation, { target: 'create', number });
  }

  /** Compares how often the key was written since it came to be; 0 where it is missing. */
  version(relation: Relation, number: number): Compare {
    return this.compare(relation, { target: 'version', number });
  }

  /** Compares the lease. */
  lease(relation: Relation, lease: LeaseId): Compare {
    return this.compare(relation, { target: 'lease', lease });
  }

  private compare(relation: Relation, operand: CompareOperand): Compare {
    if ('number' in operand) givenInteger(operand.target, operand.number);
    if ('lease' in operand) givenLease(operand.lease);
    return { range: toRange(this.keys), relation: RELATIONS[relation], operand };
  }
}

const RELATIONS = { '=': 'equal', '!=': 'not-equal', '>': 'greater', '<': 'less' } as const;

/** The consistency that a caller means. Throws `InvalidArgument` where it bounds nothing. */
export function toConsistency(given: Consistency): ReadConsistency {
  if (typeof given === 'string') return { type: given };
  const { maxStalenessMs, maxRevisionLag } = given;
  if (maxStalenessMs === undefined && maxRevisionLag === undefined) {
    throw new InvalidArgument('consistency', given, 'a word, or have a bound');
  }
  if (maxStalenessMs !== undefined) givenDuration('maxStalenessMs', maxStalenessMs);
  if (maxRevisionLag !== undefined) givenInteger('maxRevisionLag', maxRevisionLag);
  return { type: 'bounded', stalenessMsMax: maxStalenessMs, revisionLagMax: maxRevisionLag };
}

/** The result of an operation, as callers get it. */
export function toAnswer(result: OperationResult): OperationAnswer {
  switch (result.type) {
    case 'put': {
      const { previous } = result;
      return { type: 'put', previous: previous === undefined ? undefined : new KvEntry(previous) };
    }
    case 'delete': {
      const { deletedCount, previous } = result;
      return { type: 'delete', deletedCount, previous: previous.map((kv) => new KvEntry(kv)) };
    }
    case 'range': {
      const { kvs, count, hasMore } = result;
      return { type: 'get', entries: kvs.map((kv) => new KvEntry(kv)), count, hasMore };
    }
    case 'txn': {
      const { succeeded, results } = result;
      return { type: 'txn', succeeded, results: results.map(toAnswer) };
    }
  }
}
