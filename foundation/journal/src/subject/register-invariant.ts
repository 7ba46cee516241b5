/**
 * What must hold of every replica of the durable register at every moment: it forgets nothing.
 */
import type { Invariant } from '@mangrove/experiment';
import { assert, type NodeId, type RunningNode } from '@mangrove/host';
import { isNewer, type Kept } from './register-message.ts';
import { RegisterReplica } from './register-replica.ts';

/** What is asked of it. */
export const registerInvariants: readonly Invariant[] = Object.freeze([
  {
    name: 'nothing is forgotten',
    holds: 'a replica has what it ever had on disk, or something newer',
    source: 'R1 of foundation/journal/DESIGN.md',
  },
]);

/**
 * Makes the invariant of one run; what it gives is to be called after every step.
 *
 * A replica that runs has, under each key, what it or any of its former lives ever had, or
 * something newer. One that refused to start is none that runs.
 */
export function createRegisterInvariant(): (nodes: ReadonlyMap<NodeId, RunningNode>) => void {
  const seen = new Map<NodeId, Map<string, Kept>>();
  return (nodes) => {
    for (const [node, replica] of nodes) {
      if (!(replica instanceof RegisterReplica)) continue;
      const before = seen.get(node) ?? new Map<string, Kept>();
      seen.set(node, before);
      for (const [key, kept] of before) {
        const { stamp, value } = kept;
        const now = replica.durable.get(key);
        const isThere = now !== undefined && !isNewer(kept, now);
        const had = `${node} had ${value} under ${key}, of ${stamp.writer}'s count ${stamp.count}`;
        assert(isThere, `${had}, and has ${now?.value ?? 'nothing'} now`);
      }
      for (const [key, kept] of replica.durable) before.set(key, kept);
    }
  };
}
