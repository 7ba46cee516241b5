/**
 * The configurations that a search has refuted, so that none is tried twice.
 *
 * A configuration is a place in the history, the closed operations that are linearized though they
 * have not completed yet, the state, and the open operations that were used. Open operations need
 * not happen, so one that used fewer of them can do whatever one that used more can: a
 * configuration is refuted too when another with a subset of its used operations is. Without this
 * rule the number of configurations doubles with every open operation.
 */

/** Remembers configurations. Belongs to one search. */
export class ConfigurationMemo {
  readonly #seen = new Map<string, (readonly number[])[]>();
  /** Memory of what is remembered, estimated. */
  memoryBytes = 0;

  /**
   * Whether the configuration is new; it is remembered then.
   *
   * @param used classes of used open operations, ascending, one entry for each use
   */
  add(place: number, state: number, bits: Int32Array, used: readonly number[]): boolean {
    const name = nameOf(place, state, bits);
    const before = this.#seen.get(name);
    if (before === undefined) {
      this.#seen.set(name, [used]);
      this.memoryBytes += 120 + 2 * name.length + 8 * used.length;
      return true;
    }
    if (before.some((smaller) => isSubset(smaller, used))) return false;
    const kept = before.filter((larger) => !isSubset(used, larger));
    kept.push(used);
    this.#seen.set(name, kept);
    this.memoryBytes += 40 + 8 * used.length;
    return true;
  }
}

function nameOf(place: number, state: number, bits: Int32Array): string {
  let last = bits.length;
  while (last > 0 && bits[last - 1] === 0) last--;
  let name = String.fromCharCode(place & 0xffff, place >>> 16, state & 0xffff, state >>> 16);
  for (let word = 0; word < last; word++) {
    const value = bits[word] ?? 0;
    name += String.fromCharCode(value & 0xffff, value >>> 16);
  }
  return name;
}

/** Whether each entry of `smaller` is in `larger`; both ascend. */
function isSubset(smaller: readonly number[], larger: readonly number[]): boolean {
  if (smaller.length > larger.length) return false;
  let at = 0;
  for (const item of smaller) {
    while (at < larger.length && (larger[at] ?? 0) < item) at++;
    if (at === larger.length || larger[at] !== item) return false;
    at++;
  }
  return true;
}
