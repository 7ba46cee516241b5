/**
 * Replays what a file holds: a plan, or a report with its plan, experiment and planted bug.
 */
import { readFile } from 'node:fs/promises';
import { type Plan, parsePlan } from '@mangrove/experiment';
import { bugOf, findExperiment, loadExperiment } from './catalog.ts';
import { readEnvironment } from './environment.ts';
import { findInevitability } from './inevitability.ts';
import { readEmbeddedReport } from './report/embedded-report.ts';
import {
  commitWords,
  type Inevitability,
  type InevitabilityPoint,
  type RunEvidence,
} from './run-report.ts';
import { WorkerPool } from './worker-pool.ts';

/** What is replayed, and with which code. */
export interface ReplayOptions {
  /** The path of a plan (JSON) or of a report (HTML). */
  readonly file: string;
  /**
   * The path of the module that exports the experiment. Default: the catalog's of that name; what
   * the file itself says is never run.
   */
  readonly experiment?: string | undefined;
  /** The name of a planted bug; for a report that has one, that is the default. */
  readonly bug?: string | undefined;
  /** Runs the code as it is, without the bug that the report names. */
  readonly isClean?: boolean | undefined;
  /**
   * Whether the run is held to the invariant of the experiment as well. Default: as the file says.
   */
  readonly isWatched?: boolean | undefined;
  /** Whether it is found out when a failure became inevitable. Default: no. */
  readonly isAskingWhen?: boolean | undefined;
  readonly onInevitability?: ((points: readonly InevitabilityPoint[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of a replay. */
export interface ReplayResult {
  readonly experiment: string;
  /** The name of the bug that was planted. */
  readonly bug: string | undefined;
  /** Whether it was held to the invariant of the experiment as well. */
  readonly isWatched: boolean;
  /** With its trace. */
  readonly evidence: RunEvidence;
  /** Present where it was asked for and the run failed. */
  readonly inevitability: Inevitability | undefined;
  /** The hash of the run that the file is of; undefined where the file does not tell. */
  readonly recordedHash: string | undefined;
  /** The commit at which the file was made, in words; undefined where the file does not tell. */
  readonly recordedCommit: string | undefined;
  /** The commit of this code, in words. */
  readonly commit: string;
  /** Whether the run did the very same things again; undefined where that cannot be told. */
  readonly isSame: boolean | undefined;
}

/** Replays a file; rejects with a sentence that says what is wrong with it. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const text = await readFile(options.file, 'utf8');
  const content = text.trimStart().startsWith('{') ? ofPlan(parsePlan(text)) : ofReport(text);
  const bugName = options.isClean === true ? undefined : (options.bug ?? content.bug);
  const entry =
    options.experiment === undefined
      ? findExperiment(content.plan.experiment)
      : await loadExperiment(options.experiment);
  const bug = bugName === undefined ? undefined : bugOf(entry, bugName);
  const { name } = entry.experiment;
  const place = options.experiment ?? name;
  const { isAskingWhen = false, isWatched = content.isWatched } = options;
  // Only the question of when takes many runs.
  const threads = isAskingWhen ? {} : { workerCount: 1 };
  const pool = await WorkerPool.open({ experiment: place, bug, ...threads });
  try {
    const recording = { isRecording: true, isRecordingChoices: true };
    const evidence = await pool.runPlan(content.plan, { isWatched, ...recording });
    const { hash: recordedHash, commit: recordedCommit } = content;
    const isSameCode = bugName === content.madeWith && isWatched === content.isWatched;
    const isComparable = recordedHash !== undefined && isSameCode;
    return {
      experiment: name,
      bug: bugName,
      isWatched,
      evidence,
      inevitability: await inevitabilityOf(pool, evidence, { ...options, isWatched }),
      ...{ recordedHash, recordedCommit, commit: commitWords(readEnvironment()) },
      isSame: isComparable ? evidence.hash === recordedHash : undefined,
    };
  } finally {
    await pool.close();
  }
}

async function inevitabilityOf(
  pool: WorkerPool,
  evidence: RunEvidence,
  { isWatched, isAskingWhen = false, onInevitability: onProgress, signal }: ReplayOptions,
): Promise<Inevitability | undefined> {
  if (!isAskingWhen || evidence.verdict.anomaly === undefined) return undefined;
  return await findInevitability(pool, { evidence, isWatched, onProgress, signal });
}

/** What of a file matters. */
interface ReplayContent {
  readonly plan: Plan;
  /** The bug to plant where nobody says another. */
  readonly bug: string | undefined;
  /** The bug that was planted when the file was made. */
  readonly madeWith: string | undefined;
  readonly hash: string | undefined;
  readonly commit: string | undefined;
  readonly isWatched: boolean;
}

function ofPlan({ bug: madeWith, isWatched = false, hash, commit, ...plan }: Plan): ReplayContent {
  return { plan, bug: undefined, madeWith, hash, commit, isWatched };
}

function ofReport(html: string): ReplayContent {
  const { plan, bug, hash, commit, isWatched = false } = readEmbeddedReport(html);
  return { plan, bug, madeWith: bug, hash, commit, isWatched };
}
