/**
 * Pictures of pages, made coarse: what golden pictures are kept as, and how two are held against
 * each other.
 *
 * A pixel of a coarse picture is the mean of a square of the page, in steps of a few levels. So the
 * edges of letters may be drawn a little differently by another version of the browser, and a word,
 * a colour or a line that is missing still shows. PNG: ISO/IEC 15948; 8 bits a channel, RGB, not
 * interlaced, which is what the browser writes.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** An RGB picture, row by row, three bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** The side of the squares that become one pixel, px. */
const SQUARE = 2;

/** Levels of a channel are kept in steps of so many. */
const STEP = 8;

/** By how many levels a pixel may differ and still be the same. */
const TOLERANCE = 16;

/** How many pixels of two pictures are not the same; undefined where their sizes differ. */
export function differingPixels(a: Picture, b: Picture): number | undefined {
  if (a.width !== b.width || a.height !== b.height) return undefined;
  let count = 0;
  for (let at = 0; at < a.bytes.length; at += 3) {
    const differs = [0, 1, 2].some((channel) => {
      const [left = 0, right = 0] = [a.bytes[at + channel], b.bytes[at + channel]];
      return Math.abs(left - right) > TOLERANCE;
    });
    if (differs) count += 1;
  }
  return count;
}

/** The picture in coarse; what does not fill a square at its right and lower ends is left out. */
export function coarse({ width, height, bytes }: Picture): Picture {
  const [columns, rows] = [Math.floor(width / SQUARE), Math.floor(height / SQUARE)];
  const means = new Uint8Array(columns * rows * 3);
  for (let index = 0; index < means.length; index++) {
    const [channel, square] = [index % 3, Math.floor(index / 3)];
    const [left, top] = [(square % columns) * SQUARE, Math.floor(square / columns) * SQUARE];
    let sum = 0;
    for (let y = top; y < top + SQUARE; y++) {
      for (let x = left; x < left + SQUARE; x++) sum += bytes[(y * width + x) * 3 + channel] ?? 0;
    }
    means[index] = Math.min(255, Math.round(sum / SQUARE ** 2 / STEP) * STEP);
  }
  return { width: columns, height: rows, bytes: means };
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** What is in a PNG as the browser writes them; throws for other kinds. */
export function decodePng(file: Buffer): Picture {
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  if (!file.subarray(24, 29).equals(Uint8Array.of(8, 2, 0, 0, 0))) {
    throw new Error('not a PNG of 8-bit RGB');
  }
  const lines = linesIn(file);
  const size = width * 3;
  const bytes = new Uint8Array(size * height);
  for (let at = 0; at < bytes.length; at++) {
    const [row, place] = [Math.floor(at / size), at % size];
    const left = place < 3 ? 0 : (bytes[at - 3] ?? 0);
    const corner = place < 3 ? 0 : (bytes[at - size - 3] ?? 0);
    const filter = lines[row * (size + 1)] ?? 0;
    const raw = lines[at + row + 1] ?? 0;
    bytes[at] = raw + predicted(filter, left, bytes[at - size] ?? 0, corner);
  }
  return { width, height, bytes };
}

/** The lines, each behind the number of its filter. */
function linesIn(file: Buffer): Uint8Array {
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const data = file.subarray(at + 8, at + 8 + length);
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(data);
    at += length + 12;
  }
  return inflateSync(Buffer.concat(parts));
}

/** What a byte of a line is told as the difference to. */
function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  return filter === 4 ? paeth(left, above, corner) : 0;
}

/** Whichever neighbour is nearest to `left + above - corner`. */
function paeth(left: number, above: number, corner: number): number {
  const [byLeft, byAbove] = [Math.abs(above - corner), Math.abs(left - corner)];
  const byCorner = Math.abs(left + above - 2 * corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

/** The picture as a PNG, every line told as the difference to the one above. */
export function encodePng({ width, height, bytes }: Picture): Buffer {
  const size = width * 3;
  const lines = Buffer.alloc((size + 1) * height);
  for (let row = 0; row < height; row++) {
    lines[row * (size + 1)] = 2;
    for (let place = 0; place < size; place++) {
      const at = row * size + place;
      lines[row * (size + 1) + 1 + place] = (bytes[at] ?? 0) - (bytes[at - size] ?? 0);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const data = deflateSync(lines, { level: 9 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND')]);
}

function chunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
