/**
 * The door of the simulator: the Host in virtual time, faults, plans drawn from seeds, determinism.
 */
export {
  Audit,
  type AuditEntry,
  type Divergence,
  describeDivergence,
  type EventKind,
  firstDivergence,
} from './audit.ts';
export type { DrainMode } from './drain.ts';
export { drawPlan } from './draw-plan.ts';
export type { ActionEnd } from './fault-injector.ts';
export type { NodeEnd } from './life.ts';
export { type SimulateOptions, type SimulationReport, type Strike, simulate } from './simulate.ts';
export { idleNode, type NodeCode, Simulation, type SimulationOptions } from './simulation.ts';
export { TrappedGlobal } from './trap.ts';
