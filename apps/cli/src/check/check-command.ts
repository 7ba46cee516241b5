/**
 * `mangrove check FILE`: has a recorded history judged, and says what was looked at and why.
 */
import process from 'node:process';
import {
  casRegister,
  finishTaskInSlices,
  linearizableTask,
  type Model,
  register,
  type Value,
  type Verdict,
  type Violation,
} from '@mangrove/check';
import { CommandError, Interrupted, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { drawingLines } from './drawing-text.ts';
import { type HistoryFile, readHistoryFile } from './history-file.ts';

/** What the command is told. */
export interface CheckCommandOptions {
  /** A path; `-` is standard input. */
  readonly file: string;
  readonly model: string;
  /** The value at the start; that of the model where it is undefined. */
  readonly initial: Value | undefined;
  /** When it gives up, in seconds. */
  readonly timeoutSeconds: number;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** The verdict is how it ends: `valid`, `invalid` or `unknown`. */
export async function checkCommand(options: CheckCommandOptions): Promise<Ending> {
  const model = modelNamed(options.model, options.initial);
  if (options.file === '-' && process.stdin.isTTY) {
    options.terminal.say('Reads a history from standard input; Ctrl-D ends it.');
  }
  const history = await readHistoryFile(options.file, options.signal);
  const verdict = await judge(history, model, options);
  options.terminal.status('');
  if (options.isJson) {
    const { file } = options;
    options.terminal.result(JSON.stringify({ file, format: history.format, ...verdict }));
  } else {
    for (const line of verdictLines(verdict, history.format)) options.terminal.result(line);
  }
  return verdict.type;
}

const MODELS: Readonly<Record<string, (initial?: Value) => Model>> = {
  register,
  'cas-register': casRegister,
};

function modelNamed(name: string, initial: Value | undefined): Model {
  const model = MODELS[name];
  if (model !== undefined) return model(initial);
  const names = Object.keys(MODELS).join(', ');
  throw new CommandError(
    'usage',
    `there is no model ${JSON.stringify(name)}: give --model one of ${names}.`,
  );
}

async function judge(
  { events }: HistoryFile,
  model: Model,
  { timeoutSeconds, terminal, signal }: CheckCommandOptions,
): Promise<Verdict> {
  const bounds = { nowMs: () => performance.now(), timeoutMs: timeoutSeconds * 1000 };
  try {
    return await finishTaskInSlices(linearizableTask(model, events, bounds), {
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      onProgress: ({ check, partsDone, partCount, stepCount }) =>
        terminal.status(`${check}: ${partsDone} of ${partCount} keys, ${stepCount} steps`),
      signal,
    });
  } catch (cause) {
    if (signal.aborted) throw new Interrupted();
    if (cause instanceof Error && cause.name === 'HistoryFault') {
      throw new CommandError('could-not-run', `the history cannot be judged: ${messageOf(cause)}.`);
    }
    throw cause;
  }
}

function verdictLines(verdict: Verdict, format: string): readonly string[] {
  const { check, operationCount, okCount, failCount, openCount, keyCount, notChecked } =
    verdict.coverage;
  const keys = keyCount === 1 ? '1 key' : `${keyCount} keys`;
  const by = verdict.type === 'unknown' ? '' : `, decided by ${verdict.decidedBy}`;
  const lines = [
    `${check}: ${verdict.type === 'valid' ? 'valid' : verdict.type.toUpperCase()}`,
    `${operationCount} operations on ${keys} (${okCount} ok, ${failCount} failed, ${openCount} ` +
      `not known), read as ${format}${by}`,
    ...notChecked,
  ];
  if (verdict.type === 'unknown') lines.push(`It is not known: ${verdict.reason.sentence}.`);
  if (verdict.type === 'invalid') lines.push(...verdict.violations.flatMap(violationLines));
  return lines;
}

function violationLines({ anomaly, key, sentences, drawing }: Violation): readonly string[] {
  const drawn = drawingLines(drawing);
  return [
    '',
    key === undefined ? anomaly : `${anomaly}, key ${key}`,
    ...sentences.map((sentence) => `  ${sentence}`),
    ...(drawn.length === 0 ? [] : ['', ...drawn.map((line) => `  ${line}`)]),
  ];
}
