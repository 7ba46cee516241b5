/**
 * Runs one seed many times: what real processes do is not the same each time, so what can be said
 * of it is how often.
 */
import { type RunOptions, runExperiment } from './run-experiment.ts';
import type { ExperimentReport } from './run-report.ts';
import type { Answer } from './verdict.ts';

/** What is run, and how often. */
export interface RepeatOptions extends RunOptions {
  readonly runCount: number;
  /** Told of each run when it has ended; `run` counts from 1. */
  readonly onRun?: ((report: ExperimentReport, run: number) => void) | undefined;
}

/** The most telling first: that run is reported. */
const TELLING: readonly Answer[] = ['invalid', 'unknown', 'valid'];

/**
 * Runs it so often; resolves to the report of the first run that is invalid, else of the first that
 * is unknown, else of the first, with what all of them came to where they are several.
 *
 * @param runOnce what makes a run
 */
export async function repeatExperiment(
  { runCount, onRun, ...options }: RepeatOptions,
  runOnce: (options: RunOptions) => Promise<ExperimentReport> = runExperiment,
): Promise<ExperimentReport> {
  let told = await runOnce(options);
  const tally = { invalidCount: 0, unknownCount: 0, anomalies: {} as Record<string, number> };
  for (let [run, report] = [1, told]; ; run += 1) {
    const { answer, anomaly } = report.found.verdict;
    if (answer === 'invalid') tally.invalidCount += 1;
    if (answer === 'unknown') tally.unknownCount += 1;
    if (anomaly !== undefined) tally.anomalies[anomaly] = (tally.anomalies[anomaly] ?? 0) + 1;
    const rank = TELLING.indexOf(answer);
    if (rank < TELLING.indexOf(told.found.verdict.answer)) told = report;
    onRun?.(report, run);
    if (run === runCount) break;
    report = await runOnce(options);
  }
  if (runCount === 1) return told;
  const command = `${told.command} --repeat ${runCount}`;
  return { ...told, command, repetition: { runCount, ...tally } };
}
