/**
 * Transactions as a sentence: `kv.txn().if(...).then(...).else(...).commit()`.
 */
import { InvalidArgument } from '@mangrove/host';
import type { AnswerHeader } from '../core/consistency.ts';
import type { Compare, Operation, TxnRequest } from '../core/request.ts';
import type { Revision } from '../core/revision.ts';
import type { ReadOptions } from './kv-operations.ts';
import type { OperationAnswer } from './operations.ts';

/** What a transaction came to. */
export interface TxnAnswer {
  /** Whether all conditions held: then `then` was done, else `else`. */
  readonly succeeded: boolean;
  readonly revision: Revision;
  /** The results of what was done, in order. */
  readonly results: readonly OperationAnswer[];
  readonly header: AnswerHeader;
}

/** A transaction in the making. */
export class Txn {
  private readonly send: (txn: TxnRequest, options: ReadOptions) => Promise<TxnAnswer>;
  private readonly compares: Compare[] = [];
  private readonly success: Operation[] = [];
  private readonly failure: Operation[] = [];

  constructor(send: (txn: TxnRequest, options: ReadOptions) => Promise<TxnAnswer>) {
    this.send = send;
  }

  /** Adds conditions; all must hold. `when('a').exists()` makes one. */
  if(...compares: readonly Compare[]): this {
    this.compares.push(...compares);
    return this;
  }

  /** Adds what is done where all conditions hold. */
  // biome-ignore lint/suspicious/noThenProperty: the word of such APIs; what awaits it is told.
  then(...operations: readonly Operation[]): this {
    const [first, reject]: readonly unknown[] = operations;
    if (typeof first === 'function') {
      // `await` took this for a promise: nothing was sent, and nothing would ever answer.
      const error = new InvalidArgument('txn', 'awaited', 'ended with commit() first');
      if (typeof reject !== 'function') throw error;
      reject(error);
    } else {
      this.success.push(...operations);
    }
    return this;
  }

  /** Adds what is done where a condition does not hold. */
  else(...operations: readonly Operation[]): this {
    this.failure.push(...operations);
    return this;
  }

  /**
   * Sends it; all of it happens at once, in one revision, or none of it. How current it must be is
   * asked only where it writes nothing.
   */
  commit(options: ReadOptions = {}): Promise<TxnAnswer> {
    const { compares, success, failure } = this;
    return this.send({ type: 'txn', compares, success, failure }, options);
  }
}
