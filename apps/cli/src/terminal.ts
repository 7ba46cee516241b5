/**
 * Where a command writes: results for people or machines, and progress beside them.
 *
 * Results go to standard output. Progress and errors go to standard error, so that
 * `mangrove ... --json > file` keeps results only. On a terminal the progress is one line that is
 * drawn again and again; elsewhere it is plain lines, each said once.
 */
import process from 'node:process';

/** The two streams of a command, as it sees them. */
export interface Terminal {
  /** Writes a line of the result. */
  result(line: string): void;
  /** Writes what went wrong, also where a machine asked. */
  complain(line: string): void;
  /** Writes a line for people; it stays. */
  say(line: string): void;
  /**
   * Says what is going on now, in a line or a few. On a terminal it replaces the last status;
   * elsewhere most are left out: one comes every ten seconds.
   */
  status(text: string): void;
  /** Whether there are lines that `status` draws again and again. */
  readonly isLive: boolean;
}

/** What of a stream is used. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What may be set. */
export interface TerminalOptions {
  /** Leaves out `say` and `status`: what a machine asked for. Default: no. */
  readonly isQuiet?: boolean;
  /** Any clock that does not go back. */
  readonly nowMs?: () => number;
}

/** So long after the last line, a status is written where nothing can be drawn again. */
const PLAIN_STATUS_MS = 10_000;

const ERASE_LINE = '\r\x1b[K';

/** Erases the line above, where one was drawn over several. */
const ERASE_UP = `\x1b[A${ERASE_LINE}`;

/** A terminal on two streams. */
export function createTerminal(
  output: Sink = process.stdout,
  progress: Sink = process.stderr,
  { isQuiet = false, nowMs = () => performance.now() }: TerminalOptions = {},
): Terminal {
  const isLive = !isQuiet && progress.isTTY === true;
  let drawnCount = 0;
  let saidMs = nowMs();
  const wipe = () => `${ERASE_LINE}${ERASE_UP.repeat(Math.max(0, drawnCount - 1))}`;
  const erase = () => {
    if (drawnCount > 0) progress.write(wipe());
    drawnCount = 0;
  };
  return {
    isLive,
    result: (line) => {
      erase();
      output.write(`${line}\n`);
    },
    complain: (line) => {
      erase();
      progress.write(`${line}\n`);
    },
    say: (line) => {
      if (isQuiet) return;
      erase();
      progress.write(`${line}\n`);
      saidMs = nowMs();
    },
    status: (text) => {
      if (!isLive) {
        if (isQuiet || text === '' || nowMs() - saidMs < PLAIN_STATUS_MS) return;
        progress.write(`${text}\n`);
        saidMs = nowMs();
        return;
      }
      // A line that wraps could not be erased.
      const width = (progress.columns || 80) - 1;
      const lines = text.split('\n').map((line) => line.slice(0, width));
      progress.write(`${wipe()}${lines.join('\n')}`);
      drawnCount = text === '' ? 0 : lines.length;
    },
  };
}
