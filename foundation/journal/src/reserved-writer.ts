/**
 * Writing reserved records: the newest record of each slot that waits, and one sync for all.
 */
import { DiskError, type Host } from '@mangrove/host';
import { JournalError } from './journal-error.ts';
import type { ReservedFile, ReservedRecord } from './reserved-file.ts';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly answers: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/** The writer of one file of reserved records. */
export class ReservedWriter {
  private readonly host: Host;
  private readonly file: ReservedFile;
  private readonly durable: Map<number, ReservedRecord>;
  private waiting = new Map<number, Waiting>();
  private loop: Promise<void> | undefined;
  private poisonStore: (cause: unknown) => JournalError = (cause) => {
    return new JournalError('poisoned', 'a sync failed', { definite: false, cause });
  };

  constructor(host: Host, file: ReservedFile, records: ReadonlyMap<number, ReservedRecord>) {
    this.host = host;
    this.file = file;
    this.durable = new Map(records);
  }

  /** What is to be called when a sync fails. */
  onPoison(poison: (cause: unknown) => JournalError): void {
    this.poisonStore = poison;
  }

  /** The durable record of a slot. */
  read(slot: number): Uint8Array {
    return this.durable.get(slot)?.bytes ?? new Uint8Array(0);
  }

  /** The lowest slot that no log uses. */
  freeSlot(): number {
    let slot = 0;
    while (this.durable.has(slot)) slot += 1;
    return slot;
  }

  /** Sets a slot aside for a log that is being made. */
  async claim(slot: number, log: number): Promise<void> {
    // It counts as used from now on, so that two logs that are made at once get two slots.
    this.durable.set(slot, { log, sequence: 1, bytes: new Uint8Array(0) });
    try {
      await this.file.claim(slot, log);
      await this.file.sync();
    } catch (cause) {
      this.durable.delete(slot);
      throw this.toError(cause);
    }
  }

  release(slot: number): void {
    this.durable.delete(slot);
  }

  /** Replaces a record. A newer one overtakes an older one that waits: both are then durable. */
  write(slot: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const answers = this.waiting.get(slot)?.answers ?? [];
      answers.push({ resolve, reject });
      this.waiting.set(slot, { bytes, answers });
      if (this.loop !== undefined) return;
      this.loop = new Promise((done) => {
        this.host.run(async () => {
          await this.work();
          done();
        });
      });
    });
  }

  async close(): Promise<void> {
    while (this.loop !== undefined) await this.loop;
    await this.file.close();
  }

  private async work(): Promise<void> {
    while (this.waiting.size > 0) {
      await undefined;
      const batch = this.waiting;
      this.waiting = new Map();
      try {
        const written = await this.writeAll(batch);
        for (const [slot, record] of written) this.durable.set(slot, record);
      } catch (cause) {
        const error = this.toError(cause);
        this.passOver(batch);
        for (const { answers } of batch.values()) for (const { reject } of answers) reject(error);
        continue;
      }
      for (const { answers } of batch.values()) for (const { resolve } of answers) resolve();
    }
    // In the same step as the last look at the queue: what comes later starts a loop of its own.
    this.loop = undefined;
  }

  private async writeAll(
    batch: ReadonlyMap<number, Waiting>,
  ): Promise<Map<number, ReservedRecord>> {
    const written = new Map<number, ReservedRecord>();
    for (const [slot, { bytes }] of batch) {
      const before = this.durable.get(slot);
      // The log was removed meanwhile: nobody will ask for its record.
      if (before === undefined) continue;
      const record = { log: before.log, sequence: before.sequence + 1, bytes };
      await this.file.write(slot, record);
      written.set(slot, record);
    }
    await this.file.sync();
    return written;
  }

  /** No two attempts share a sequence: what a refused one left is older than what comes next. */
  private passOver(batch: ReadonlyMap<number, Waiting>): void {
    for (const slot of batch.keys()) {
      const record = this.durable.get(slot);
      if (record !== undefined) {
        this.durable.set(slot, { ...record, sequence: record.sequence + 1 });
      }
    }
  }

  private toError(cause: unknown): JournalError {
    if (!(cause instanceof DiskError)) throw cause;
    if (cause.code !== 'no-space') return this.poisonStore(cause);
    return new JournalError('no-space', cause.message, { definite: false, cause });
  }
}
