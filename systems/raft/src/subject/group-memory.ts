/**
 * Whether anyone is left who knew the group: the bound of what the invariants are about.
 *
 * A group is known by the stores on which its members may make promises. While one of them is left,
 * whoever comes with an empty disk in the place of another is refused. Once all of them are gone,
 * founders with empty disks found a group in the name of the former one, from term 1 on, and
 * nothing in the world tells the two apart. So the invariants hold for each of them by itself, and
 * whoever watches has to begin anew.
 */
import type { NodeId } from '@mangrove/host';
import type { StoreId } from '../core/configuration.ts';

/** What is seen of a node that runs. */
export interface SeenStore {
  readonly store: StoreId;
  /** Whether it may vote and campaign on it. */
  readonly mayPromise: boolean;
}

/** The stores of one group after another, under the same names. */
export class GroupMemory {
  private readonly stores = new Map<NodeId, StoreId>();

  /**
   * Takes in on which stores nodes run; true where the last one is gone that knew the group. A node
   * that is down has its store until it comes back with another.
   */
  isLost(running: ReadonlyMap<NodeId, SeenStore>): boolean {
    const wasKnown = this.stores.size > 0;
    for (const [node, { store, mayPromise }] of running) {
      if (this.stores.get(node) !== store) this.stores.delete(node);
      if (mayPromise) this.stores.set(node, store);
    }
    return wasKnown && this.stores.size === 0;
  }
}
