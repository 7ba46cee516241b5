/**
 * Swarm testing: draws from a seed what clients do, and which kinds of faults strike, how often.
 *
 * Each seed turns a random subset of the kinds on, often few and sometimes none: a run with all
 * faults at once hides what needs a long calm to go wrong. Source: Groce et al., "Swarm Testing",
 * ISSTA 2012.
 */
import {
  drawOperations,
  type Experiment,
  type Fault,
  type FaultKind,
  type Plan,
  type PlannedOperation,
} from '@mangrove/experiment';
import { InvalidArgument, type NodeId, type Random, SeededRandom, toNodeId } from '@mangrove/host';
import { drawFault, type FaultContext } from './draw-fault.ts';

/** The bound of clock rates that simulated nodes are told, ppm. */
const MAX_DRIFT_PPM = 200;

/** How many faults of one kind a plan has at most. */
const MAX_FAULTS_OF_A_KIND = 6;

/** The plan of `seed`. Everything in it is data; only the runs' own choices are still open. */
export function drawPlan(experiment: Experiment, seed: number): Plan {
  const { replicaCount, clientCount, activeMs, quietMs, operationTimeoutMs } = experiment;
  const { eventCountMin } = experiment;
  checkCounts(experiment);
  const random = new SeededRandom(seed, 'plan');
  const replicas = names('n', replicaCount);
  const clients = names('c', clientCount);
  return {
    format: 'mangrove-plan/1',
    experiment: experiment.name,
    replicas,
    clients,
    activeMs,
    quietMs,
    ...(eventCountMin === undefined ? {} : { eventCountMin }),
    operationTimeoutMs,
    faults: drawFaults(experiment, replicas, clients, random.stream('faults')),
    operations: drawAllOperations(experiment, clients, random.stream('operations')),
    choices: { links: {}, draws: {} },
    seed,
  };
}

function drawFaults(
  experiment: Experiment,
  replicas: readonly NodeId[],
  clients: readonly NodeId[],
  random: Random,
): readonly Fault[] {
  const { atlas } = experiment;
  const usual = Math.floor((replicas.length - 1) / 2);
  const damagedCount =
    atlas.mode === 'beyond' ? replicas.length : (atlas.damagedReplicaMax ?? usual);
  const damaged = random.stream('damaged').shuffle(replicas).slice(0, damagedCount);
  const { faultsFromMs = [0] } = experiment;
  const fromMs = random.stream('from').pick(faultsFromMs);
  const faults = drawKinds(experiment.faults, random.stream('kinds')).flatMap((kind) => {
    // A stream of its own each: one kind more does not change the faults of the others.
    const own = random.stream(kind);
    const maxDriftPpm = MAX_DRIFT_PPM;
    const context: FaultContext = {
      random: own,
      experiment,
      replicas,
      clients,
      damaged,
      fromMs,
      maxDriftPpm,
    };
    const count = own.between(1, own.between(1, MAX_FAULTS_OF_A_KIND));
    return Array.from({ length: count }, () => drawFault(kind, context)).flat();
  });
  const cast = { replicas, clients, activeMs: experiment.activeMs };
  const script = experiment.drawScript?.(random.stream('script'), cast) ?? [];
  const attempts = experiment.drawAttempts?.(random.stream('attempts'), cast) ?? [];
  return [...faults, ...script, ...attempts].sort((a, b) => startOf(a) - startOf(b));
}

/** A subset of the kinds, of any size with the same chance, so that small ones are as common. */
function drawKinds(kinds: readonly FaultKind[], random: Random): readonly FaultKind[] {
  return random.shuffle(kinds).slice(0, random.between(0, kinds.length));
}

function startOf(fault: Fault): number {
  return 'atMs' in fault ? fault.atMs : 0;
}

function drawAllOperations(
  experiment: Experiment,
  clients: readonly NodeId[],
  random: Random,
): readonly PlannedOperation[] {
  const { workload, activeMs, quietMs, settlingMs = [Math.floor(quietMs / 2)] } = experiment;
  const stretch = { random, clients, fromMs: 0, untilMs: activeMs };
  const active = drawOperations(workload.active, stretch);
  const quietAtMs = activeMs + random.stream('settling').pick(settlingMs);
  const { last } = workload;
  const quiet = clients.flatMap((client, place) => {
    const own = typeof last === 'function' ? last(place) : last;
    return own.map((operation) => ({ client, atMs: quietAtMs, ...operation }));
  });
  return [...active, ...quiet];
}

function names(prefix: string, count: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, index) => toNodeId(`${prefix}${index + 1}`));
}

function checkCounts(experiment: Experiment): void {
  for (const name of ['replicaCount', 'clientCount', 'activeMs', 'quietMs'] as const) {
    const value = experiment[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidArgument(`experiment.${name}`, value, 'a positive integer');
    }
  }
}
