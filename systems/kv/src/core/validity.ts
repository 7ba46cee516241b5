/**
 * What is wrong with a request whatever the store holds: it is refused before it enters the log.
 */
import { mayChangeTwice } from './key-collisions.ts';
import {
  type Operation,
  type Refusal,
  TXN_DEPTH_MAX,
  TXN_OPERATIONS_MAX,
  TXN_TOTAL_MAX,
  type TxnRequest,
} from './request.ts';

/**
 * What is wrong with `operation`: an empty key, too many operations, or a key that it might change
 * twice. Branches of which only one is taken may change the same key.
 */
export function invalidity(operation: Operation): Refusal | undefined {
  if (operation.type !== 'txn') return hasEmptyKey(operation) ? 'empty-key' : undefined;
  const rest = { count: TXN_TOTAL_MAX };
  if (isTooLarge(operation, TXN_OPERATIONS_MAX, TXN_DEPTH_MAX, rest)) return 'too-many-operations';
  if (hasEmptyKey(operation)) return 'empty-key';
  return mayChangeTwice(operation) ? 'duplicate-key' : undefined;
}

/**
 * Each level takes the longest of its lists from what the levels below it may have, and all of them
 * from what the whole of it may have.
 */
function isTooLarge(
  { compares, success, failure }: TxnRequest,
  allowedCount: number,
  depth: number,
  rest: { count: number },
): boolean {
  const left = allowedCount - Math.max(compares.length, success.length, failure.length);
  rest.count -= compares.length + success.length + failure.length;
  if (left < 0 || depth === 0 || rest.count < 0) return true;
  const isLarge = (each: Operation) =>
    each.type === 'txn' && isTooLarge(each, left, depth - 1, rest);
  return success.some(isLarge) || failure.some(isLarge);
}

function hasEmptyKey(operation: Operation): boolean {
  switch (operation.type) {
    case 'put':
      return operation.key.length === 0;
    case 'delete':
    case 'range':
      return operation.range.from.length === 0;
    case 'txn': {
      const { compares, success, failure } = operation;
      if (compares.some(({ range }) => range.from.length === 0)) return true;
      return success.some(hasEmptyKey) || failure.some(hasEmptyKey);
    }
  }
}
