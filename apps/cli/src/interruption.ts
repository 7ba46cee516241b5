/**
 * How a running command learns that it should end.
 *
 * - SIGINT, SIGTERM and SIGHUP abort it; it has five seconds to put things away. A second signal,
 *   or the end of the five seconds, ends the process at once.
 * - A reader that has gone (`mangrove ... | head`) ends it as SIGPIPE would.
 * - Behind `npx` and `npm run` there is a shell between npm and us. npm hands SIGTERM to that
 *   shell, which dies of it and tells nobody. Our parent has changed then, and that counts as
 *   SIGTERM. Only behind npm: elsewhere a parent may go and leave us running on purpose.
 */
import { constants } from 'node:os';
import process from 'node:process';

/** What ended the command, if anything did, and the signal for everything that it runs. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came; undefined when none came. */
  exitCode(): number | undefined;
  /** Stops listening. */
  close(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const GRACE_MS = 5_000;
const PARENT_CHECK_MS = 200;

/** Begins to listen. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (name: NodeJS.Signals) => {
    if (exitCode !== undefined) endNow(name);
    exitCode = 128 + constants.signals[name];
    controller.abort();
    setTimeout(() => endNow(name), GRACE_MS).unref();
  };
  // Not `process.exit`, which waits for what blocks in the kernel, such as opening a pipe.
  const endNow = (name: NodeJS.Signals) => {
    for (const each of SIGNALS) process.off(each, interrupt);
    process.kill(process.pid, name === 'SIGPIPE' ? 'SIGKILL' : name);
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (exitCode === undefined) interrupt('SIGPIPE');
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
  const stopWatching = watchParent(() => {
    if (exitCode === undefined) interrupt('SIGTERM');
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    close: () => {
      for (const name of SIGNALS) process.off(name, interrupt);
      for (const stream of [process.stdout, process.stderr]) stream.off('error', onOutputError);
      stopWatching();
    },
  };
}

function watchParent(onGone: () => void): () => void {
  if (process.env['npm_lifecycle_event'] === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
