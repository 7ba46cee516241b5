/**
 * The network between all machines: its links, and who is told when one of them changes.
 */
import type { NodeId } from '@mangrove/host';
import type { ChoiceBook } from './choice-book.ts';
import { Link } from './link.ts';
import type { Machine } from './machine.ts';

/** All links, made when they are first used. */
export class Network {
  private readonly book: ChoiceBook;
  private readonly machines: ReadonlyMap<NodeId, Machine>;
  private readonly links = new Map<Machine, Map<NodeId, Link>>();

  constructor(book: ChoiceBook, machines: ReadonlyMap<NodeId, Machine>) {
    this.book = book;
    this.machines = machines;
  }

  /** The link from a machine to a node; `undefined` where there is no such machine. */
  link(source: Machine, to: NodeId): Link | undefined {
    let links = this.links.get(source);
    if (links === undefined) {
      links = new Map();
      this.links.set(source, links);
    }
    const known = links.get(to);
    if (known !== undefined) return known;
    const target = this.machines.get(to);
    if (target === undefined) return undefined;
    const made = new Link(source, target, this.book);
    links.set(to, made);
    return made;
  }

  /** The links of a fault: every pair of a `from` and a `to` that are two machines. */
  linksBetween(from: readonly NodeId[], to: readonly NodeId[]): readonly Link[] {
    const found: Link[] = [];
    for (const source of from) {
      const machine = this.machines.get(source);
      for (const target of to) {
        const link = machine === undefined ? undefined : this.link(machine, target);
        if (link !== undefined && source !== target) found.push(link);
      }
    }
    return found;
  }
}
