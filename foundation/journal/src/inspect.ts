/**
 * Inspection: what a journal's directory holds, in lines for people, and whether it is sound.
 *
 * It reads, takes no lock and changes nothing; so it may be run on the copy of a directory, or on
 * one whose node is down. Beside a running writer it may report a torn tail that is none.
 */
import type { Host } from '@mangrove/host';
import { crc32c } from '@mangrove/wire';
import type { Group } from './group.ts';
import { JournalError } from './journal-error.ts';
import { type Found, findJournal } from './recovery.ts';
import { RESERVED_NAME, ReservedFile } from './reserved-file.ts';
import { segmentName } from './segment-files.ts';
import type { Scanned } from './segment-scan.ts';
import { Slices } from './slices.ts';

/** How a journal is inspected. */
export interface InspectOptions {
  readonly directory: string;
  /** Whether every batch and group gets a line. Default: only segments and logs do. */
  readonly isVerbose?: boolean;
}

/** The outcome of an inspection. */
export type Inspection =
  /** All of it is whole. */
  | { readonly type: 'sound' }
  /** The tail is torn: opening the journal cuts it off. */
  | { readonly type: 'torn'; readonly reason: string }
  /** Synced bytes are damaged: the journal does not open. */
  | { readonly type: 'corrupt'; readonly reason: string }
  /** There is no journal in the directory. */
  | { readonly type: 'missing' };

/**
 * Reads the journal in `options.directory` of the Host's disk and checks every byte; `print` gets a
 * line at a time. What is damaged is an outcome, not an error; what cannot be read rejects.
 */
export async function inspectJournal(
  host: Pick<Host, 'disk' | 'timers'>,
  options: InspectOptions,
  print: (line: string) => void,
): Promise<Inspection> {
  const { directory, isVerbose = false } = options;
  const { disk } = host;
  const lines = new InspectionLines(print, isVerbose);
  const slices = new Slices(host);
  const parts = { disk, directory, crc32c, slices, indexIntervalBytes: 4096 };
  try {
    const onBatch = (segment: number, batch: Batch) => lines.batch(segment, batch);
    const found = await findJournal({ ...parts, onBatch });
    if (found === undefined) {
      print(`${directory}: no journal`);
      return { type: 'missing' };
    }
    lines.finish(found);
    await printReserved(host, directory, found, print);
    const { cut } = found.report;
    if (cut === undefined) {
      print(found.report.wasClosed ? 'sound; it was closed in order' : 'sound');
      return { type: 'sound' };
    }
    const reason = `${cut.bytes} bytes of ${cut.file} from ${cut.offset} on: ${cut.reason}`;
    print(`torn tail: ${reason}`);
    return { type: 'torn', reason };
  } catch (error) {
    if (!(error instanceof JournalError) || error.code !== 'corrupt') throw error;
    lines.endSegment();
    print(`corrupt: ${error.message}`);
    return { type: 'corrupt', reason: error.message };
  }
}

type Batch = Extract<Scanned, { type: 'batch' }>;

/** The lines about segments, batches and groups. */
class InspectionLines {
  private readonly print: (line: string) => void;
  private readonly isVerbose: boolean;
  private segment = 0;
  private batchCount = 0;
  private recordCount = 0;
  private sizeBytes = 0;
  private firstSequence = 0;

  constructor(print: (line: string) => void, isVerbose: boolean) {
    this.print = print;
    this.isVerbose = isVerbose;
  }

  batch(segment: number, { header, groups, endOffset }: Batch): void {
    if (segment !== this.segment) {
      this.endSegment();
      this.segment = segment;
      this.firstSequence = header.sequence;
    }
    this.batchCount += 1;
    this.sizeBytes = endOffset;
    for (const { group } of groups) if (group.type === 'records') this.recordCount += group.count;
    if (!this.isVerbose) return;
    const { sequence, offset, kind, synced } = header;
    const known = `synced ${synced.segment}:${synced.offset}`;
    const width = endOffset - offset;
    this.print(`  batch ${sequence} ${kind} at ${offset}, ${width} bytes, ${known}`);
    for (const { group, offset: at } of groups) this.print(`    ${at}  ${describeGroup(group)}`);
  }

  endSegment(): void {
    if (this.batchCount === 0) return;
    const last = this.firstSequence + this.batchCount - 1;
    const batches = `batches ${this.firstSequence} to ${last}`;
    const name = segmentName(this.segment);
    this.print(`${name}: ${this.sizeBytes} bytes, ${batches}, ${this.recordCount} records`);
    this.batchCount = 0;
    this.recordCount = 0;
  }

  finish(found: Found): void {
    this.endSegment();
    if (found.aheadBytes > 0) this.print(`${found.aheadBytes} zeros are set aside behind it`);
    for (const segment of found.leftovers) this.print(`${segmentName(segment)}: left over`);
    for (const log of found.table.logs.values()) {
      const count = log.nextIndex - log.firstIndex;
      const range = count === 0 ? `none, ${log.nextIndex} is next` : rangeOf(log);
      const spans = new Set(log.spans.map(({ segment }) => segment)).size;
      const where = `in ${spans} segments, metadata ${log.metadata.length} bytes`;
      this.print(`log '${log.name}': records ${range}, ${where}`);
    }
  }
}

function rangeOf(log: { readonly firstIndex: number; readonly nextIndex: number }): string {
  return `${log.firstIndex} to ${log.nextIndex - 1}`;
}

function describeGroup(group: Group): string {
  if (group.type === 'records') {
    const { log, isMoved, firstIndex, count } = group;
    const what = isMoved ? 'moved records' : 'records';
    return `log ${log}: ${what} ${firstIndex} to ${firstIndex + count - 1}`;
  }
  const { type, ...fields } = group.change;
  const values = Object.entries(fields).map(([name, value]) => {
    return `${name} ${value instanceof Uint8Array ? `${value.length} bytes` : value}`;
  });
  return `log ${group.log}: ${[type, ...values].join(' ')}`;
}

/** Reads the reserved records; damage of one copy is said, damage of both is corruption. */
async function printReserved(
  host: Pick<Host, 'disk'>,
  directory: string,
  found: Found,
  print: (line: string) => void,
): Promise<void> {
  const users = new Map<number, { log: number; name: string }>();
  for (const { slot, number: log, name } of found.table.logs.values()) {
    users.set(slot, { log, name });
  }
  if (users.size === 0) return;
  const file = await ReservedFile.open(host.disk, directory, found.journal, crc32c, 'read');
  try {
    const { records, damagedCopies } = await file.read(users);
    print(`${RESERVED_NAME}: ${records.size} records, ${damagedCopies} damaged copies`);
  } finally {
    await file.close();
  }
}
