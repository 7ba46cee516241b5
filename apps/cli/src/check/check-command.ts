/**
 * `mangrove check FILE`: has a recorded history judged, and says what was looked at and why.
 */
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { MODEL_NAMES, type Value } from '@mangrove/check';
import { CommandError, Interrupted } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { nameOf, readHistoryFile } from './history-file.ts';
import type { JudgeMessage, JudgeTask } from './judge-thread.ts';
import { type Judgement, LEVEL_NAMES, type Question } from './judgement.ts';
import { judgementLines } from './verdict-text.ts';

/** What the command is told. */
export interface CheckCommandOptions {
  /** A path; `-` is standard input. */
  readonly file: string;
  /** What one object is meant to be; found by looking where it is undefined. */
  readonly model: string | undefined;
  /** The isolation level of transactions. */
  readonly level: string | undefined;
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
  const { file, isJson, terminal, signal } = options;
  const question = questionOf(options);
  if (file === '-' && process.stdin.isTTY) {
    terminal.say('Reads a history from standard input; Ctrl-D ends it.');
  }
  const bytes = await readHistoryFile(file, signal);
  const judgement = await judge({ bytes, question }, options);
  terminal.status('');
  if (judgement === 'out-of-time') {
    const reason = { code: 'time', sentence: 'the time was up before it was decided' };
    if (isJson) terminal.result(JSON.stringify({ file, type: 'unknown', reason }));
    else terminal.result(`UNKNOWN: ${reason.sentence}; --timeout gives it more.`);
    return 'unknown';
  }
  const { verdict, format, isolation } = judgement;
  if (isJson) terminal.result(JSON.stringify({ file, format, ...verdict, ...isolation }));
  else for (const line of judgementLines(judgement)) terminal.result(line);
  return verdict.type;
}

function questionOf(options: CheckCommandOptions): Question {
  const { model, level, initial, timeoutSeconds } = options;
  if (model !== undefined && level !== undefined) {
    throw new CommandError(
      'usage',
      'a history is judged by a model or by a level: give --model or --level, not both.',
    );
  }
  refuseUnknown('model', model, MODEL_NAMES);
  refuseUnknown('level', level, LEVEL_NAMES);
  return { model, level, initial, timeoutMs: timeoutSeconds * 1000 };
}

function refuseUnknown(what: string, name: string | undefined, names: readonly string[]): void {
  if (name === undefined || names.includes(name)) return;
  throw new CommandError(
    'usage',
    `there is no ${what} ${JSON.stringify(name)}: give --${what} one of ${names.join(', ')}.`,
  );
}

/** How long after the time limit a thread that does not give up by itself is ended. */
const GRACE_MS = 1_000;

function judge(
  task: JudgeTask,
  { file, terminal, signal }: CheckCommandOptions,
): Promise<Judgement | 'out-of-time'> {
  const thread = new Worker(new URL('./judge-thread.ts', import.meta.url), { workerData: task });
  return new Promise<Judgement | 'out-of-time'>((resolve, reject) => {
    const stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    let limit: NodeJS.Timeout | undefined;
    const beginLimit = () => {
      limit = setTimeout(() => resolve('out-of-time'), task.question.timeoutMs + GRACE_MS);
    };
    thread.on('error', reject);
    thread.on('exit', () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
      reject(new Error('the judging thread ended without a verdict'));
    });
    thread.on('message', (message: JudgeMessage) => {
      if (message.type === 'begins') beginLimit();
      else if (message.type === 'done') resolve(message.judgement);
      else if (message.type === 'refused') {
        const sentence = `${nameOf(file)} cannot be judged: ${message.sentence}.`;
        reject(new CommandError('could-not-run', sentence));
      } else {
        const { check, partsDone, partCount, stepCount } = message.progress;
        terminal.status(`${check}: ${partsDone} of ${partCount} parts, ${stepCount} steps`);
      }
    });
  }).finally(() => thread.terminate());
}
