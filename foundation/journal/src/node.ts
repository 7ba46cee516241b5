/**
 * The door to what needs Node.js: looking at a journal from outside its node.
 */
import { basename, dirname, resolve } from 'node:path';
import type { Host } from '@mangrove/host';
import { type Inspection, inspectJournal } from './inspect.ts';
import { ReadOnlyDisk } from './read-only-disk.ts';

/**
 * Inspects the journal in a directory of this machine: what `mangrove journal inspect DIR` does.
 *
 * `print` gets one line at a time, without its end: segments, logs, and last the verdict; with
 * `isVerbose` every batch and group as well. The outcome tells the caller how to exit: `sound` is
 * well, `torn` is well after the next opening, `corrupt` and `missing` are failures. It takes no
 * lock and changes nothing; beside a running writer a torn tail may be none. Rejects with
 * `DiskError` where the directory cannot be read.
 */
export async function inspectDirectory(
  directory: string,
  print: (line: string) => void,
  options: { readonly isVerbose?: boolean } = {},
): Promise<Inspection> {
  const whole = resolve(directory);
  const host = readerOf(dirname(whole));
  return inspectJournal(host, { ...options, directory: basename(whole) }, print);
}

/** What an inspection needs of a Host, without one. */
function readerOf(root: string): Pick<Host, 'disk' | 'timers'> {
  const after = (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  };
  const sleep = () => new Promise<void>((done) => setImmediate(done));
  return { disk: new ReadOnlyDisk(root), timers: { after, sleep } };
}
