/**
 * Whether a transaction might change a key twice, whatever the store holds.
 *
 *     keys that are named, in order     a   b   c   d   e            places 0 to 4
 *     puts of a, c, c and d             1       2   1
 *     a deletion from b to e                [-----------)
 *
 * What can happen together is counted: how many puts are at a place, how many deletions lie over
 * it. The changes of a branch are taken out while the branch that excludes it is gone through.
 * Cost: that of sorting the keys, and for each transaction around a change log n steps.
 */
import { placesOf } from './key-places.ts';
import type { DeleteRequest, Operation, PutRequest, TxnRequest } from './request.ts';

/** Whether `txn` might change a key twice; branches of which one is taken may change the same. */
export function mayChangeTwice(txn: TxnRequest): boolean {
  const changes: Change[] = [];
  gather(txn, changes);
  return changes.length > 1 && new CollisionSearch(changes).finds([txn]);
}

type Change = PutRequest | DeleteRequest;

/** The changes of `operation`, in the order in which they are gone through. */
function gather(operation: Operation, changes: Change[]): void {
  if (operation.type === 'put' || operation.type === 'delete') changes.push(operation);
  if (operation.type !== 'txn') return;
  for (const each of operation.success) gather(each, changes);
  for (const each of operation.failure) gather(each, changes);
}

class CollisionSearch {
  private readonly changes: readonly Change[];
  // Of each change: its first place, and the one behind its last.
  private readonly from: readonly number[];
  private readonly to: readonly number[];
  private readonly puts: Tally;
  private readonly deletes: Tally;
  private next = 0;

  constructor(changes: readonly Change[]) {
    this.changes = changes;
    const first = changes.map((each) => (each.type === 'put' ? each.key : each.range.from));
    const ends = changes.map((each) => (each.type === 'put' ? undefined : each.range.to));
    const named = ends.filter((end) => end !== undefined);
    const { places, placeCount } = placesOf([...first, ...named]);
    this.from = places.slice(0, first.length);
    let nextEnd = first.length;
    this.to = changes.map((each, nth) => {
      if (each.type === 'put') return (places[nth] ?? 0) + 1;
      if (each.range.to === undefined) return placeCount;
      nextEnd += 1;
      return places[nextEnd - 1] ?? 0;
    });
    this.puts = new Tally(placeCount);
    this.deletes = new Tally(placeCount);
  }

  /** Whether one of `operations`, which are the next, collides with another, or one before. */
  finds(operations: readonly Operation[]): boolean {
    for (const operation of operations) {
      if (operation.type === 'txn') {
        const first = this.next;
        if (this.finds(operation.success)) return true;
        const behind = this.next;
        this.count(first, behind, -1);
        if (this.finds(operation.failure)) return true;
        this.count(first, behind, 1);
      } else if (operation.type !== 'range') {
        if (this.collides(this.next)) return true;
        this.next += 1;
        this.count(this.next - 1, this.next, 1);
      }
    }
    return false;
  }

  private collides(change: number): boolean {
    const { from = 0, to = 0 } = { from: this.from[change], to: this.to[change] };
    const putCount = this.puts.before(to) - this.puts.before(from);
    if (this.changes[change]?.type === 'delete') return to > from && putCount > 0;
    // What begins at or before a place and does not end there lies over it.
    return putCount > 0 || this.deletes.before(to) > 0;
  }

  /** The changes from `first` on and before `behind` can happen, or cannot. */
  private count(first: number, behind: number, by: 1 | -1): void {
    for (let change = first; change < behind; change += 1) {
      const { from = 0, to = 0 } = { from: this.from[change], to: this.to[change] };
      if (this.changes[change]?.type === 'put') this.puts.add(from, by);
      else if (to > from) {
        this.deletes.add(from, by);
        this.deletes.add(to, -by);
      }
    }
  }
}

/** Numbers at places, and their sum before a place, both in log n steps. Source: Fenwick 1994. */
class Tally {
  private readonly sums: Int32Array;

  constructor(placeCount: number) {
    this.sums = new Int32Array(placeCount + 2);
  }

  add(place: number, by: number): void {
    for (let at = place + 1; at < this.sums.length; at += at & -at) {
      this.sums[at] = (this.sums[at] ?? 0) + by;
    }
  }

  /** The sum of all that was added at places before `place`. */
  before(place: number): number {
    let sum = 0;
    for (let at = place; at > 0; at -= at & -at) sum += this.sums[at] ?? 0;
    return sum;
  }
}
