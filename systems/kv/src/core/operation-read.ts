/**
 * The read of a range, or of a transaction that only reads, in slices.
 *
 * What is compared and what is read is of the moment in which the read begins, whatever is written
 * between the slices. Whoever drives it holds a pin of the store from the first slice to
 * the last.
 */
import { assert } from '@mangrove/host';
import { RangeRead } from './range-read.ts';
import type { Operation, OperationResult, Refusal } from './request.ts';
import { NO_REVISION, type Revision } from './revision.ts';
import type { KvStore } from './store.ts';
import { decide, refusalOf, type Step } from './transaction.ts';
import type { Work } from './work.ts';

/** A read under way. */
export class OperationRead {
  /** The present of the store when the read began. */
  readonly revision: Revision;
  private readonly store: KvStore;
  private readonly deciding: Work<Step>;
  // What is to be read; undefined before that is decided.
  private root: Part | undefined;
  private bytesBefore = 0;

  /** Begins `operation`, which only reads. */
  constructor(store: KvStore, operation: Operation) {
    this.store = store;
    this.revision = store.revision;
    this.deciding = decide(store, operation, this.revision);
  }

  /** The bytes of keys and values that were found up to now. */
  get foundBytes(): number {
    const under = this.root === undefined ? undefined : firstOpen(this.root);
    return this.bytesBefore + (under?.read?.foundBytes ?? 0);
  }

  /**
   * Compares some keys, or looks at up to `keysMax` more; gives the result once there are no more,
   * or why the operation cannot be done.
   */
  step(keysMax: number): OperationResult | Refusal | undefined {
    if (this.root === undefined) {
      const { done, value } = this.deciding.next();
      if (done !== true) return undefined;
      const refusal = refusalOf(this.store, value, this.revision);
      if (refusal !== undefined) return refusal;
      this.root = toPart(this.store, value, this.revision);
    }
    const { root } = this;
    const open = firstOpen(root);
    if (open?.read === undefined) return resultOf(root);
    open.result = open.read.step(keysMax);
    if (open.result === undefined) return undefined;
    this.bytesBefore += open.read.foundBytes;
    return firstOpen(root) === undefined ? resultOf(root) : undefined;
  }
}

/** A range, or a transaction with its parts. */
interface Part {
  readonly read: RangeRead | undefined;
  readonly succeeded: boolean;
  readonly parts: readonly Part[];
  result: OperationResult | undefined;
}

function toPart(store: KvStore, step: Step, present: Revision): Part {
  assert(step.type === 'range' || step.type === 'txn', `a ${step.type} among reads`);
  if (step.type === 'txn') {
    const parts = step.steps.map((each) => toPart(store, each, present));
    return { read: undefined, succeeded: step.succeeded, parts, result: undefined };
  }
  const revision = step.revision === NO_REVISION ? present : step.revision;
  const read = new RangeRead(store, step, revision);
  return { read, succeeded: true, parts: [], result: undefined };
}

// The first range that was not read to its end.
function firstOpen(part: Part): Part | undefined {
  if (part.read !== undefined) return part.result === undefined ? part : undefined;
  for (const each of part.parts) {
    const open = firstOpen(each);
    if (open !== undefined) return open;
  }
  return undefined;
}

function resultOf(part: Part): OperationResult {
  if (part.read === undefined) {
    return { type: 'txn', succeeded: part.succeeded, results: part.parts.map(resultOf) };
  }
  assert(part.result !== undefined, 'a range without a result');
  return part.result;
}
