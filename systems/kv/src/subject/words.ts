/**
 * Values of histories as the bytes of keys and values, and back.
 */
import type { Value } from '@mangrove/experiment';
import { type KeyRange, prefixRange, singleKey } from '../core/key-range.ts';
import { NO_LEASE } from '../core/key-value.ts';
import {
  type Operation,
  type OperationResult,
  type RangeResult,
  readAll,
} from '../core/request.ts';

/** The bytes of a key. */
export function toKey(key: string): Uint8Array {
  return new TextEncoder().encode(key);
}

/** The text of a key. */
export function fromKey(key: Uint8Array): string {
  return new TextDecoder().decode(key);
}

/** The bytes of a value, as JSON. */
export function toBytes(value: Value): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The value in bytes that `toBytes` gave. */
export function fromBytes(bytes: Uint8Array): Value {
  return JSON.parse(new TextDecoder().decode(bytes)) as Value;
}

/** Writes `value` to `key`, on no lease. */
export function put(key: string, value: Value): Operation {
  return {
    type: 'put',
    key: toKey(key),
    value: toBytes(value),
    lease: NO_LEASE,
    wantsPrevious: false,
  };
}

/** Reads one key. */
export function get(key: string): Operation {
  return readAll(singleKey(toKey(key)));
}

/** The keys that begin with `prefix`. */
export function under(prefix: string): KeyRange {
  return prefixRange(toKey(prefix));
}

/** What a read of keys found; empty where `result` is of another kind. */
export function found(result: OperationResult | { readonly type: string }): RangeResult {
  return result.type === 'range' ? (result as RangeResult) : NOTHING;
}

const NOTHING: RangeResult = { type: 'range', kvs: [], count: 0, hasMore: false };

/** The one value that a read of one key found; null where there is none. */
export function single(result: OperationResult | { readonly type: string }): Value {
  const [kv] = found(result).kvs;
  return kv === undefined ? null : fromBytes(kv.value);
}
