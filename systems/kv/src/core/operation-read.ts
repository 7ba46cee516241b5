/**
 * The read of a range, or of a transaction that only reads, in slices.
 *
 * What is compared is compared when the read begins, and what is read is of that moment, whatever
 * is written between the slices. Whoever drives it holds a pin of the store from the first slice to
 * the last.
 */
import { assert } from '@mangrove/host';
import { RangeRead } from './range-read.ts';
import type { Operation, OperationResult, Refusal } from './request.ts';
import { NO_REVISION, type Revision } from './revision.ts';
import type { KvStore } from './store.ts';
import { decide, refusalOf, type Step } from './transaction.ts';
import { finish } from './work.ts';

/** A read under way. */
export class OperationRead {
  /** The present of the store when the read began. */
  readonly revision: Revision;
  private readonly root: Part;
  private bytesBefore = 0;

  private constructor(store: KvStore, step: Step) {
    this.revision = store.revision;
    this.root = toPart(store, step, store.revision);
  }

  /** Begins `operation`, which only reads; or says why it cannot be done. */
  static open(store: KvStore, operation: Operation): OperationRead | Refusal {
    const step = finish(decide(store, operation));
    return refusalOf(store, step) ?? new OperationRead(store, step);
  }

  /** The bytes of keys and values that were found up to now. */
  get foundBytes(): number {
    const under = firstOpen(this.root);
    return this.bytesBefore + (under?.read?.foundBytes ?? 0);
  }

  /** Looks at up to `keysMax` more keys; gives the result once there are no more. */
  step(keysMax: number): OperationResult | undefined {
    const open = firstOpen(this.root);
    if (open?.read === undefined) return resultOf(this.root);
    open.result = open.read.step(keysMax);
    if (open.result === undefined) return undefined;
    this.bytesBefore += open.read.foundBytes;
    return firstOpen(this.root) === undefined ? resultOf(this.root) : undefined;
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
