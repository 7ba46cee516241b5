/**
 * An experiment: a subject, how many take part, what they do, and which faults may strike.
 */
import type { NodeId, Random } from '@mangrove/host';
import type { Fault } from './fault.ts';
import type { Slo } from './slo.ts';
import type { Subject } from './subject.ts';
import type { Workload } from './workload.ts';

/** The kinds of trouble that a seed may draw; each run has a random subset of them. */
export type FaultKind =
  | 'cut'
  | 'rough-links'
  | 'corrupt-links'
  | 'slow-links'
  | 'full-queues'
  | 'stall-links'
  | 'reset-streams'
  | 'crash'
  | 'power-loss'
  | 'wipe'
  | 'crash-at'
  | 'pause'
  | 'slow-node'
  | 'disk-error'
  | 'disk-full'
  | 'slow-disk'
  | 'stall-disk'
  | 'bit-rot'
  | 'wall-jump'
  | 'clock-drift'
  | 'upgrade'
  | 'action'
  | 'scenario';

/**
 * Whether the drawn faults stay within what the protocol promises to survive (`within`), or may go
 * beyond it (`beyond`), where a system must refuse rather than lose something in silence.
 */
export type AtlasMode = 'within' | 'beyond';

/** What the fault atlas must keep whole. */
export interface Atlas {
  readonly mode: AtlasMode;
  /** How many replicas may ever lose or rot what they had synced. Default: a minority. */
  readonly damagedReplicaMax?: number;
  /** The bound of clock rates, ppm. Default: what the Host states. */
  readonly driftPpmMax?: number;
  /** The longest jump of a wall clock, ms. */
  readonly wallJumpMsMax?: number;
}

/** All that a run is drawn from. */
export interface Experiment {
  readonly name: string;
  readonly subject: Subject;
  readonly replicaCount: number;
  readonly clientCount: number;
  /** How long faults and load last, ms of the run's time. */
  readonly activeMs: number;
  /** After the faults: within this time every client must see an `ok`, ms. */
  readonly quietMs: number;
  /**
   * So long after the faults clients begin what they do last, ms: time for getting well again. One
   * of these is drawn. Default: half of `quietMs`.
   */
  readonly settlingMs?: readonly number[];
  /** A run goes on, within its quiet phase, until nodes reacted so often. Default: 0. */
  readonly eventCountMin?: number;
  /** A client gives up an operation after this time and does not know its outcome, ms. */
  readonly operationTimeoutMs: number;
  readonly workload: Workload;
  /** The kinds of trouble that a seed may draw. */
  readonly faults: readonly FaultKind[];
  /**
   * From when on they are drawn, ms of the run's time: one of these. A system that has to find
   * itself first hardly ever does so under faults, and then little else is tried. Default: 0.
   */
  readonly faultsFromMs?: readonly number[];
  readonly atlas: Atlas;
  /** Draws what an operator does, for faults of the kind `action`. */
  readonly drawAction?: (random: Random, replicas: readonly NodeId[]) => PlannedAction;
  /**
   * Draws faults that belong together, for the kind `scenario`: an order of events that the system
   * is known to be sensitive to, and that independent draws would hardly ever meet. It keeps what
   * the atlas promises by itself.
   */
  readonly drawScenario?: (random: Random, cast: Cast) => readonly Fault[];
  /**
   * The faults that every run has, whatever else its seed draws: what the experiment is about. A
   * run in which one of them did not strike has not shown what it was to show.
   */
  readonly drawScript?: (random: Random, cast: Cast) => readonly Fault[];
  /**
   * Faults that every run has, and that may miss: attempts at a rare order of events, aimed at what
   * a node may or may not do.
   */
  readonly drawAttempts?: (random: Random, cast: Cast) => readonly Fault[];
  /** What clients may expect, in figures. One that had nothing to measure is not known to hold. */
  readonly slos?: readonly Slo[];
  /**
   * The same in the simulator, where no machine is busy, so that less is excused. Default: `slos`.
   */
  readonly slosInSim?: readonly Slo[];
}

/** Whom a scenario or a script may strike, and how long faults last. */
export interface Cast {
  readonly replicas: readonly NodeId[];
  readonly clients: readonly NodeId[];
  readonly activeMs: number;
}

/** Something that an operator asks of the subject: a name that it knows, and arguments. */
export interface PlannedAction {
  readonly name: string;
  readonly args: Readonly<Record<string, string | number | boolean>>;
}
