/**
 * Ranges of keys, half open, in the order of their bytes.
 */

/** The keys from `from` on and before `to`; without `to`, all from `from` on. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array | undefined;
}

/** The range of one key: it ends before that key with a zero byte behind it. */
export function singleKey(key: Uint8Array): KeyRange {
  return { from: key, to: keyAfter(key) };
}

/** All keys that begin with `prefix`; all keys where it is empty. */
export function prefixRange(prefix: Uint8Array): KeyRange {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return { from: prefix, to: undefined };
  const to = prefix.slice(0, length);
  to[length - 1] = (to[length - 1] ?? 0) + 1;
  return { from: prefix, to };
}

/** The first key behind `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}

/** Whether `range` is of exactly one key that can be named. */
export function isSingle(range: KeyRange): boolean {
  const { from, to } = range;
  if (to === undefined || to.length !== from.length + 1 || to[from.length] !== 0) return false;
  return compareKeys(from, to.subarray(0, from.length)) === 0;
}

/** Whether `key` lies in `range`. */
export function isInRange(range: KeyRange, key: Uint8Array): boolean {
  if (compareKeys(key, range.from) < 0) return false;
  return range.to === undefined || compareKeys(key, range.to) < 0;
}

/** Less than 0, 0 or more than 0, as `left` comes before `right`, is it, or comes after it. */
export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
