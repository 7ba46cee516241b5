/**
 * What is wrong with a request whatever the store holds: it is refused before it enters the log.
 */
import { compareKeys, isInRange, type KeyRange } from './key-range.ts';
import {
  type Operation,
  type Refusal,
  TXN_DEPTH_MAX,
  TXN_OPERATIONS_MAX,
  type TxnRequest,
} from './request.ts';

/**
 * What is wrong with `operation`: an empty key, too many operations, or a key that it might change
 * twice. Branches of which only one is taken may change the same key.
 *
 * Cost: quadratic in the operations, which are bounded.
 */
export function invalidity(operation: Operation): Refusal | undefined {
  if (operation.type === 'put') return operation.key.length === 0 ? 'empty-key' : undefined;
  const counted =
    operation.type === 'txn' ? tooMany(operation, TXN_OPERATIONS_MAX, TXN_DEPTH_MAX) : undefined;
  if (counted !== undefined) return counted;
  const changes = changesOf([operation]);
  return typeof changes === 'string' ? changes : undefined;
}

// Each level takes the longest of its lists from what the levels below it may have.
function tooMany(txn: TxnRequest, allowedCount: number, depth: number): Refusal | undefined {
  const { compares, success, failure } = txn;
  const left = allowedCount - Math.max(compares.length, success.length, failure.length);
  if (left < 0 || depth === 0) return 'too-many-operations';
  if (compares.some(({ range }) => range.from.length === 0)) return 'empty-key';
  for (const operation of [...success, ...failure]) {
    if (operation.type !== 'txn') continue;
    const refusal = tooMany(operation, left, depth - 1);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

interface Changes {
  readonly puts: readonly Uint8Array[];
  readonly deletes: readonly KeyRange[];
}

function changesOf(operations: readonly Operation[]): Changes | Refusal {
  let all: Changes = NO_CHANGES;
  for (const operation of operations) {
    const more = changesOfOne(operation);
    if (typeof more === 'string') return more;
    if (collide(all, more) || collide(more, all)) return 'duplicate-key';
    all = joined(all, more);
  }
  return all;
}

function changesOfOne(operation: Operation): Changes | Refusal {
  switch (operation.type) {
    case 'put':
      if (operation.key.length === 0) return 'empty-key';
      return { puts: [operation.key], deletes: [] };
    case 'delete':
      if (operation.range.from.length === 0) return 'empty-key';
      return { puts: [], deletes: [operation.range] };
    case 'range':
      return operation.range.from.length === 0 ? 'empty-key' : NO_CHANGES;
    case 'txn': {
      const success = changesOf(operation.success);
      if (typeof success === 'string') return success;
      const failure = changesOf(operation.failure);
      return typeof failure === 'string' ? failure : joined(success, failure);
    }
  }
}

function collide(left: Changes, right: Changes): boolean {
  return left.puts.some(
    (key) =>
      right.puts.some((other) => compareKeys(key, other) === 0) ||
      right.deletes.some((range) => isInRange(range, key)),
  );
}

function joined(left: Changes, right: Changes): Changes {
  return { puts: [...left.puts, ...right.puts], deletes: [...left.deletes, ...right.deletes] };
}

const NO_CHANGES: Changes = { puts: [], deletes: [] };
