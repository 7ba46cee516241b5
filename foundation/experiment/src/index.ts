/**
 * The door of the vocabulary of experiments: subjects, faults, plans, traces, planted bugs, as
 * data.
 */
export type { Bench, BenchRow } from './bench.ts';
export { type ClientTask, driveClient } from './client-driver.ts';
export { bothWays, bridge, cut, majoritiesRing, swizzle } from './cut.ts';
export type {
  Atlas,
  AtlasMode,
  Cast,
  Experiment,
  FaultKind,
  PlannedAction,
} from './experiment.ts';
export {
  type ActionOutcome,
  type ClockFault,
  type CrashPoint,
  type DiskFate,
  type DiskFault,
  type DiskOperation,
  describeFault,
  describePoint,
  endOf,
  type Fault,
  type Links,
  type NetworkFault,
  type OperatorAction,
  type ProcessFault,
  type Window,
} from './fault.ts';
export type { Invariant } from './invariant.ts';
export { MarkSums, type Marks } from './marks.ts';
export type { HistoryEvent, Operation, Outcome, PlannedOperation, Value } from './operation.ts';
export {
  type Choices,
  formatPlan,
  MAX_PLAN_ITEMS,
  MAX_PLAN_LENGTH,
  MAX_PLAN_MEMBERS,
  type MessageFate,
  type Plan,
  parsePlan,
} from './plan.ts';
export {
  type BugDifficulty,
  type BugMinimum,
  type Planted,
  type PlantedBug,
  plant,
} from './planted-bug.ts';
export { follower, hasRole, isRole, leader, OTHERS, RoleBook } from './role.ts';
export {
  MAX_TRACE_LENGTH,
  MAX_TRACE_RECORDS,
  packTrace,
  type RunTrace,
  type TraceRecord,
  unpackTrace,
} from './run-trace.ts';
export { describeBound, describeLevel, describeSlo, type Slo, type SloPhase } from './slo.ts';
export type { Member, NodeConfig, Subject, SubjectClient, Topology } from './subject.ts';
export {
  always,
  type Draft,
  drawOperations,
  type Generator,
  mix,
  type Phase,
  perClient,
  perKey,
  phases,
  type Source,
  type Stretch,
  spread,
  stagger,
  type Turn,
  together,
  until,
  type Workload,
} from './workload.ts';
