/**
 * The header of a batch: what one sync made durable, where it stands, and what was durable before.
 *
 *     offset  field
 *          0  magic          uint32  'MJB1'
 *          4  checksum       uint32  CRC-32C of the 44 bytes that follow
 *          8  version        uint8   1
 *          9  kind           uint8   0 ordinary, 1 head of a segment, 2 last word at closing
 *         10  journal        uint32  drawn when the journal was made
 *         14  sequence       uint64  of the batch in the journal, without gaps
 *         22  segment        uint32  number of the segment
 *         26  offset         uint32  of this batch in its file
 *         30  syncedSegment  uint32  \ everything below this position was known
 *         34  syncedOffset   uint32  / to be synced when the batch was written
 *         38  groupCount     uint32
 *         42  bodyBytes      uint32  bytes of the groups, which follow
 *         46  groups         uint32  CRC-32C of the checksums of the groups, in order
 *         50  padding        2 zeros
 *
 * A batch that was written somewhere else, or into another journal, or that is left from an attempt
 * that was refused, does not fit its place. Integers are big-endian.
 */
import { type Crc32c, Reader, type Writer } from '@mangrove/wire';

/** The bytes of a header. */
export const BATCH_HEADER_BYTES = 52;

/** The version of the format that this code writes, and the highest that it reads. */
export const FORMAT_VERSION = 1;

/** A place in the journal. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

/** What a header says. */
export interface BatchHeader {
  readonly kind: BatchKind;
  readonly journal: number;
  readonly sequence: number;
  readonly segment: number;
  readonly offset: number;
  readonly synced: Position;
  readonly groupCount: number;
  readonly bodyBytes: number;
  readonly groupsChecksum: number;
}

/** What a batch is for. */
export type BatchKind = 'ordinary' | 'head' | 'last';

const MAGIC = 0x4d4a4231;
const KINDS: readonly BatchKind[] = ['ordinary', 'head', 'last'];

/** What of a header is known before the groups are. */
export type BatchPlace = Omit<BatchHeader, 'groupCount' | 'bodyBytes' | 'groupsChecksum'>;

/** Writes a header, as the first that `writer` holds, without what `endBatchHeader` adds. */
export function beginBatchHeader(writer: Writer, place: BatchPlace): void {
  writer.uint32(MAGIC);
  writer.uint32(0);
  writer.uint8(FORMAT_VERSION);
  writer.uint8(KINDS.indexOf(place.kind));
  writer.uint32(place.journal);
  writer.safeUint64(place.sequence);
  writer.uint32(place.segment);
  writer.uint32(place.offset);
  writer.uint32(place.synced.segment);
  writer.uint32(place.synced.offset);
  writer.uint32(0);
  writer.uint32(0);
  writer.uint32(0);
  writer.uint16(0);
}

/** Adds what the groups tell, and the checksum, to the header that `writer` begins with. */
export function endBatchHeader(
  writer: Writer,
  body: Pick<BatchHeader, 'groupCount' | 'bodyBytes' | 'groupsChecksum'>,
  crc32c: Crc32c,
): void {
  writer.patchUint32(38, body.groupCount);
  writer.patchUint32(42, body.bodyBytes);
  writer.patchUint32(46, body.groupsChecksum);
  writer.patchUint32(4, crc32c(writer.peek().subarray(8, BATCH_HEADER_BYTES)));
}

/** A header, or what is wrong with the bytes. */
export type ParsedHeader =
  | { readonly type: 'header'; readonly header: BatchHeader }
  | { readonly type: 'damaged'; readonly reason: string }
  /** It is whole, and of a format that this code does not know. */
  | { readonly type: 'unknown-version'; readonly version: number };

/** The header that begins at `at` of `bytes`, of which there are `BATCH_HEADER_BYTES` or more. */
export function parseBatchHeader(bytes: Uint8Array, at: number, crc32c: Crc32c): ParsedHeader {
  if (bytes.length - at < BATCH_HEADER_BYTES) {
    return { type: 'damaged', reason: `${bytes.length - at} bytes, too few for a header` };
  }
  const reader = new Reader(bytes, at);
  if (reader.uint32() !== MAGIC) return { type: 'damaged', reason: 'no batch begins here' };
  const stated = reader.uint32();
  if (crc32c(bytes.subarray(at + 8, at + BATCH_HEADER_BYTES)) !== stated) {
    return { type: 'damaged', reason: 'the checksum of the header does not match' };
  }
  const version = reader.uint8();
  if (version !== FORMAT_VERSION) return { type: 'unknown-version', version };
  const kind = KINDS[reader.uint8()];
  if (kind === undefined) return { type: 'damaged', reason: 'the kind of the batch is unknown' };
  const header = {
    kind,
    journal: reader.uint32(),
    sequence: reader.safeUint64(),
    segment: reader.uint32(),
    offset: reader.uint32(),
    synced: { segment: reader.uint32(), offset: reader.uint32() },
    groupCount: reader.uint32(),
    bodyBytes: reader.uint32(),
    groupsChecksum: reader.uint32(),
  };
  return { type: 'header', header };
}

/**
 * What the checksums of a batch's groups begin with, so that a group fits no other batch: the
 * checksum of journal, sequence, segment and offset, as they stand in the header.
 *
 * @param at where in `bytes` the header begins
 */
export function groupSeed(bytes: Uint8Array, at: number, crc32c: Crc32c): number {
  return crc32c(bytes.subarray(at + 10, at + 30));
}
