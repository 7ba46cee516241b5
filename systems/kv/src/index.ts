/**
 * The door of the key-value store: its core, to be run by whoever keeps the log.
 */
export type { CallOptions } from './client/caller.ts';
export type { ClientHost } from './client/client-host.ts';
export type { Election } from './client/election.ts';
export { type Bytes, type KeySelector, KvEntry } from './client/key.ts';
export {
  type CompactOptions,
  KvClient,
  type KvClientOptions,
  type KvHash,
} from './client/kv-client.ts';
export { KvError } from './client/kv-error.ts';
export type { KvOperations, ReadOptions } from './client/kv-operations.ts';
export type { KvSession } from './client/kv-session.ts';
export type { KvLease, LeaseOptions, LeaseTime } from './client/lease.ts';
export type { Claim, LockOptions } from './client/lock.ts';
export {
  type Condition,
  type Consistency,
  type DeleteAnswer,
  type DeleteOptions,
  type GetOptions,
  type OperationAnswer,
  op,
  type PutAnswer,
  type PutOptions,
  type ReadAnswer,
  type Relation,
  when,
} from './client/operations.ts';
export type { StmOptions, StmView } from './client/stm.ts';
export type { Txn, TxnAnswer } from './client/txn.ts';
export { KvEvent, type Watch, type WatchBatch, type WatchOptions } from './client/watch.ts';
export { applyCommand, type Command, type CommandResult, commandWork } from './core/command.ts';
export type { AnswerHeader, ReadConsistency } from './core/consistency.ts';
export { hashKv } from './core/hash-kv.ts';
export {
  compareKeys,
  isInRange,
  isSingle,
  type KeyRange,
  keyAfter,
  prefixRange,
  singleKey,
} from './core/key-range.ts';
export { type KeyEvent, type KeyValue, type LeaseId, NO_LEASE } from './core/key-value.ts';
export { KV_ERRORS, type KvErrorCode } from './core/kv-error-code.ts';
export type {
  Alarm,
  KvMember,
  KvReply,
  KvRequest,
  KvResult,
  KvStatus,
  RaisedAlarm,
  SessionPlace,
} from './core/kv-request.ts';
export { LeaseClock } from './core/lease-clock.ts';
export type { Lease } from './core/leases.ts';
export type { LogCommand } from './core/log-command.ts';
export { RangeRead } from './core/range-read.ts';
export {
  type Answer,
  type Compare,
  type CompareOperand,
  type DeleteRequest,
  type DeleteResult,
  type Operation,
  type OperationResult,
  type PutRequest,
  type PutResult,
  type RangeRequest,
  type RangeResult,
  type Refusal,
  readAll,
  type SortTarget,
  TXN_DEPTH_MAX,
  TXN_OPERATIONS_MAX,
  TXN_TOTAL_MAX,
  type TxnRequest,
  type TxnResult,
} from './core/request.ts';
export { FIRST_REVISION, NO_REVISION, type Revision } from './core/revision.ts';
export {
  type SnapshotHeader,
  SnapshotRead,
  SnapshotRestore,
  type SnapshotVersion,
} from './core/snapshot.ts';
export { KvStore } from './core/store.ts';
export { execute } from './core/transaction.ts';
export { invalidity } from './core/validity.ts';
export { WatchHub } from './core/watch-hub.ts';
export type {
  CancelReason,
  WatchEvent,
  WatchId,
  WatchMessage,
  WatchRequest,
} from './core/watch-message.ts';
export { type Watcher, WatchSession, type WatchSessionOptions } from './core/watch-session.ts';
export { finish, type Work } from './core/work.ts';
export { plantedBugs } from './planted-bugs.ts';
export {
  type NativeServer,
  type NativeServerOptions,
  type ServerBounds,
  serveNative,
} from './protocol/native/native-server.ts';
export { Ask } from './shell/ask.ts';
export { type BackupSummary, readBackup, verifyBackup } from './shell/backup.ts';
export { KvNode, startKvNode } from './shell/kv-node.ts';
export { DEFAULT_BOUNDS, type KvBounds, type KvNodeConfig } from './shell/kv-node-config.ts';
export type { AnswerMeter, KvService, WatchDoor } from './shell/kv-service.ts';
export { createLogCodec } from './shell/log-codec.ts';
export {
  blob,
  errorCode,
  keyRange,
  keyValue,
  leaseId,
  operation,
  operationResult,
  revision,
} from './shell/operation-codec.ts';
export { kvContractExperiment } from './subject/contract-experiment.ts';
export { kvBugs } from './subject/kv-bugs.ts';
export { kvExperiment } from './subject/kv-experiment.ts';
export { kvHunts } from './subject/kv-hunts.ts';
export { kvContractLeanExperiment, kvLeanExperiment } from './subject/kv-lean.ts';
export { type KvPromise, kvPromises } from './subject/kv-promises.ts';
export { kvScenarioExperiments } from './subject/kv-scenario-experiments.ts';
export { kvInvariants, watchKv } from './subject/kv-watch.ts';
