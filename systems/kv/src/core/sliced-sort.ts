/**
 * Sorting in slices: a million elements must not hold up the heartbeats of their node.
 *
 * A merge sort from the bottom up. It is stable, and every element is moved once a pass.
 */
import { assert } from '@mangrove/host';

/** A sort under way; it owns `items` until it is done. */
export class SlicedSort<Item> {
  private readonly compare: (left: Item, right: Item) => number;
  private source: Item[];
  private target: Item[] = [];
  private width = RUN_LENGTH;
  // Where the next run of the first pass begins, or the next merge of the others.
  private position = 0;
  private isInRuns = true;
  // How far the merge under way is in each of its two runs.
  private left = 0;
  private right = 0;

  constructor(items: Item[], compare: (left: Item, right: Item) => number) {
    this.source = items;
    this.compare = compare;
  }

  /** Moves about `movesMax` elements, or two runs; gives the sorted ones once they are. */
  step(movesMax: number): Item[] | undefined {
    let left = movesMax;
    while (left > 0) {
      if (this.isInRuns) left -= this.sortRun();
      else if (this.width >= this.source.length) return this.source;
      else left -= this.mergeSome(left);
    }
    return undefined;
  }

  private sortRun(): number {
    const { source, position } = this;
    const run = source.slice(position, position + RUN_LENGTH).sort(this.compare);
    for (const [offset, item] of run.entries()) source[position + offset] = item;
    this.position += RUN_LENGTH;
    if (this.position >= source.length) {
      this.isInRuns = false;
      this.position = 0;
    }
    return RUN_LENGTH;
  }

  private mergeSome(movesMax: number): number {
    const { source, target, width, position } = this;
    const middle = Math.min(position + width, source.length);
    const end = Math.min(position + 2 * width, source.length);
    if (this.left < position) this.left = position;
    if (this.right < middle) this.right = middle;
    let moves = 0;
    for (; moves < movesMax && target.length < end; moves += 1) {
      const takesLeft =
        this.left < middle &&
        (this.right >= end || this.compare(this.at(this.left), this.at(this.right)) <= 0);
      target.push(this.at(takesLeft ? this.left : this.right));
      if (takesLeft) this.left += 1;
      else this.right += 1;
    }
    if (target.length === end) this.position = end;
    if (this.position >= source.length) this.nextPass();
    return Math.max(1, moves);
  }

  private nextPass(): void {
    this.source = this.target;
    this.target = [];
    this.position = 0;
    this.left = 0;
    this.right = 0;
    this.width *= 2;
  }

  private at(index: number): Item {
    assert(index < this.source.length, `element ${index} of ${this.source.length}`);
    return this.source[index] as Item;
  }
}

/** How many elements are sorted at once. */
const RUN_LENGTH = 256;
