/**
 * `mangrove lab run NAME`: runs one seed of an experiment, in the simulator or as processes.
 */
import { formatJsonLines } from '@mangrove/check';
import { type ExperimentReport, repetitionWords } from '@mangrove/lab';
import { repeatExperiment } from '@mangrove/lab/node';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { reportWords, writeReport, writeResult } from './report-file.ts';
import { evidenceLines, simCommand } from './wording.ts';

/** What the command is told. */
export interface RunCommandOptions {
  readonly experiment: string;
  readonly world: 'sim' | 'local';
  readonly seed: number;
  /** How often it is run, where that may come to something else each time. */
  readonly runCount: number;
  /** A planted bug; the code as it is where it is undefined. */
  readonly bug: string | undefined;
  /** Where the report is written, as a page and as text, if one is wanted. */
  readonly reportPath: string | undefined;
  /** Where the history is written, as JSON lines, if it is wanted; in `local` as it grows. */
  readonly historyPath: string | undefined;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** The verdict is how it ends: `valid`, `invalid` or `unknown`; of many runs the worst. */
export async function runCommand(options: RunCommandOptions): Promise<Ending> {
  const { experiment, world, seed, runCount, bug, reportPath, historyPath } = options;
  const { terminal, signal } = options;
  const isRepeating = runCount > 1;
  if (isRepeating && world === 'sim') {
    throw new CommandError('usage', '--repeat is for --world local: a simulated run is the same.');
  }
  if (isRepeating && historyPath !== undefined) {
    throw new CommandError('usage', '--history is for one run: leave out --repeat.');
  }
  const onProgress = (sentence: string) => terminal.say(sentence);
  // Its folder is made, and that it can be written is known, before anything runs.
  if (historyPath !== undefined) writeResult(historyPath, '');
  const onRun = (each: ExperimentReport) => printRun(each, options);
  const report = await callLab(signal, () =>
    repeatExperiment({
      ...{ experiment, world, seed, runCount, bug, onProgress, onRun, historyPath, signal },
    }),
  );
  const { found, repetition } = report;
  if (repetition !== undefined) {
    terminal.result(options.isJson ? JSON.stringify({ repetition }) : repetitionWords(repetition));
  }
  if (reportPath !== undefined) terminal.say(reportWords(writeReport(reportPath, report)));
  if (historyPath !== undefined) {
    // Real processes had it written as it grew.
    if (world === 'sim') writeResult(historyPath, formatJsonLines(found.history));
    terminal.say(`history: ${historyPath}`);
  }
  return found.verdict.answer;
}

function printRun({ found }: ExperimentReport, options: RunCommandOptions): void {
  const { experiment, world, seed, bug, isJson, terminal } = options;
  if (isJson) {
    const { plan, verdict, endMs, hash, eventCount, ends, counts, notInjected } = found;
    const run = { plan, verdict, endMs, hash, eventCount, ends, counts, notInjected };
    terminal.result(JSON.stringify({ experiment, world, seed, bug, ...run }));
    return;
  }
  for (const line of evidenceLines(found)) terminal.result(line);
  if (found.notInjected.length > 0 && found.verdict.answer === 'unknown') {
    terminal.result(`  in the simulator: ${simCommand(experiment, seed)}`);
  }
  if (found.hash !== undefined) terminal.result(`hash ${found.hash}`);
}
