/**
 * `mangrove replay FILE`: runs what a report or a plan holds once more. In a terminal a person
 * steps through it, forward and back; elsewhere it tells its story.
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { type RunEvidence, storyOfRun } from '@mangrove/lab';
import { type ReplayResult, replay, reportReplay } from '@mangrove/lab/node';
import { CommandError, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { callLab } from '../lab/lab-call.ts';
import { reportFilesOf, reportWords, writeReport } from '../lab/report-file.ts';
import { storyLines, storySteps } from '../lab/story-lines.ts';
import {
  answerWord,
  evidenceLines,
  inevitabilityLines,
  inevitabilityWords,
  reasonsOf,
} from '../lab/wording.ts';
import type { Terminal } from '../terminal.ts';
import { wordsOf } from './record-words.ts';
import { ReplayCursor } from './replay-cursor.ts';
import { stepThrough } from './replay-session.ts';

/** What the command is told. */
export interface ReplayCommandOptions {
  readonly file: string;
  /** A planted bug; the one that the report names where it is undefined. */
  readonly bug: string | undefined;
  /** The path of the module that exports the experiment; the catalog's where it is undefined. */
  readonly experiment: string | undefined;
  /** Runs the code as it is, whatever the report names. */
  readonly isClean: boolean;
  /** Holds the run to the invariants of the experiment, whatever the report says. */
  readonly isWatched: boolean;
  /** Whether it is found out when the failure became inevitable. */
  readonly isAskingWhen: boolean;
  /** Where a report of this run is written, as a page and as text, if one is wanted. */
  readonly reportPath: string | undefined;
  /** Tells every step, and lets nobody step through it. */
  readonly isTelling: boolean;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** The verdict is how it ends; a run that is not the recorded one is told. */
export async function replayCommand(options: ReplayCommandOptions): Promise<Ending> {
  const { file, reportPath, isJson, isTelling, terminal, signal } = options;
  if (reportPath !== undefined && resolve(reportFilesOf(reportPath).page) === resolve(file)) {
    throw new CommandError('usage', '--report would be written over the file that is replayed.');
  }
  const result = await callLab(signal, () => replayed(options));
  const { evidence } = result;
  const { verdict } = evidence;
  terminal.status('');
  const isPerson = !isJson && !isTelling && isTerminal();
  if (isPerson) await stepInTerminal(result, signal);
  if (isJson) terminal.result(JSON.stringify(jsonOf(file, result)));
  else for (const line of summaryLines(result)) terminal.result(line);
  if (isTelling) for (const line of allLines(evidence, isJson)) terminal.result(line);
  else if (!isJson && !isPerson && verdict.answer === 'invalid') {
    for (const line of storyLines(evidence)) terminal.result(line);
  }
  const { inevitability } = result;
  if (!isJson && inevitability !== undefined) {
    for (const line of inevitabilityLines(inevitability)) terminal.result(line);
  }
  if (reportPath !== undefined) {
    const { experiment } = options;
    const report = await reportReplay(result, { experiment, command: againCommand(options) });
    terminal.say(reportWords(writeReport(reportPath, report)));
  }
  return verdict.answer;
}

/** The command that does the same once more. */
function againCommand({ file, bug, experiment, isClean, isWatched }: ReplayCommandOptions): string {
  const code = isClean ? ' --clean' : bug === undefined ? '' : ` --bug ${bug}`;
  const place = experiment === undefined ? '' : ` --experiment ${experiment}`;
  return `npx mangrove replay ${file}${code}${place}${isWatched ? ' --watched' : ''}`;
}

/** Whether a person sits at both ends. */
function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

async function stepInTerminal(
  { experiment, bug, isWatched, evidence }: ReplayResult,
  signal: AbortSignal,
): Promise<void> {
  const { trace, plan, verdict } = evidence;
  if (trace === undefined) return;
  const story = storyOfRun(evidence);
  const cursor = new ReplayCursor({
    ...{ trace, plan, steps: story.steps },
    decisiveMs: story.steps[story.decisiveIndex]?.atMs,
  });
  const title = `${experiment}, ${codeWords(bug, isWatched)}: ${answerWord(verdict)}`;
  const text = { title, reasons: reasonsOf(verdict) };
  await stepThrough(cursor, text, { input: process.stdin, output: process.stdout, signal });
}

function summaryLines(result: ReplayResult): readonly string[] {
  const { experiment, bug, isWatched, evidence } = result;
  return [
    `${experiment}, ${codeWords(bug, isWatched)}`,
    ...evidenceLines(evidence),
    ...samenessLines(result),
    ...commitLines(result),
  ];
}

/** Whether it is the run that the file is of; nothing where that cannot be told. */
function samenessLines({ isSame, evidence, recordedHash }: ReplayResult): readonly string[] {
  const { hash = '' } = evidence;
  if (isSame === undefined) return [];
  if (isSame) return [`the same run as in the file: hash ${hash}`];
  return [
    `ANOTHER RUN than the one in the file: hash ${hash}, then ${recordedHash}`,
    'the code has changed since the file was made, or somebody has changed its plan',
  ];
}

/** At which commit the file was made, where it tells, and at which this code is. */
function commitLines({ recordedCommit, commit }: ReplayResult): readonly string[] {
  return recordedCommit === undefined
    ? []
    : [`made at commit ${recordedCommit}; this code is at ${commit}`];
}

function codeWords(bug: string | undefined, isWatched: boolean): string {
  const code = bug === undefined ? 'the code as it is' : `with ${bug}`;
  return isWatched ? `${code}, invariants on` : code;
}

function jsonOf(file: string, result: ReplayResult): unknown {
  const { experiment, bug, isWatched, evidence, recordedHash, isSame, inevitability } = result;
  const { verdict, hash, eventCount, endMs } = evidence;
  const { commit, recordedCommit } = result;
  const run = { verdict, hash, recordedHash, isSame, commit, recordedCommit, eventCount, endMs };
  const steps = storySteps(evidence);
  return { file, experiment, bug, isWatched, ...run, steps, inevitability };
}

async function replayed(options: ReplayCommandOptions) {
  const { file, bug, experiment, isClean, isAskingWhen, terminal, signal } = options;
  try {
    return await replay({
      ...{ file, bug, experiment, isClean, isAskingWhen, signal },
      isWatched: options.isWatched ? true : undefined,
      onInevitability: (points) => terminal.status(inevitabilityWords(points)),
    });
  } catch (error) {
    // What a person wrote or edited is named by the lab; so is a file that is not there.
    const isTheirs =
      error instanceof Error && (error.name === 'InvalidArgument' || 'code' in error);
    if (!isTheirs) throw error;
    const sentence = `${file} cannot be replayed: ${messageOf(error)}.`;
    throw new CommandError('could-not-run', sentence, error);
  }
}

/** One line a record: when, where, what; messages name their other end. */
function allLines({ trace, plan }: RunEvidence, isJson: boolean): readonly string[] {
  const records = trace?.records ?? [];
  if (isJson) return records.map((record, index) => JSON.stringify({ index, ...record }));
  return records.flatMap((record) => {
    const what = wordsOf(record, { records, plan });
    if (what === undefined) return [];
    return [`${record.atMs.toFixed(3).padStart(10)} ms  ${record.node.padEnd(4)} ${what}`];
  });
}
