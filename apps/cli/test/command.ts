/**
 * Runs the `mangrove` command as a process of its own, as a shell would.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import process from 'node:process';

/** The root of the house. */
export const ROOT = resolve(import.meta.dirname, '../../..');

/** The file that npm links as `mangrove`. */
export const BIN = join(ROOT, 'apps/cli/bin/mangrove.js');

/** What a command came to. */
export interface Outcome {
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly output: string;
  readonly complaints: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves once standard error has said `text`. */
  saying(text: string): Promise<void>;
}

/** Starts `program`; it gets a group of its own, as a terminal gives one. */
export function start(
  program: string,
  args: readonly string[],
  { cwd = ROOT, input = '' }: { readonly cwd?: string; readonly input?: string } = {},
): RunningCommand {
  const child = spawn(program, args, { cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const [output, complaints]: [string[], string[]] = [[], []];
  child.stdout.on('data', (bytes) => output.push(String(bytes)));
  child.stderr.on('data', (bytes) => complaints.push(String(bytes)));
  // A command that does not read its input may end before all of it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const outcome = new Promise<Outcome>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, by) =>
      done({ code, by, output: output.join(''), complaints: complaints.join('') }),
    );
  });
  const saying = (text: string) =>
    new Promise<void>((said, failed) => {
      const look = () => {
        if (complaints.join('').includes(text)) said();
      };
      child.stderr.on('data', look);
      child.on('close', () => failed(new Error(`ended without saying ${text}: ${complaints}`)));
      look();
    });
  return { child, outcome, saying };
}

/** Runs `mangrove` with the Node.js that runs this test. */
export function mangrove(...args: readonly string[]): Promise<Outcome> {
  return start(process.execPath, [BIN, ...args]).outcome;
}
