/**
 * Keys, values and ranges as callers write them: text or bytes.
 */
import { InvalidArgument } from '@mangrove/host';
import { type KeyRange, prefixRange, singleKey } from '../core/key-range.ts';
import type { KeyValue, LeaseId } from '../core/key-value.ts';
import type { Revision } from '../core/revision.ts';

/** A key or a value: text is its UTF-8. */
export type Bytes = string | Uint8Array;

/**
 * Which keys are meant: one key, all that begin with a prefix (`{ prefix: '' }` is everything), or
 * those from one key up to another, which is left out (without `to`: to the end).
 */
export type KeySelector =
  | Bytes
  | { readonly prefix: Bytes; readonly from?: never; readonly to?: never }
  | { readonly from: Bytes; readonly to?: Bytes; readonly prefix?: never };

/** The bytes of text or bytes. */
export function toBytes(given: Bytes): Uint8Array {
  if (typeof given !== 'string') return given;
  return (given.length <= SHORT_LENGTH ? asciiBytes(given) : undefined) ?? ENCODER.encode(given);
}

/** The bytes of text that is ASCII. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return undefined;
    bytes[at] = code;
  }
  return bytes;
}

/** Up to this length a loop is faster than a call of the encoder; most keys are shorter. */
const SHORT_LENGTH = 48;

/** A key's bytes; throws `InvalidArgument` where it has none. */
export function toKey(given: Bytes): Uint8Array {
  const key = toBytes(given);
  if (key.length === 0) throw new InvalidArgument('key', given, 'one byte or more');
  return key;
}

/** The range that a selector means. */
export function toRange(selector: KeySelector): KeyRange {
  if (typeof selector === 'string' || selector instanceof Uint8Array) {
    return singleKey(toKey(selector));
  }
  if ('prefix' in selector) {
    const prefix = toBytes(selector.prefix);
    // No key is empty: everything begins behind that.
    return prefix.length === 0 ? { from: firstKey(), to: undefined } : prefixRange(prefix);
  }
  const { from, to } = selector;
  const begin = toBytes(from);
  return {
    from: begin.length === 0 ? firstKey() : begin,
    to: to === undefined ? undefined : toBytes(to),
  };
}

/** A key with its value and its history, as clients get it. */
export class KvEntry {
  private readonly kv: KeyValue;

  constructor(kv: KeyValue) {
    this.kv = kv;
  }

  /** The key as text; bytes that are no UTF-8 are replaced. */
  get key(): string {
    return DECODER.decode(this.kv.key);
  }

  get keyBytes(): Uint8Array {
    return this.kv.key;
  }

  /** The value as text; bytes that are no UTF-8 are replaced. */
  get value(): string {
    return DECODER.decode(this.kv.value);
  }

  get valueBytes(): Uint8Array {
    return this.kv.value;
  }

  /** The revision in which the key came to be, since it was last deleted. */
  get createRevision(): Revision {
    return this.kv.createRevision;
  }

  /** The revision of its last change. */
  get modRevision(): Revision {
    return this.kv.modRevision;
  }

  /** How often it was written since it came to be; 1 is the first time. */
  get version(): number {
    return this.kv.version;
  }

  /** The lease that it hangs on; 0n is none. */
  get lease(): LeaseId {
    return this.kv.lease;
  }
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** The first key that there can be: one zero byte. */
function firstKey(): Uint8Array {
  return new Uint8Array(1);
}
