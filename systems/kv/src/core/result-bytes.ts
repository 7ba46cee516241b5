/**
 * How large results are: what sessions keep of them, and ports hold for clients, is bounded.
 */

import { keyValueBytes } from './key-value.ts';
import type { KvResult } from './kv-request.ts';

/** About how many bytes what `result` lists takes, in memory and in messages. */
export function resultBytes(result: KvResult): number {
  switch (result.type) {
    case 'put':
      return result.previous === undefined ? 0 : keyValueBytes(result.previous);
    case 'delete':
      return sum(result.previous.map(keyValueBytes));
    case 'range':
      return sum(result.kvs.map(keyValueBytes));
    case 'txn':
      return sum(result.results.map((each) => ENTRY_BYTES + resultBytes(each)));
    case 'lease-time':
      return sum(result.keys.map((key) => ENTRY_BYTES + key.length));
    case 'leases':
      return ENTRY_BYTES * result.leases.length;
    default:
      return 0;
  }
}

/** What an entry of a list takes beside its bytes. */
const ENTRY_BYTES = 16;

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, each) => total + each, 0);
}
