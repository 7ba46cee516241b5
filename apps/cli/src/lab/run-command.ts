/**
 * `mangrove lab run NAME`: runs one seed of an experiment, in the simulator or as processes.
 */
import { formatJsonLines } from '@mangrove/check';
import { runExperiment } from '@mangrove/lab/node';
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

/** The verdict is how it ends: `valid`, `invalid` or `unknown`. */
export async function runCommand(options: RunCommandOptions): Promise<Ending> {
  const { experiment, world, seed, bug, reportPath, historyPath } = options;
  const { isJson, terminal, signal } = options;
  const onProgress = (sentence: string) => terminal.say(sentence);
  // Its folder is made, and that it can be written is known, before anything runs.
  if (historyPath !== undefined) writeResult(historyPath, '');
  const report = await callLab(signal, () =>
    runExperiment({ experiment, world, seed, bug, onProgress, historyPath, signal }),
  );
  const { found } = report;
  if (isJson) {
    const { plan, verdict, endMs, hash, eventCount, ends, counts, notInjected } = found;
    const run = { plan, verdict, endMs, hash, eventCount, ends, counts, notInjected };
    terminal.result(JSON.stringify({ experiment, world, seed, bug, ...run }));
  } else {
    for (const line of evidenceLines(found)) terminal.result(line);
    if (found.notInjected.length > 0 && found.verdict.answer === 'unknown') {
      terminal.result(`  in the simulator: ${simCommand(experiment, seed)}`);
    }
    if (found.hash !== undefined) terminal.result(`hash ${found.hash}`);
  }
  if (reportPath !== undefined) terminal.say(reportWords(writeReport(reportPath, report)));
  if (historyPath !== undefined) {
    // Real processes had it written as it grew.
    if (world === 'sim') writeResult(historyPath, formatJsonLines(found.history));
    terminal.say(`history: ${historyPath}`);
  }
  return found.verdict.answer;
}
