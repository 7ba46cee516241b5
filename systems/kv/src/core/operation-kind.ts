/**
 * What an operation may do, whichever branch is taken, and how large it is.
 */
import type { Compare, Operation } from './request.ts';

/** Whether `operation` changes nothing, whatever the store holds. */
export function isReadOnly(operation: Operation): boolean {
  if (operation.type !== 'txn') return operation.type === 'range';
  return operation.success.every(isReadOnly) && operation.failure.every(isReadOnly);
}

/** Whether `operation` may write a value. */
export function hasPut(operation: Operation): boolean {
  if (operation.type !== 'txn') return operation.type === 'put';
  return operation.success.some(hasPut) || operation.failure.some(hasPut);
}

/** About how many bytes `operation` takes in memory and in messages. */
export function operationBytes(operation: Operation): number {
  switch (operation.type) {
    case 'put':
      return OVERHEAD_BYTES + operation.key.length + (operation.value?.length ?? 0);
    case 'delete':
    case 'range':
      return OVERHEAD_BYTES + 2 * operation.range.from.length;
    case 'txn': {
      let sizeBytes = OVERHEAD_BYTES;
      for (const each of operation.compares) sizeBytes += compareBytes(each);
      for (const each of operation.success) sizeBytes += operationBytes(each);
      for (const each of operation.failure) sizeBytes += operationBytes(each);
      return sizeBytes;
    }
  }
}

function compareBytes({ range, operand }: Compare): number {
  const valueBytes = operand.target === 'value' ? operand.value.length : 0;
  return OVERHEAD_BYTES + 2 * range.from.length + valueBytes;
}

/** What an operation takes beside its keys and values. */
const OVERHEAD_BYTES = 64;
