/**
 * What a node is given by whoever runs many of them in one process; alone, it does without.
 */
import type { NodeId } from '@mangrove/host';
import type { RoleName } from '../core/effect.ts';
import type { CodecTools } from './peer-codec.ts';
import type { JournalHold } from './raft-storage.ts';

/** The place of a node among others. */
export interface NodeSeat {
  /** Opens its log in a journal that others share; a new one begins at `firstIndex`. */
  readonly openLog?: (firstIndex: number) => Promise<JournalHold>;
  /** What all nodes of the process encode with. */
  readonly tools?: CodecTools;
  /** The group fell asleep: `RaftNode.wake` when the process of `leader` is not heard any more. */
  readonly onAsleep?: (leader: NodeId) => void;
  /** The group woke up. */
  readonly onAwake?: () => void;
  /** The role of this node, or its leader, is another one. */
  readonly onRole?: (role: RoleName, leader: NodeId | undefined) => void;
}
