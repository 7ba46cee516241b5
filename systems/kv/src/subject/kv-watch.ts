/**
 * The invariants of the store, looked at after every event of a whole cluster, from outside.
 *
 * Those of Raft hold for its log; of the store, that members which have applied the same entries
 * hold the same state: all versions that can be read, leases with their keys, sessions, alarms and
 * addresses, at every entry.
 */
import type { Invariant, Plan } from '@mangrove/experiment';
import type { NodeId, RunningNode } from '@mangrove/host';
import { type RaftState, RaftWatch, raftInvariants, type WatchedNode } from '@mangrove/raft';
import type { ReplicatedState } from '../core/replicated-state.ts';
import { StateDigest } from '../core/state-digest.ts';
import { KvReplica } from './kv-replica.ts';

/** Those of Raft, whose state machine is the store here. */
export const kvInvariants: readonly Invariant[] = raftInvariants.map((invariant) => {
  if (invariant.name !== 'state-machine safety') return invariant;
  const holds = 'members that have applied as much have the same revisions, leases and data';
  return { ...invariant, holds, source: `R31 of systems/kv/DESIGN.md; ${invariant.source}` };
});

/** The invariants for one run of `plan`, to be looked at after every event. */
export function watchKv(plan: Plan): (nodes: ReadonlyMap<NodeId, RunningNode>) => void {
  const damaged = plan.faults.flatMap((fault) => {
    const isDamage = fault.type === 'bit-rot' || (fault.type === 'crash' && fault.disk === 'wiped');
    return isDamage ? [fault.node] : [];
  });
  const watch = new RaftWatch(new Set(damaged));
  const digests = new WeakMap<KvReplica, WatchedNode['machine']>();
  return (nodes) => {
    const watched = new Map<NodeId, WatchedNode>();
    for (const [node, running] of nodes) {
      if (!(running instanceof KvReplica)) continue;
      const { raft, state } = running.node.inspect();
      const machine = machineOf(raft, state, digests.get(running));
      digests.set(running, machine);
      watched.set(node, { life: running, state: raft, machine });
    }
    watch.look(watched);
  };
}

const NOTHING: WatchedNode['machine'] = Object.freeze({ lastIndex: 0, appliedCount: 0, digest: 0 });

/** The state as of the entry that was applied last; `before` while entries are being applied. */
function machineOf(
  raft: Readonly<RaftState>,
  state: ReplicatedState,
  before: WatchedNode['machine'] = NOTHING,
): WatchedNode['machine'] {
  const lastIndex = raft.appliedIndex;
  if (lastIndex === before.lastIndex || raft.applyingIndex !== lastIndex) return before;
  return { lastIndex, appliedCount: state.store.revision, digest: digestOf(state) };
}

function digestOf(state: ReplicatedState): number {
  const digest = new Digest();
  const read = new StateDigest(state);
  for (;;) {
    const whole = read.step(Number.MAX_SAFE_INTEGER);
    if (whole === undefined) continue;
    digest.add(whole);
    break;
  }
  for (const { id } of state.store.leases.all()) {
    let keyCount = 0;
    for (const _ of state.store.leases.keysOf(id)) keyCount += 1;
    digest.add(keyCount);
  }
  for (const { alarm, member } of state.alarms.all()) digest.addText(`${alarm} of ${member}`);
  for (const entry of state.clientAddresses) digest.addText(entry.join(' at '));
  return digest.value;
}

/** FNV-1a over numbers of 32 bits. */
class Digest {
  value = 0x811c9dc5;

  add(number: number): void {
    this.value = Math.imul(this.value ^ (number >>> 0), 0x01000193) >>> 0;
  }

  addText(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.add(text.charCodeAt(at));
  }
}
