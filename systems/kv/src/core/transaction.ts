/**
 * Transactions: which branches are taken, whether all of it can be done, and then all of it at
 * once.
 *
 *     decide  every compare on the whole nested path, on the state before the transaction
 *     check   leases, keys and revisions that the path needs; a refusal changes nothing
 *     do      the operations in order, in one revision
 *
 * A single put, delete or range is a path of one operation; a put, the most frequent, is done
 * without pieces.
 */
import { holds } from './compares.ts';
import { keyValueBytes, NO_LEASE } from './key-value.ts';
import { RangeRead } from './range-read.ts';
import {
  type Compare,
  type DeleteRequest,
  type DeleteResult,
  type Operation,
  type OperationResult,
  type PutRequest,
  type PutResult,
  type RangeRequest,
  type RangeResult,
  RESULT_BYTES_MAX,
  type Refusal,
  readAll,
} from './request.ts';
import { NO_REVISION, type Revision, revisionAfter } from './revision.ts';
import type { KvStore } from './store.ts';
import { PIECE_KEYS, type Work } from './work.ts';

/**
 * Does `operation` in `store`, as one revision, or says why not. What finds more than may be told
 * is done all the same, without a result.
 */
export function* execute(
  store: KvStore,
  operation: Operation,
): Work<OperationResult | Refusal | 'untold'> {
  if (operation.type === 'put') return executePut(store, operation);
  const step = yield* decide(store, operation, store.revision);
  const refusal = refusalOf(store, step, store.revision);
  if (refusal !== undefined) return refusal;
  const room: ResultRoom = { leftBytes: RESULT_BYTES_MAX, stepCount: 0 };
  const result = yield* store.inRevision(run(store, step, room));
  return room.leftBytes < 0 ? 'untold' : result;
}

/** How much more a change may find for its result; below zero it is not told, and nothing kept. */
interface ResultRoom {
  leftBytes: number;
  /** How many operations were done. */
  stepCount: number;
}

/** Does a put in `store`, as one revision, or says why not. */
export function executePut(store: KvStore, request: PutRequest): PutResult | Refusal {
  const refusal = refusalOfPut(store, request);
  if (refusal !== undefined) return refusal;
  store.beginRevision();
  const result = put(store, request);
  store.endRevision();
  return result;
}

/** An operation with the branches that were taken. */
export type Step =
  | PutRequest
  | DeleteRequest
  | RangeRequest
  | { readonly type: 'txn'; readonly succeeded: boolean; readonly steps: readonly Step[] };

/** Which branches of `operation` are taken, on the state as it was at `revision`. */
export function* decide(store: KvStore, operation: Operation, revision: Revision): Work<Step> {
  if (operation.type !== 'txn') return operation;
  const succeeded = yield* allHold(store, operation.compares, revision);
  const taken = succeeded ? operation.success : operation.failure;
  const steps: Step[] = [];
  for (const each of taken) steps.push(yield* decide(store, each, revision));
  return { type: 'txn', succeeded, steps };
}

function* allHold(store: KvStore, compares: readonly Compare[], revision: Revision): Work<boolean> {
  for (const compare of compares) if (!(yield* holds(store, compare, revision))) return false;
  return true;
}

/** Why `step` cannot be done on the state as it is at `present`, if it cannot. */
export function refusalOf(store: KvStore, step: Step, present: Revision): Refusal | undefined {
  switch (step.type) {
    case 'put':
      return refusalOfPut(store, step);
    case 'delete':
      return undefined;
    case 'range':
      if (step.revision === NO_REVISION) return undefined;
      return store.refusalOfRevision(step.revision, present);
    case 'txn':
      for (const each of step.steps) {
        const refusal = refusalOf(store, each, present);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
  }
}

function refusalOfPut(store: KvStore, put: PutRequest): Refusal | undefined {
  if (put.lease !== undefined && put.lease !== NO_LEASE && !store.leases.has(put.lease)) {
    return 'lease-not-found';
  }
  const keeps = put.value === undefined || put.lease === undefined;
  return keeps && store.get(put.key) === undefined ? 'key-not-found' : undefined;
}

function* run(store: KvStore, step: Step, room: ResultRoom): Work<OperationResult> {
  switch (step.type) {
    case 'put':
      return found(put(store, step), room);
    case 'delete':
      return yield* remove(store, step, room);
    case 'range':
      return yield* range(store, step, room);
    case 'txn': {
      const results: OperationResult[] = [];
      for (const each of step.steps) {
        results.push(yield* run(store, each, room));
        room.stepCount += 1;
        if (room.stepCount % PIECE_KEYS === 0) yield;
      }
      return { type: 'txn', succeeded: step.succeeded, results };
    }
  }
}

function found(result: PutResult, room: ResultRoom): PutResult {
  if (result.previous !== undefined) room.leftBytes -= keyValueBytes(result.previous);
  return room.leftBytes < 0 ? PUT : result;
}

function put(store: KvStore, request: PutRequest): PutResult {
  const { key, value, lease, wantsPrevious } = request;
  const needed = wantsPrevious || value === undefined || lease === undefined;
  const previous = needed ? store.get(key) : undefined;
  store.put(key, value ?? previous?.value ?? NO_VALUE, lease ?? previous?.lease ?? NO_LEASE);
  return wantsPrevious ? { type: 'put', previous } : PUT;
}

/** The result of all puts that give nothing back. */
const PUT: PutResult = { type: 'put', previous: undefined };

function* remove(
  store: KvStore,
  { range: doomed, wantsPrevious }: DeleteRequest,
  room: ResultRoom,
): Work<DeleteResult> {
  const previous = wantsPrevious ? (yield* range(store, readAll(doomed), room)).kvs : [];
  return { type: 'delete', deletedCount: yield* store.delete(doomed), previous };
}

function* range(store: KvStore, request: RangeRequest, room: ResultRoom): Work<RangeResult> {
  if (room.leftBytes < 0) return NOTHING;
  // What this transaction has written already is in the revision that is open.
  const revision =
    request.revision === NO_REVISION ? revisionAfter(store.revision) : request.revision;
  const read = new RangeRead(store, request, revision);
  const roomBytes = room.leftBytes;
  for (;;) {
    const result = read.step(PIECE_KEYS);
    room.leftBytes = roomBytes - read.foundBytes;
    if (room.leftBytes < 0) return NOTHING;
    if (result !== undefined) return result;
    yield;
  }
}

const NOTHING: RangeResult = { type: 'range', kvs: [], count: 0, hasMore: false };

const NO_VALUE = new Uint8Array(0);
