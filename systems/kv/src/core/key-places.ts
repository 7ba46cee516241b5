/**
 * The places of keys in their order, alike for keys that are alike.
 *
 * The keys of one request may have long beginnings in common: to compare each with a few others
 * would go over those again and again. So they are sorted byte by byte, each of which is looked at
 * in one group of keys that have had everything before in common.
 * Source: Bentley and Sedgewick 1997, three-way radix quicksort. Cost: the bytes that tell keys
 * apart, and n log n.
 */

/** Of each of `keys` the place of it among them, from 0, and how many places there are. */
export function placesOf(keys: readonly Uint8Array[]): {
  readonly places: readonly number[];
  readonly placeCount: number;
} {
  const order = keys.map((_key, nth) => nth);
  const places = keys.map(() => 0);
  let placeCount = 0;
  const give = (begin: number, end: number): void => {
    for (let at = begin; at < end; at += 1) places[order[at] ?? 0] = placeCount;
    placeCount += 1;
  };
  // Groups of keys that have `depth` bytes in common, the first one last.
  const groups = [{ begin: 0, end: keys.length, depth: 0 }];
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    const { begin, end, depth } = group;
    if (begin >= end) continue;
    if (end - begin === 1) {
      give(begin, end);
      continue;
    }
    const byteOf = (at: number): number => keys[order[at] ?? 0]?.[depth] ?? ENDED;
    const pivot = byteOf((begin + end) >>> 1);
    let equal = begin;
    let greater = end;
    for (let at = begin; at < greater; ) {
      const byte = byteOf(at);
      if (byte < pivot) swap(order, equal++, at++);
      else if (byte > pivot) swap(order, at, --greater);
      else at += 1;
    }
    groups.push({ begin: greater, end, depth });
    // Those that have ended are alike, and none is before them.
    if (pivot === ENDED) give(equal, greater);
    else groups.push({ begin: equal, end: greater, depth: depth + 1 });
    groups.push({ begin, end: equal, depth });
  }
  return { places, placeCount };
}

/** In the place of a byte behind the last one: keys come before those that they begin. */
const ENDED = -1;

function swap(order: number[], left: number, right: number): void {
  const kept = order[left] ?? 0;
  order[left] = order[right] ?? 0;
  order[right] = kept;
}
