/**
 * A journal that writes all of itself anew each time: slow, and small enough to be seen to be
 * right.
 *
 * It keeps the contract of `Journal` by the oldest means: a file beside, a sync, a rename, a sync
 * of the directory. Calls of one turn go to disk together. Tests of the node stand on it.
 */
import { type Host, InvalidArgument } from '@mangrove/host';
import {
  type IndexRange,
  JournalError,
  type JournalRecord,
  type PlainJournal,
  type ReadLimits,
} from '@mangrove/journal';
import { array, bytes, message, struct, uvarint } from '@mangrove/wire';

const blob = bytes({ max: 67_108_864 });
const image = message(
  'whole-file-journal',
  struct({
    firstIndex: uvarint,
    metadata: blob,
    reserved: blob,
    records: array(blob, { max: 1_000_000 }),
  }),
  { lowest: 1, highest: 1 },
).at(1);

/** Opens the journal in a directory, or makes it. */
export async function openWholeFileJournal(
  host: Host,
  options: { readonly directory: string; readonly firstIndex: number },
): Promise<PlainJournal> {
  const { directory, firstIndex } = options;
  await host.disk.makeDirectory(directory);
  const names = await host.disk.list(directory);
  const empty = new Uint8Array(0);
  let found: Image = { firstIndex, metadata: empty, reserved: empty, records: [] as Uint8Array[] };
  if (names.includes('journal')) {
    const file = await host.disk.open(`${directory}/journal`, 'read');
    const read = image.decode(await file.readAt(0, file.size()));
    found = { ...read, records: [...read.records] };
    await file.close();
  }
  return new WholeFileJournal(host, directory, found);
}

interface Image {
  firstIndex: number;
  metadata: Uint8Array;
  reserved: Uint8Array;
  records: Uint8Array[];
}

class WholeFileJournal implements PlainJournal {
  readonly recovery = {
    segmentCount: 1,
    batchCount: 1,
    readBytes: 0,
    wasClosed: false,
    cut: undefined,
  };
  readonly sizes = { segmentCount: 1, diskBytes: 0, pendingBytes: 0 };
  private readonly host: Host;
  private readonly directory: string;
  private readonly image: Image;
  private durable: Image;
  private writing: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;

  constructor(host: Host, directory: string, found: Image) {
    this.host = host;
    this.directory = directory;
    this.image = found;
    this.durable = { ...found, records: [...found.records] };
  }

  get firstIndex(): number {
    return this.image.firstIndex;
  }

  get durableIndex(): number {
    return this.durable.firstIndex + this.durable.records.length - 1;
  }

  get nextIndex(): number {
    return this.image.firstIndex + this.image.records.length;
  }

  get metadata(): Uint8Array {
    return this.durable.metadata;
  }

  get reserved(): Uint8Array {
    return this.durable.reserved;
  }

  async append(records: readonly Uint8Array[]): Promise<IndexRange> {
    const firstIndex = this.nextIndex;
    this.image.records.push(...records);
    const lastIndex = this.nextIndex - 1;
    await this.write();
    return { firstIndex, lastIndex };
  }

  async read(fromIndex: number, limits: ReadLimits = {}): Promise<readonly JournalRecord[]> {
    const { firstIndex, records } = this.durable;
    if (fromIndex < firstIndex) {
      throw new JournalError('compacted', `${fromIndex} is before ${firstIndex}`);
    }
    const { lastIndex = Number.MAX_SAFE_INTEGER, maxRecords = 1000, maxBytes = 1e6 } = limits;
    const found: JournalRecord[] = [];
    let size = 0;
    for (let index = fromIndex; index <= lastIndex && found.length < maxRecords; index++) {
      const record = records[index - firstIndex];
      size += record?.length ?? 0;
      if (record === undefined || (size > maxBytes && found.length > 0)) break;
      found.push({ index, bytes: record });
    }
    return found;
  }

  async truncateSuffix(fromIndex: number): Promise<void> {
    this.image.records.length = fromIndex - this.firstIndex;
    await this.write();
  }

  async truncatePrefix(firstIndex: number): Promise<void> {
    const count = Math.max(0, firstIndex - this.firstIndex);
    this.image.records.splice(0, count);
    this.image.firstIndex += count;
    await this.write();
  }

  async reset(nextIndex: number, metadata = this.image.metadata): Promise<void> {
    Object.assign(this.image, { firstIndex: nextIndex, metadata, records: [] });
    await this.write();
  }

  async setMetadata(metadata: Uint8Array): Promise<void> {
    this.image.metadata = metadata;
    await this.write();
  }

  async setReserved(reserved: Uint8Array): Promise<void> {
    if (reserved.length > 480) throw new InvalidArgument('reserved', reserved.length, '480 bytes');
    this.image.reserved = reserved;
    await this.write();
  }

  async close(): Promise<void> {
    await this.waiting;
    await this.writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Durable is what there is now, once the write under way and the next one are done. */
  private write(): Promise<void> {
    this.waiting ??= this.afterTheOneUnderWay();
    return this.waiting;
  }

  private async afterTheOneUnderWay(): Promise<void> {
    await this.writing;
    this.waiting = undefined;
    this.writing = this.writeNow();
    await this.writing;
  }

  private async writeNow(): Promise<void> {
    const { disk } = this.host;
    const taken = { ...this.image, records: [...this.image.records] };
    const file = await disk.open(`${this.directory}/partial`, 'create');
    await file.truncate(0);
    await file.append(image.encode(taken));
    await file.sync();
    await file.close();
    await disk.rename(`${this.directory}/partial`, `${this.directory}/journal`);
    await disk.syncDirectory(this.directory);
    this.durable = taken;
  }
}
