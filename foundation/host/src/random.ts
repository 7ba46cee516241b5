/**
 * Randomness that is a function of a seed and a name, and the one generator behind it.
 *
 * Everything that draws has a stream of its own (a node, a link, a client, a fault), so that one
 * more draw in one place does not shift the draws of another. Only integers: the last bit of a
 * float may differ between engines. The generator stands here, beside its interface, because "same
 * seed, same draws" is part of the contract in every world.
 */
import { InvalidArgument } from './errors.ts';

/** A source of random integers. */
export interface Random {
  /** Uniform in 0 .. 2^32 - 1. */
  uint32(): number;
  /** Uniform in 0 .. bound - 1, without bias; `bound` is 1 to 2^32. */
  below(bound: number): number;
  /** Uniform in low .. high, both included. */
  between(low: number, high: number): number;
  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number): boolean;
  /** One of `items`, which must not be empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** A new array with the items in random order. */
  shuffle<Item>(items: readonly Item[]): Item[];
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** The stream called `name` under this one: the same whenever it is asked for. */
  stream(name: string): Random;
}

/** All of `Random` on top of one drawing function: what an implementation extends. */
export abstract class RandomSource implements Random {
  abstract uint32(): number;
  abstract stream(name: string): Random;

  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new InvalidArgument('bound', bound, 'an integer from 1 to 2^32');
    }
    const fair = 2 ** 32 - (2 ** 32 % bound);
    let draw = this.uint32();
    while (draw >= fair) draw = this.uint32();
    return draw % bound;
  }

  between(low: number, high: number): number {
    if (!(low <= high)) throw new InvalidArgument('low', low, `at most high, which is ${high}`);
    return low + this.below(high - low + 1);
  }

  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new InvalidArgument('items', '[]', 'a list with an item or more');
    return items[this.below(items.length)] as Item;
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other] as Item, result[last] as Item];
    }
    return result;
  }

  bytes(length: number): Uint8Array {
    const result = new Uint8Array(length);
    for (let index = 0; index < length; index++) result[index] = this.uint32() & 0xff;
    return result;
  }
}

/**
 * The generator sfc32 (Doty-Humphrey, PractRand): 128 bits of state, fast in 32-bit arithmetic.
 *
 * Not for secrets: whoever sees some draws can compute the rest.
 */
export class SeededRandom extends RandomSource {
  private readonly key: number;
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param seed any 32-bit integer; two seeds give unrelated draws */
  constructor(seed: number, name = '') {
    super();
    this.key = hashName(seed >>> 0, name);
    this.a = mix(this.key ^ 0x9e3779b9);
    this.b = mix(this.key ^ 0x243f6a88);
    this.c = mix(this.key ^ 0xb7e15162);
    for (let round = 0; round < 12; round++) this.uint32();
  }

  override uint32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  override stream(name: string): SeededRandom {
    return new SeededRandom(this.key, name);
  }
}

/** FNV-1a over the UTF-16 code units of `name`, begun at `seed` and mixed. */
function hashName(seed: number, name: string): number {
  let hash = mix(seed ^ 0x811c9dc5);
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

/** The finaliser of MurmurHash3: every input bit changes about half of the output bits. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
