/**
 * Which watchers want to see a key: by the key for those of one key, by a tree for those of ranges.
 *
 * The tree is a treap over the ranges' beginnings; each node knows the furthest end below it, so
 * that what ends before the key is passed over as a whole. A look-up costs O(log n + found).
 *
 * Source: Cormen et al., Introduction to algorithms, 14.3 (interval trees); Seidel and Aragon,
 * Randomized search trees (1996). Priorities are a hash of a counter, so that runs repeat.
 */
import { compareKeys, isSingle, type KeyRange } from './key-range.ts';

/** A set of things with ranges. */
export class WatcherIndex<Watcher extends { readonly range: KeyRange }> {
  private readonly byKey = new Map<string, Set<Watcher>>();
  private root: Node<Watcher> | undefined;
  private addedCount = 0;

  add(watcher: Watcher): void {
    const { range } = watcher;
    if (isSingle(range)) {
      const name = nameOf(range.from);
      const known = this.byKey.get(name);
      if (known === undefined) this.byKey.set(name, new Set([watcher]));
      else known.add(watcher);
      return;
    }
    this.addedCount += 1;
    this.root = insert(this.root, range, watcher, scramble(this.addedCount));
  }

  remove(watcher: Watcher): void {
    const { range } = watcher;
    if (isSingle(range)) {
      const name = nameOf(range.from);
      const known = this.byKey.get(name);
      known?.delete(watcher);
      if (known?.size === 0) this.byKey.delete(name);
      return;
    }
    this.root = remove(this.root, range, watcher);
  }

  /** Shows `visit` every watcher in whose range `key` is. */
  visit(key: Uint8Array, visit: (watcher: Watcher) => void): void {
    if (this.byKey.size > 0) {
      for (const watcher of this.byKey.get(nameOf(key)) ?? []) visit(watcher);
    }
    visitNode(this.root, key, visit);
  }
}

interface Node<Watcher> {
  readonly range: KeyRange;
  readonly watchers: Set<Watcher>;
  readonly priority: number;
  left: Node<Watcher> | undefined;
  right: Node<Watcher> | undefined;
  // The furthest end of this node and those below it; undefined is the end of all keys.
  furthest: Uint8Array | undefined;
}

function insert<Watcher>(
  node: Node<Watcher> | undefined,
  range: KeyRange,
  watcher: Watcher,
  priority: number,
): Node<Watcher> {
  if (node === undefined) {
    const watchers = new Set([watcher]);
    return { range, watchers, priority, left: undefined, right: undefined, furthest: range.to };
  }
  const order = compareRanges(range, node.range);
  if (order === 0) {
    node.watchers.add(watcher);
    return node;
  }
  if (order < 0) {
    node.left = insert(node.left, range, watcher, priority);
    return node.left.priority > node.priority ? rotatedRight(node, node.left) : measured(node);
  }
  node.right = insert(node.right, range, watcher, priority);
  return node.right.priority > node.priority ? rotatedLeft(node, node.right) : measured(node);
}

function remove<Watcher>(
  node: Node<Watcher> | undefined,
  range: KeyRange,
  watcher: Watcher,
): Node<Watcher> | undefined {
  if (node === undefined) return undefined;
  const order = compareRanges(range, node.range);
  if (order < 0) node.left = remove(node.left, range, watcher);
  else if (order > 0) node.right = remove(node.right, range, watcher);
  else {
    node.watchers.delete(watcher);
    if (node.watchers.size === 0) return joined(node.left, node.right);
  }
  return measured(node);
}

function joined<Watcher>(
  left: Node<Watcher> | undefined,
  right: Node<Watcher> | undefined,
): Node<Watcher> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = joined(left.right, right);
    return measured(left);
  }
  right.left = joined(left, right.left);
  return measured(right);
}

function rotatedRight<Watcher>(node: Node<Watcher>, left: Node<Watcher>): Node<Watcher> {
  node.left = left.right;
  left.right = measured(node);
  return measured(left);
}

function rotatedLeft<Watcher>(node: Node<Watcher>, right: Node<Watcher>): Node<Watcher> {
  node.right = right.left;
  right.left = measured(node);
  return measured(right);
}

function measured<Watcher>(node: Node<Watcher>): Node<Watcher> {
  let furthest = node.range.to;
  for (const below of [node.left, node.right]) {
    if (below !== undefined && compareEnds(below.furthest, furthest) > 0) furthest = below.furthest;
  }
  node.furthest = furthest;
  return node;
}

function visitNode<Watcher>(
  node: Node<Watcher> | undefined,
  key: Uint8Array,
  visit: (watcher: Watcher) => void,
): void {
  if (node === undefined) return;
  if (node.furthest !== undefined && compareKeys(key, node.furthest) >= 0) return;
  visitNode(node.left, key, visit);
  if (compareKeys(key, node.range.from) < 0) return;
  if (node.range.to === undefined || compareKeys(key, node.range.to) < 0) {
    for (const watcher of node.watchers) visit(watcher);
  }
  visitNode(node.right, key, visit);
}

function compareRanges(left: KeyRange, right: KeyRange): number {
  return compareKeys(left.from, right.from) || compareEnds(left.to, right.to);
}

function compareEnds(left: Uint8Array | undefined, right: Uint8Array | undefined): number {
  if (left === undefined) return right === undefined ? 0 : 1;
  return right === undefined ? -1 : compareKeys(left, right);
}

// One character for each byte: as a name in a map, and nothing else.
function nameOf(key: Uint8Array): string {
  let name = '';
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
}

// Spreads consecutive numbers over all of 32 bits (the finaliser of MurmurHash3).
function scramble(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
