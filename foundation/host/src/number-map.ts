/**
 * A map for what is under way: it has a number, comes, and goes soon.
 *
 * Where as much is deleted from a `Map` as is set, it takes a new table all the time. V8 has each
 * table point to the next one, for iterators. Once one of them is in the old generation, all that
 * follow are kept with what they hold, dead or not, until the old generation is collected.
 */

const EMPTY = -1;
const BITS_MIN = 3;
/** 2^32 by the golden ratio, which spreads numbers in a row evenly. Knuth, TAOCP 3, 6.4. */
const SPREAD = 0x9e3779b1;

/**
 * Values by integers, of 0 and more. It stays at the table that it needed at most: 16 bytes for
 * each of two to four times as many as were in it at once. It is gone through in ascending order.
 *
 * A hash table with open addressing and linear probing. Source: Knuth, TAOCP 3, 6.4, algorithms L
 * and R.
 */
export class NumberMap<Key extends number, Value> implements Iterable<[Key, Value]> {
  private keys: Float64Array = emptyKeys(1 << BITS_MIN);
  private held: (Value | undefined)[] = emptyValues(1 << BITS_MIN);
  private shift = 32 - BITS_MIN;
  private count = 0;

  /** How many numbers have a value. */
  get size(): number {
    return this.count;
  }

  /** The value of `key`. */
  get(key: Key): Value | undefined {
    const place = this.placeOf(key);
    return this.keys[place] === key ? this.held[place] : undefined;
  }

  /** Whether `key` has a value. */
  has(key: Key): boolean {
    return this.keys[this.placeOf(key)] === key;
  }

  /** Gives `key` a value, in the place of the one that it has. */
  set(key: Key, value: Value): void {
    let place = this.placeOf(key);
    if (this.keys[place] !== key) {
      if (2 * (this.count + 1) > this.keys.length) {
        this.grow();
        place = this.placeOf(key);
      }
      this.keys[place] = key;
      this.count += 1;
    }
    this.held[place] = value;
  }

  /** Takes the value of `key` away; whether it had one. */
  delete(key: Key): boolean {
    const { keys, held } = this;
    let hole = this.placeOf(key);
    if (keys[hole] !== key) return false;
    const mask = keys.length - 1;
    // Who stands behind, and would be found at the hole, moves there and leaves one itself.
    for (let at = (hole + 1) & mask; keys[at] !== EMPTY; at = (at + 1) & mask) {
      const home = this.homeOf(keys[at] as number);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      keys[hole] = keys[at] as number;
      held[hole] = held[at];
      hole = at;
    }
    keys[hole] = EMPTY;
    held[hole] = undefined;
    this.count -= 1;
    return true;
  }

  /** Takes all values away. */
  clear(): void {
    this.keys.fill(EMPTY);
    this.held.fill(undefined);
    this.count = 0;
  }

  /** The numbers and their values as they are now; what changes meanwhile is not seen. */
  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    const { keys, held } = this;
    const pairs: [Key, Value][] = [];
    for (let place = 0; pairs.length < this.count; place += 1) {
      if (keys[place] !== EMPTY) pairs.push([keys[place] as Key, held[place] as Value]);
    }
    return pairs.sort(([a], [b]) => a - b).values();
  }

  private homeOf(key: number): number {
    return Math.imul(key, SPREAD) >>> this.shift;
  }

  /** Where `key` is, or would be. */
  private placeOf(key: number): number {
    const { keys } = this;
    const mask = keys.length - 1;
    let place = this.homeOf(key);
    while (keys[place] !== key && keys[place] !== EMPTY) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const { keys, held } = this;
    this.keys = emptyKeys(2 * keys.length);
    this.held = emptyValues(2 * keys.length);
    this.shift -= 1;
    for (const [nth, key] of keys.entries()) {
      if (key === EMPTY) continue;
      const place = this.placeOf(key);
      this.keys[place] = key;
      this.held[place] = held[nth];
    }
  }
}

function emptyKeys(count: number): Float64Array {
  return new Float64Array(count).fill(EMPTY);
}

function emptyValues<Value>(count: number): (Value | undefined)[] {
  return new Array<Value | undefined>(count).fill(undefined);
}
