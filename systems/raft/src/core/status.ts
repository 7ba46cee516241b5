/**
 * What a member says of itself to those who watch it.
 */
import type { NodeId } from '@mangrove/host';
import type { Configuration } from './configuration.ts';
import type { RoleName } from './effect.ts';
import type { LogIndex, Term } from './positions.ts';
import type { Progress } from './progress.ts';
import type { RaftState } from './state.ts';

/** How a follower stands, as its leader sees it. */
export interface FollowerStatus {
  readonly node: NodeId;
  readonly mode: Progress['mode'];
  readonly matchIndex: LogIndex;
  /** How many entries it is behind. */
  readonly lagCount: number;
}

/** A member at one moment. */
export interface RaftStatus {
  readonly node: NodeId;
  readonly role: RoleName;
  readonly term: Term;
  readonly leader: NodeId | undefined;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly snapshotIndex: LogIndex;
  readonly configuration: Configuration;
  /** Its disk is full: it neither leads nor acknowledges before there is room. */
  readonly isDiskFull: boolean;
  /** Empty unless it leads. */
  readonly followers: readonly FollowerStatus[];
}

/** How `state` stands. */
export function statusOf(state: RaftState): RaftStatus {
  const { role, log } = state;
  const progress = role.type === 'leader' ? [...role.progress] : [];
  return {
    node: state.self,
    role: role.type,
    term: state.term,
    leader: state.leader,
    commitIndex: state.commitIndex,
    appliedIndex: state.appliedIndex,
    lastIndex: log.lastIndex,
    snapshotIndex: state.snapshot.index,
    configuration: log.configurations.latest.configuration,
    isDiskFull: state.isDiskFull,
    followers: progress.map(([node, { mode, matchIndex }]) => ({
      node,
      mode,
      matchIndex,
      lagCount: log.lastIndex - matchIndex,
    })),
  };
}
