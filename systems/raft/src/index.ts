/**
 * The door of Raft: the pure core, its events, effects and messages.
 */
export {
  areSameConfiguration,
  type ChangeFault,
  type Configuration,
  changeConfiguration,
  isJoint,
  isMember,
  isVoter,
  leaveJoint,
  MAX_MEMBERS,
  type MemberChange,
  membersOf,
  simpleConfiguration,
} from './core/configuration.ts';
export type { Effect, HardState, RefusalReason, RoleName } from './core/effect.ts';
export { type Entry, entrySizeBytes, type Payload } from './core/entry.ts';
export type { RaftEvent, ReadMode, RequestId } from './core/event.ts';
export type { Message, MessageBody } from './core/message.ts';
export { DEFAULT_OPTIONS, type RaftOptions, toRaftOptions } from './core/options.ts';
export { type LogIndex, NO_INDEX, NO_TERM, type Term } from './core/positions.ts';
export {
  blankSnapshot,
  foundingSnapshot,
  type SnapshotMetadata,
} from './core/snapshot-metadata.ts';
export { snapshotAt } from './core/snapshots.ts';
export { createRaft, type RaftState, type Recovered } from './core/state.ts';
export { type FollowerStatus, type RaftStatus, statusOf } from './core/status.ts';
export { nextTimerAt, step } from './core/step.ts';
