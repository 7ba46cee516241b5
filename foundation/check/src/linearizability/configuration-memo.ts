/**
 * The configurations that a search has refuted, so that none is tried twice.
 *
 * A configuration is a place in the history, the closed operations that are linearized though they
 * have not completed yet, the state, and the open operations that were used. Open operations need
 * not happen, so one that used fewer of them can do whatever one that used more can: a
 * configuration is refuted too when another with a subset of its used operations is. Without this
 * rule the number of configurations doubles with every open operation.
 */
import type { Budget } from '../budget.ts';

/**
 * The open operations that were used: of each class its number and how often, flat, and in the
 * order of the classes.
 */
export type Uses = readonly number[];

/** Those and one more. */
export function withUse(uses: Uses, classNumber: number): Uses {
  const next = [...uses];
  let at = 0;
  while (at < next.length && (next[at] ?? 0) < classNumber) at += 2;
  if (next[at] === classNumber) next[at + 1] = (next[at + 1] ?? 0) + 1;
  else next.splice(at, 0, classNumber, 1);
  return next;
}

/** Remembers configurations. Belongs to one search. */
export class ConfigurationMemo {
  readonly #seen = new Map<string, Uses[]>();
  readonly #budget: Budget;
  /** Memory of what is remembered, estimated. */
  memoryBytes = 0;

  /** @param budget gets the work of looking things up, as steps */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Whether the configuration is new; it is remembered then. */
  add(place: number, state: number, bits: Int32Array, used: Uses): boolean {
    this.#budget.stepCount += bits.length >>> 2;
    const name = nameOf(place, state, bits);
    const before = this.#seen.get(name);
    if (before === undefined) {
      this.#seen.set(name, [used]);
      this.memoryBytes += 200 + 2 * name.length + 8 * used.length;
      return true;
    }
    this.#budget.stepCount += (before.length * (used.length + 2)) >>> 2;
    if (before.some((smaller) => isSubset(smaller, used))) return false;
    const kept = before.filter((larger) => !isSubset(used, larger));
    kept.push(used);
    this.#seen.set(name, kept);
    this.memoryBytes += 60 + 8 * used.length;
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

/** Whether `larger` uses each class as often as `smaller` does, or more often. */
function isSubset(smaller: Uses, larger: Uses): boolean {
  if (smaller.length > larger.length) return false;
  let at = 0;
  for (let from = 0; from < smaller.length; from += 2) {
    while (at < larger.length && (larger[at] ?? 0) < (smaller[from] ?? 0)) at += 2;
    if (larger[at] !== smaller[from]) return false;
    if ((larger[at + 1] ?? 0) < (smaller[from + 1] ?? 0)) return false;
  }
  return true;
}
