/**
 * The part of the main job that is real: the store as three processes, driven by programs of many
 * kinds, whose leader is killed, and later cut off from the others while its clients go on.
 */
import { bothWays, cut, type Fault, leader, OTHERS } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { findExperiment } from './catalog.ts';
import { judgeSlos } from './judge-slos.ts';
import { type LocalFigures, runLocal } from './local/run-local.ts';
import { latencyFigures, timingsOf } from './report/latency.ts';
import type { RunEvidence } from './run-report.ts';

/** What happens in the cluster, as it happens. */
export interface ClusterOptions {
  /** Told about ten times a second. */
  readonly onFigures?: ((figures: LocalFigures) => void) | undefined;
  /** Told what is done to it, a sentence each. */
  readonly onProgress?: ((sentence: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What clients of the cluster saw, in figures; they are told and not judged. */
export interface ClusterFigures {
  readonly operationCount: number;
  readonly okCount: number;
  /** What was refused for certain, and what nobody knows the outcome of. */
  readonly refusedCount: number;
  readonly unknownCount: number;
  /** Of what was answered ok, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** While there was load: the longest time in which nobody was answered, ms. */
  readonly silenceMs: number;
  /** How many promises the history was held to. */
  readonly checkCount: number;
}

/** When the leader is killed and is back, and when the next one is cut off and is not, ms. */
const KILLED = Object.freeze({ atMs: 2500, untilMs: 4500 });
const CUT_OFF = Object.freeze({ atMs: 6000, untilMs: 8000 });

/** How long there is load, and how long every client has to be served after that, ms. */
const TIMES = Object.freeze({ activeMs: 9000, quietMs: 6000, operationTimeoutMs: 2000 });

/** Runs it; resolves to its evidence whatever the verdict, unknown where a fault did not strike. */
export function runCluster(options: ClusterOptions): Promise<RunEvidence> {
  const entry = findExperiment('kv');
  const times = { ...TIMES, replicaCount: 3, faults: [] };
  const experiment = { ...entry.experiment, ...times, drawScript: faultsOf };
  return runLocal({ ...entry, experiment }, drawPlan(experiment, 1), options);
}

function faultsOf(): readonly Fault[] {
  const [killed, deposed] = [leader(1), leader(2)];
  return [
    { type: 'crash', node: killed, disk: 'kept', ...KILLED },
    ...cut(bothWays([deposed], [OTHERS]), CUT_OFF),
  ];
}

/** The figures of such a run. */
export function clusterFiguresOf(evidence: RunEvidence): ClusterFigures {
  const { history, endMs, verdict, plan } = evidence;
  const { count, okCount, failCount, unknownCount, p50, p99 } = latencyFigures(
    timingsOf(history, endMs),
  );
  const loaded = history.filter(({ atMs }) => atMs < plan.activeMs);
  const run = { history: loaded, endMs: Math.min(endMs, plan.activeMs), strikes: [] };
  const [silence] = judgeSlos([{ type: 'outage', msMax: Number.POSITIVE_INFINITY }], run);
  return {
    ...{ operationCount: count, okCount, refusedCount: failCount, unknownCount },
    ...{ p50Ms: p50, p99Ms: p99 },
    silenceMs: silence?.slo?.measured ?? Number.POSITIVE_INFINITY,
    checkCount: verdict.checks.length,
  };
}
