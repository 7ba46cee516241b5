/**
 * What the failure scenarios need to know of a system: any that has a leader and a replicated log.
 *
 * Raft's own register is one; a store on Raft is another, and gets every scenario by declaring
 * itself so.
 */
import {
  type Cast,
  type Experiment,
  type Fault,
  type Generator,
  mix,
  type Operation,
  type PlannedAction,
  phases,
  type Slo,
  type Source,
  type Subject,
  stagger,
} from '@mangrove/experiment';
import type { NodeId, Random } from '@mangrove/host';
import { levelsInSim } from './sim-levels.ts';

/** A system with a leader and a replicated log. */
export interface LedSystem {
  /** What its experiments' names begin with: `raft`. */
  readonly name: string;
  /** The subject in which the first `founderCount` replicas found the group. */
  subjectOf(founderCount: number): Subject;
  /** What a client does in a turn, on the whole; and one that only reads. */
  readonly mixed: Source;
  readonly reading: Source;
  /** What every client does in the quiet phase. */
  readonly last: readonly Operation[];
  /** How messages are described that carry entries, and pieces of a snapshot. */
  readonly appendKind: string;
  readonly snapshotKind: string;
  /** What an operator asks for to have a node learn, and to have two learners become voters. */
  addLearner(node: NodeId): PlannedAction;
  promoteBoth(node: NodeId, other: NodeId): PlannedAction;
}

/**
 * What a replica tells its trace when a client asks it for a read: so a run shows which of them
 * were asked of a leader that was deposed and did not know.
 */
export const READ_ASKED = 'read-asked';

/** A failure scenario: what is done to the system, and what clients may expect meanwhile. */
export interface Scenario {
  /** Stands behind the name of the system: `leader-isolated`. */
  readonly name: string;
  /** One sentence for people: what is injected. */
  readonly about: string;
  /** How many replicas take part; the first `founderCount`, default all, found the group. */
  readonly replicaCount: number;
  readonly founderCount?: number;
  /** Default: four. */
  readonly clientCount?: number;
  readonly drawFaults: (random: Random, cast: Cast, system: LedSystem) => readonly Fault[];
  readonly slos: readonly Slo[];
  /** Why nobody may expect to be served while the faults last, where nobody may. */
  readonly unavailable?: string;
  /** Default: `mixed`, a turn of each client every `EVERY_MS`. */
  readonly load?: (system: LedSystem) => Generator;
}

/** A scenario played with a system. */
export interface ScenarioExperiment extends Experiment {
  readonly about: string;
  readonly unavailable?: string;
}

/** No load while the group elects its first leader: that is no fault. */
const START_MS = 600;

/** When faults begin and end in most scenarios, and how long there is load, ms. */
export const FAULTS_FROM_MS = 2000;
export const FAULTS_UNTIL_MS = 4000;
export const ACTIVE_MS = 6000;

/** How far apart the turns of a client are on average, ms. */
const EVERY_MS = 20;

/** A load of which five of six operations read. */
export const MOSTLY_READS = ({ mixed, reading }: LedSystem): Generator =>
  stagger(
    EVERY_MS,
    mix([
      [1, mixed],
      [2, reading],
    ]),
  );

/** The experiment that plays `scenario` with `system`. */
export function play(system: LedSystem, scenario: Scenario): ScenarioExperiment {
  const { name, about, replicaCount, founderCount = replicaCount, drawFaults, slos } = scenario;
  const { clientCount = 4, load = (played) => stagger(EVERY_MS, played.mixed) } = scenario;
  const { unavailable } = scenario;
  return Object.freeze({
    name: `${system.name}/${name}`,
    about,
    subject: system.subjectOf(founderCount),
    replicaCount,
    clientCount,
    activeMs: ACTIVE_MS,
    quietMs: 8000,
    operationTimeoutMs: 1000,
    workload: { active: afterStart(load(system)), last: system.last },
    faults: [],
    atlas: { mode: 'within' },
    drawScript: (random, cast) => drawFaults(random, cast, system),
    slos,
    slosInSim: levelsInSim(name, slos),
    ...(unavailable === undefined ? {} : { unavailable }),
  } satisfies ScenarioExperiment);
}

function afterStart(load: Generator): Generator {
  return phases([{ lengthMs: START_MS, generator: () => [] }, { generator: load }]);
}
