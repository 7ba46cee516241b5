/**
 * The history of a run on disk, as it grows: a line an event, in the format that `check` reads.
 *
 * A line is handed to the kernel before the client goes on, so a lab that is killed loses none;
 * only the power of the machine may take the last ones. What has no end in the file is not known to
 * have happened or not, which is what a judge makes of it.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { formatJsonLines } from '@mangrove/check';
import type { HistoryEvent } from '@mangrove/experiment';

/** What the file is called in the folder of a run. */
export const HISTORY_FILE = 'history.jsonl';

/** A file that takes events. */
export class HistoryFile {
  readonly path: string;
  private readonly descriptor: number;
  private isClosed = false;

  /** @param path is begun anew where it is there already; its folder must be there */
  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, 'w');
  }

  add(event: HistoryEvent): void {
    if (this.isClosed) return;
    const bytes = Buffer.from(formatJsonLines([event]));
    // One call, so that no line is torn where the process ends; a full disk may take half of it.
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    closeSync(this.descriptor);
  }
}
