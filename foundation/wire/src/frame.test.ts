/**
 * Frames: whatever the cuts of the stream, the payloads come out; whatever bit changes, it shows.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FRAME_HEADER_BYTES, FrameReader } from './frame.ts';
import { WireError } from './wire-error.ts';
import { Writer } from './writer.ts';

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 200 })), (sent, cuts) => {
        const stream = framed(sent);
        const reader = new FrameReader(300);
        const got: Uint8Array[] = [];
        let at = 0;
        for (const width of [...cuts, stream.length]) {
          reader.push(stream.slice(at, at + width));
          at += width;
          for (let next = reader.next(); next !== undefined; next = reader.next()) {
            got.push(next);
          }
        }
        // Nothing that came later was written over them.
        expect(got.map((payload) => [...payload])).toEqual(sent.map((payload) => [...payload]));
        expect(reader.heldBytes).toBe(0);
      }),
    );
  });

  it('show any bit that was changed: nothing comes out, or an error', () => {
    const stream = framed([Uint8Array.from({ length: 40 }, (_, index) => index)]);
    for (let bit = 0; bit < stream.length * 8; bit++) {
      const damaged = stream.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      const reader = new FrameReader(1000);
      reader.push(damaged);
      // A longer length waits for more; with enough of it, the checksum tells.
      reader.push(new Uint8Array(1000));
      expect(() => reader.next(), `bit ${bit}`).toThrow(WireError);
    }
  });

  it('are held in memory of about their own length, where that has come', () => {
    const stream = framed([new Uint8Array(300_000), new Uint8Array(10)]);
    const reader = new FrameReader(400_000);
    const got: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += 65_536) {
      reader.push(stream.slice(at, at + 65_536));
      for (let next = reader.next(); next !== undefined; next = reader.next()) got.push(next);
    }
    expect(got.map(({ length }) => length)).toEqual([300_000, 10]);
    expect(got[0]?.buffer.byteLength).toBeLessThan(400_000);
  });

  it('refuse a length above the bound before they hold it', () => {
    const reader = new FrameReader(100);
    reader.push(Uint8Array.of(0, 0, 0, 101, 0, 0, 0, 0));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'too-long' }));
    expect(reader.heldBytes).toBe(FRAME_HEADER_BYTES);
  });

  it('leave the writer as it was when the payload cannot be written', () => {
    const writer = new Writer();
    writer.uint8(7);
    expect(() => encodeFrame(writer, (inner) => inner.uint8(256))).toThrow(WireError);
    expect([...writer.take()]).toEqual([7]);
  });
});

function framed(payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const payload of payloads) encodeFrame(writer, (inner) => inner.raw(payload));
  return writer.take();
}
