/**
 * The door of Raft: the pure core with its events, effects and messages, the node that runs it on a
 * Host, and the subject that the lab drives.
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
  type MemberStore,
  membersOf,
  type StoreId,
  simpleConfiguration,
  storeOf,
} from './core/configuration.ts';
export type { Effect, HardState, RefusalReason, RoleName } from './core/effect.ts';
export { type Entry, entrySizeBytes, type Payload } from './core/entry.ts';
export type { RaftEvent, ReadMode, RequestId, SnapshotChunk } from './core/event.ts';
export { type MemberIdentity, mayPromise, STORES_SINCE } from './core/identity.ts';
export type { Message, MessageBody } from './core/message.ts';
export { DEFAULT_OPTIONS, type RaftOptions, toRaftOptions } from './core/options.ts';
export { type LogIndex, NO_INDEX, NO_TERM, type Term } from './core/positions.ts';
export {
  type SessionOutcome,
  type SessionRecord,
  SessionTable,
} from './core/sessions.ts';
export {
  blankSnapshot,
  foundingSnapshot,
  type PartialSnapshot,
  type SnapshotImage,
  type SnapshotMetadata,
} from './core/snapshot-metadata.ts';
export { snapshotAt } from './core/snapshots.ts';
export { createRaft, type RaftState, type Recovered } from './core/state.ts';
export { type FollowerStatus, type RaftStatus, statusOf } from './core/status.ts';
export { nextTimerAt, step } from './core/step.ts';
export { experimentsOf } from './experiments/led-scenarios.ts';
export { type LedSystem, READ_ASKED, type ScenarioExperiment } from './experiments/led-system.ts';
export { raftScenarioExperiments } from './experiments/raft-scenario-experiments.ts';
export { plantedBugs } from './planted-bugs.ts';
export type { GroupLag, GroupsOverview } from './shell/group-tally.ts';
export { RAFT_ERRORS, RaftError, type RaftErrorCode } from './shell/raft-error.ts';
export {
  type GroupConfig,
  RaftGroups,
  type RaftGroupsConfig,
  startRaftGroups,
} from './shell/raft-groups.ts';
export {
  type CallOptions,
  type ChangeOptions,
  type Consistency,
  type LearnerOptions,
  RaftNode,
  type ReadOptions,
  startRaftNode,
} from './shell/raft-node.ts';
export type { RaftNodeConfig } from './shell/raft-node-config.ts';
export { Replica, startReplica } from './shell/replica.ts';
export {
  encodeSessionCommand,
  type SessionCommand,
  SessionMachine,
  type SessionResult,
} from './shell/session-machine.ts';
export { SLICE_BYTES_MAX } from './shell/snapshot-blocks.ts';
export type { Slices } from './shell/snapshot-files.ts';
export type {
  AnyMachine,
  CommandCodec,
  PlacedCommand,
  StateMachine,
  StreamingMachine,
} from './shell/state-machine.ts';
export {
  type Codec,
  defineMachine,
  jsonCodec,
  type MachineDefinition,
  TypedMachine,
} from './shell/typed-machine.ts';
export {
  inspectStore,
  type StorePlace,
  type StoreReport,
  type UnsafeRecovery,
  unsafeRecoverQuorum,
} from './shell/unsafe-recovery.ts';
export { describePeerMessage } from './subject/describe-peer.ts';
export { raftGroupsExperiment, watchGroups } from './subject/groups-experiment.ts';
export { type Attempt, attemptsOf, type Play, type Stage } from './subject/plays/attempt.ts';
export { deafLeader } from './subject/plays/reading-plays.ts';
export { raftBugs } from './subject/raft-bugs.ts';
export {
  raftExperiment,
  raftReadsExperiment,
  raftSubject,
  watchRaft,
} from './subject/raft-experiment.ts';
export { raftBeyondExperiment, raftHunts } from './subject/raft-hunts.ts';
export { raftInvariants } from './subject/raft-invariants.ts';
export { RaftWatch, type WatchedNode } from './subject/raft-watch.ts';
export {
  encodeCommand,
  type RegisterCommand,
  RegisterMachine,
} from './subject/register-machine.ts';
export { versionMaxOf } from './subject/register-replica.ts';
