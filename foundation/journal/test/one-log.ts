/**
 * A plain journal in the shape of a shared one with a single log, so that one driver uses both.
 */
import type { Host } from '@mangrove/host';
import {
  type CompactionReport,
  type Journal,
  type JournalOptions,
  openJournal,
  type PlainJournal,
  type SharedJournal,
} from '@mangrove/journal';

/** The name that the log of a plain journal is given. */
export const ONLY_LOG = 'log';

/** Opens the plain journal in `options.directory`. */
export async function openOneLog(host: Host, options: JournalOptions): Promise<SharedJournal> {
  return new OneLog(await openJournal(host, options));
}

class OneLog implements SharedJournal {
  readonly names = [ONLY_LOG];
  private readonly journal: PlainJournal;

  constructor(journal: PlainJournal) {
    this.journal = journal;
  }

  get recovery() {
    return this.journal.recovery;
  }

  get sizes() {
    return this.journal.sizes;
  }

  log(name: string): Journal | undefined {
    return name === ONLY_LOG ? this.journal : undefined;
  }

  async createLog(): Promise<Journal> {
    throw new Error('a plain journal has the one log');
  }

  async removeLog(): Promise<void> {
    throw new Error('a plain journal keeps its log');
  }

  /** A plain journal frees its oldest segments by itself. */
  async compact(): Promise<CompactionReport> {
    return { freedSegments: 0, movedBytes: 0 };
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
