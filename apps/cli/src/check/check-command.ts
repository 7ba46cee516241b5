/**
 * `mangrove check FILE`: has a recorded history judged, and says what was looked at and why.
 */
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import {
  CHECK_NAMES,
  PortChecker,
  type PortCheckOptions,
  type Progress,
  type TextReport,
  type Value,
} from '@mangrove/check';
import { CommandError, Interrupted } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { checkListJson, checkListLines } from './check-list.ts';
import { nameOf, readHistoryFile } from './history-file.ts';
import { reportLines } from './verdict-text.ts';

/** What the command is told. */
export interface CheckCommandOptions {
  /** A path; `-` is standard input. Undefined where only the list of checks is asked for. */
  readonly file: string | undefined;
  /** Shows every check, and judges nothing. */
  readonly isList: boolean;
  /** The check by its name; found by looking where it is undefined. */
  readonly model: string | undefined;
  /** The settings of the check. */
  readonly settings: Readonly<Record<string, Value>>;
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
  const { file, isList, isJson, terminal, signal } = options;
  if (isList) {
    if (isJson) terminal.result(checkListJson());
    else for (const line of checkListLines()) terminal.result(line);
    return 'valid';
  }
  if (file === undefined) {
    const sentence = 'there is no file to judge: give a path, or - for standard input.';
    throw new CommandError('usage', sentence);
  }
  refuseUnknown(options.model);
  if (file === '-' && process.stdin.isTTY) {
    terminal.say('Reads a history from standard input; Ctrl-D ends it.');
  }
  const report = await judge(file, await readHistoryFile(file, signal), options);
  terminal.status('');
  if (report === 'out-of-time' || report === 'out-of-memory') {
    const reason = REASONS[report];
    if (isJson) terminal.result(JSON.stringify({ file, type: 'unknown', reason }));
    else terminal.result(`UNKNOWN\nIt is not known: ${reason.sentence}.`);
    return 'unknown';
  }
  const { verdict, ...rest } = report;
  if (isJson) terminal.result(JSON.stringify({ file, ...rest, ...verdict }));
  else for (const line of reportLines(report)) terminal.result(line);
  return verdict.type;
}

const REASONS = {
  'out-of-time': { code: 'time', sentence: 'the time was up before it was decided' },
  'out-of-memory': {
    code: 'memory',
    sentence: 'the memory did not hold the history and the search',
  },
} as const;

function refuseUnknown(name: string | undefined): void {
  if (name === undefined || CHECK_NAMES.includes(name)) return;
  const shown = JSON.stringify(name);
  const sentence = `there is no model or check ${shown}: \`mangrove check --list\` shows them all.`;
  throw new CommandError('usage', sentence);
}

/**
 * How long after the time limit a thread is ended that does not give up by itself: it may have to
 * be loaded first, and not every judge looks at the clock.
 */
const GRACE_MS = 2_000;

async function judge(
  file: string,
  pieces: readonly Uint8Array<ArrayBuffer>[],
  { model, initial, settings, timeoutSeconds, terminal, signal }: CheckCommandOptions,
): Promise<TextReport | keyof typeof REASONS> {
  if (signal.aborted) throw new Interrupted();
  const thread = new Worker(new URL('./judge-thread.ts', import.meta.url), {
    // Of millions of events nearly all stay: more room for what does not is memory for nothing.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  });
  let limit: NodeJS.Timeout | undefined;
  const timeoutMs = timeoutSeconds * 1000;
  const options: PortCheckOptions = {
    ...{ settings, timeoutMs },
    ...(model === undefined ? {} : { check: model }),
    ...(initial === undefined ? {} : { initial }),
  };
  const checker = new PortChecker({
    // Given away, not copied: a history may be hundreds of megabytes.
    send: (message) => {
      const isFirst = pieces.some(({ byteLength }) => byteLength > 0);
      thread.postMessage(message, isFirst ? pieces.map(({ buffer }) => buffer) : []);
    },
    listen: (take) => thread.on('message', take),
  });
  try {
    return await Promise.race([
      checker.check(pieces, options, { signal, onProgress: (it) => terminal.status(toldOf(it)) }),
      new Promise<'out-of-time'>((resolve) => {
        limit = setTimeout(() => resolve('out-of-time'), timeoutMs + GRACE_MS);
      }),
      new Promise<'out-of-memory'>((resolve, reject) => {
        thread.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve('out-of-memory');
          else reject(error);
        });
        thread.on('exit', () => reject(new Error('the judging thread ended without a verdict')));
      }),
    ]);
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw refusalOf(error, file);
  } finally {
    clearTimeout(limit);
    await thread.terminate();
  }
}

function toldOf({ check, partsDone, partCount, stepCount }: Progress): string {
  const parts = partCount === 1 ? '' : `${partsDone} of ${partCount} parts, `;
  return `${check}: ${parts}${stepCount} steps`;
}

/** What a person can do about an error of the judges; anything else is a defect. */
function refusalOf(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'HistoryFault') {
    const sentence = `${nameOf(file)} cannot be judged: ${error.message}.`;
    const advice = adviceOn(error.message);
    return new CommandError('could-not-run', `${sentence}${advice}`, error);
  }
  if (error.name !== 'InvalidArgument') return error;
  const sentence = `${error.message}: \`mangrove check --list\` shows what each check takes.`;
  return new CommandError('usage', sentence, error);
}

function adviceOn(message: string): string {
  if (message.includes('the model ')) {
    return ' `mangrove check --list` shows which operations each check takes; --model chooses one.';
  }
  if (/is not JSON|is no object|has no |has a /.test(message)) {
    return ' foundation/check/history.schema.json says how a line is to be.';
  }
  return '';
}
