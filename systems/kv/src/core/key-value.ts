/**
 * A key with its value and its history in numbers, as readers get it.
 */
import type { Brand } from '@mangrove/host';
import type { Revision } from './revision.ts';

/** The name of a lease, a positive 63-bit integer; 0 is no lease. */
export type LeaseId = Brand<bigint, 'LeaseId'>;

/** No lease. */
export const NO_LEASE: LeaseId = 0n as LeaseId;

/** One key at one revision. The bytes belong to whoever holds it. */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The revision in which the key came to be, since it was last deleted. */
  readonly createRevision: Revision;
  /** The revision of its last change. */
  readonly modRevision: Revision;
  /** How often it was written since it came to be; 1 is the first time. */
  readonly version: number;
  readonly lease: LeaseId;
}

/** About how many bytes a key with its value takes in memory and in messages. */
export function keyValueBytes({ key, value }: KeyValue): number {
  return key.length + value.length + NUMBERS_BYTES;
}

/** What it takes beside the bytes of both. */
const NUMBERS_BYTES = 48;

/**
 * A change of one key: what it is now, or, for a deletion, the key and the revision of that (create
 * revision, version and lease are 0).
 */
export interface KeyEvent {
  readonly type: 'put' | 'delete';
  readonly kv: KeyValue;
}
