/**
 * A replica of the durable register: a table of keys in memory, and a journal that it comes from.
 *
 *     keep -> append the record -> append a proof -> into the table -> answer
 *
 * The proof is there for a disk that rots. A last batch that rotted cannot be told from one that
 * was torn, so opening would cut it off without a word. With a later batch behind it, damage is
 * known to be damage, and the replica refuses to start instead of forgetting what it answered.
 */
import type { NodeConfig } from '@mangrove/experiment';
import type { Envelope, Host, RunningNode } from '@mangrove/host';
import type { PlainJournal } from '../journal.ts';
import { JournalError } from '../journal-error.ts';
import { openJournal, scanRecords } from '../open.ts';
import {
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  isNewer,
  type Kept,
} from './register-message.ts';

/** Small, so that a run of seconds may begin a second one. */
const SEGMENT_BYTES = 16_384;

/** A replica that runs. */
export class RegisterReplica implements RunningNode {
  private readonly host: Host;
  private readonly journal: PlainJournal;
  private readonly table: Map<string, Kept>;

  private constructor(host: Host, journal: PlainJournal, table: Map<string, Kept>) {
    this.host = host;
    this.journal = journal;
    this.table = table;
  }

  /** Starts a replica; rejects with `JournalError` where its journal does not open. */
  static async start(host: Host, { topology }: NodeConfig): Promise<RegisterReplica> {
    const options = { directory: 'register', segmentBytes: SEGMENT_BYTES };
    const journal = await openJournal(host, options);
    try {
      const table = await readTable(journal);
      const replica = new RegisterReplica(host, journal, table);
      await replica.checkpoint();
      for (const { node, address } of topology.clients) host.messages.addPeer(node, address);
      host.messages.onMessage((envelope) => host.run(() => replica.answer(envelope)));
      return replica;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** What it would answer: every key with its newest value that is durable and proven. */
  get durable(): ReadonlyMap<string, Kept> {
    return this.table;
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Writes the whole table, and drops what it came from: that this is done proves the table. */
  private async checkpoint(): Promise<void> {
    const entries = [...this.table].map(([key, kept]) => ({ key, kept }));
    const written = await this.journal.append([encodeRecord({ type: 'table', entries })]);
    await this.journal.truncatePrefix(written.firstIndex);
  }

  private async answer({ from, bytes }: Envelope): Promise<void> {
    const message = decodeMessage(bytes);
    if (message === undefined || message.type === 'have') return;
    const { type, id, key } = message;
    if (type === 'keep' && !(await this.keep(key, message.kept))) return;
    const kept = this.table.get(key);
    this.host.trace.state({ [key]: kept === undefined ? '' : String(kept.value) });
    this.host.messages.send(from, encodeMessage({ type: 'have', id, kept }));
  }

  /** Makes `kept` durable, unless there is something newer; false where there is no room. */
  private async keep(key: string, kept: Kept): Promise<boolean> {
    if (!isNewer(kept, this.table.get(key))) return true;
    try {
      await this.journal.append([encodeRecord({ type: 'kept', key, kept })]);
      await this.journal.append([encodeRecord({ type: 'proof' })]);
    } catch (error) {
      const isFull = error instanceof JournalError && error.code === 'no-space';
      if (isFull) return false;
      // A failed sync ends this life: only the next opening tells what is on the disk.
      throw error;
    }
    if (isNewer(kept, this.table.get(key))) this.table.set(key, kept);
    return true;
  }
}

/** The table as the records of a journal make it. */
async function readTable(journal: PlainJournal): Promise<Map<string, Kept>> {
  const table = new Map<string, Kept>();
  for await (const { bytes } of scanRecords(journal)) {
    const record = decodeRecord(bytes);
    const entries =
      record.type === 'table' ? record.entries : record.type === 'kept' ? [record] : [];
    for (const { key, kept } of entries) if (isNewer(kept, table.get(key))) table.set(key, kept);
  }
  return table;
}
