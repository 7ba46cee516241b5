/**
 * A group lives in the memory of watchers for as long as one of the stores does that knew it.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import type { StoreId } from '../core/configuration.ts';
import { GroupMemory, type SeenStore } from './group-memory.ts';

describe('the memory of a group', () => {
  it('R30: is lost with the last store on which anything was promised', () => {
    const memory = new GroupMemory();
    expect(memory.isLost(blank('a1', 'b1', 'c1'))).toBe(false);
    // Nobody has promised anything: there is nothing to lose.
    expect(memory.isLost(blank('a2', 'b2', 'c2'))).toBe(false);
    expect(memory.isLost(sworn('a2', 'b2', 'c2'))).toBe(false);
    expect(memory.isLost(blank('a3', 'b3'))).toBe(false);
    // The one that is down may still come back and remember.
    expect(memory.isLost(blank('a3', 'b4'))).toBe(false);
    expect(memory.isLost(blank('a3', 'c3'))).toBe(true);
    expect(memory.isLost(blank('a3', 'b4', 'c3'))).toBe(false);
    expect(memory.isLost(sworn('a3', 'b4', 'c3'))).toBe(false);
    expect(memory.isLost(blank('a4', 'b5', 'c4'))).toBe(true);
  });
});

/** Nodes by the letter of their stores, on which nothing was promised. */
function blank(...stores: readonly string[]): ReadonlyMap<NodeId, SeenStore> {
  return seen(stores, false);
}

function sworn(...stores: readonly string[]): ReadonlyMap<NodeId, SeenStore> {
  return seen(stores, true);
}

function seen(stores: readonly string[], mayPromise: boolean): ReadonlyMap<NodeId, SeenStore> {
  return new Map(
    stores.map((store) => [toNodeId(store.slice(0, 1)), { store: store as StoreId, mayPromise }]),
  );
}
