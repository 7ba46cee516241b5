/**
 * `mangrove replay FILE`: runs what a report or a plan holds once more, and tells it step by step.
 */
import type { TraceRecord } from '@mangrove/experiment';
import { replay } from '@mangrove/lab/node';
import { CommandError, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { evidenceLines } from './wording.ts';

/** What the command is told. */
export interface ReplayCommandOptions {
  readonly file: string;
  /** A planted bug; the one that the report names where it is undefined. */
  readonly bug: string | undefined;
  /** Runs the code as it is, whatever the report names. */
  readonly isClean: boolean;
  /** Tells every step. */
  readonly isTelling: boolean;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** The verdict is how it ends; a run that is not the recorded one is told. */
export async function replayCommand(options: ReplayCommandOptions): Promise<Ending> {
  const { file, isJson, isTelling, terminal, signal } = options;
  const result = await callLab(signal, () => replayed(options));
  const { experiment, bug, evidence, recordedHash, isSame } = result;
  const { verdict, hash, eventCount, endMs, trace } = evidence;
  if (isJson) {
    terminal.result(
      JSON.stringify({
        file,
        experiment,
        bug,
        verdict,
        hash,
        recordedHash,
        isSame,
        eventCount,
        endMs,
      }),
    );
  } else {
    terminal.result(`${experiment}, ${bug === undefined ? 'the code as it is' : `with ${bug}`}`);
    for (const line of evidenceLines(evidence)) terminal.result(line);
    if (isSame !== undefined) {
      terminal.result(sameness(isSame, hash, recordedHash));
    }
  }
  if (isTelling) for (const line of storyLines(trace?.records ?? [], isJson)) terminal.result(line);
  return verdict.answer;
}

function sameness(isSame: boolean, hash = '', recordedHash = ''): string {
  if (isSame) return `the same run as in the file: hash ${hash}`;
  return `ANOTHER RUN than the one in the file: hash ${hash}, then ${recordedHash}; code changed`;
}

async function replayed({ file, bug, isClean }: ReplayCommandOptions) {
  try {
    return await replay({ file, bug, isClean });
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
function storyLines(records: readonly TraceRecord[], isJson: boolean): readonly string[] {
  if (isJson) return records.map((record, index) => JSON.stringify({ index, ...record }));
  return records.flatMap((record) => {
    const what = wordsOf(record, records);
    if (what === undefined) return [];
    return [`${record.atMs.toFixed(3).padStart(10)} ms  ${record.node.padEnd(4)} ${what}`];
  });
}

/** The record in words; undefined for what says nothing by itself, as a timer that fired. */
function wordsOf(record: TraceRecord, records: readonly TraceRecord[]): string | undefined {
  switch (record.type) {
    case 'send':
      return `sends ${record.to}: ${record.label}`;
    case 'deliver':
      return `gets ${sentWords(records[record.of])}`;
    case 'drop':
      return `does not get ${sentWords(records[record.of])}: ${record.reason}`;
    case 'disk':
      return `${record.operation} ${record.path} ${record.error ?? ''}`.trimEnd();
    case 'state':
      return `is ${fieldWords(record.fields)}`;
    case 'event':
      return `${record.name} ${fieldWords(record.fields)}`.trimEnd();
    case 'start':
      return `starts its life ${record.incarnation}`;
    case 'down':
      return `is down: ${record.reason}`;
    case 'pause':
      return 'is paused';
    case 'resume':
      return 'goes on';
    case 'invoke':
      return `begins operation ${record.operation}`;
    case 'return':
      return `ends operation ${record.operation}: ${record.outcome}`;
    default:
      return undefined;
  }
}

function sentWords(sent: TraceRecord | undefined): string {
  return sent?.type === 'send' ? `from ${sent.node}: ${sent.label}` : 'a message';
}

function fieldWords(fields: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
