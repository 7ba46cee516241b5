/**
 * The report of a run that was replayed.
 */
import { bugOf, loadExperiment } from './catalog.ts';
import { readEnvironment } from './environment.ts';
import { reportPlant } from './planted/planted-report.ts';
import type { ReplayResult } from './replay.ts';
import type { ExperimentReport } from './run-report.ts';

/** What a replay does not know of itself. */
export interface ReplayReportOptions {
  /** The command that reproduces it. */
  readonly command: string;
  /** The path of the module that exports the experiment. Default: the catalog's of that name. */
  readonly experiment?: string | undefined;
}

/** The report of `result`: the run alone, without what its file told of a hunt. */
export async function reportReplay(
  result: ReplayResult,
  { command, experiment }: ReplayReportOptions,
): Promise<ExperimentReport> {
  const { evidence, inevitability, isWatched } = result;
  const entry = await loadExperiment(experiment ?? result.experiment);
  const { subject } = entry.experiment;
  const { seed } = evidence.plan;
  const bug = result.bug === undefined ? undefined : bugOf(entry, result.bug);
  return {
    format: 'mangrove-report/1',
    experiment: result.experiment,
    subject: subject.name,
    madeAt: new Date().toISOString(),
    ...{ command, environment: readEnvironment(), found: evidence, isWatched, shrinkSteps: [] },
    ...(seed === undefined ? {} : { seed }),
    ...(bug === undefined ? {} : { planted: await reportPlant(bug, undefined) }),
    ...(inevitability === undefined ? {} : { inevitability }),
    others: [],
  };
}
