/**
 * Shows that frames are found again however the network cuts them, against a naive reader, and that
 * a length is checked before anything is allocated for it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import {
  decodeHello,
  decodeWelcome,
  encodeFrame,
  encodeHello,
  encodeWelcome,
  type Hello,
  ProtocolError,
} from './frames.ts';

interface Frame {
  readonly type: number;
  readonly body: readonly number[];
}

/** All frames of `bytes`, found by looking at the whole. */
function naiveFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) break;
    frames.push({ type: bytes[at + 4] ?? 0, body: [...bytes.subarray(at + 5, end)] });
    at = end;
  }
  return frames;
}

function readAll(reader: FrameReader): Frame[] {
  const frames: Frame[] = [];
  while (reader.next()) frames.push({ type: reader.type, body: [...reader.body] });
  return frames;
}

const frame = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }))
  .map(([type, body]) => encodeFrame(type, body));

describe('a reader of frames', () => {
  it('finds every frame, however the bytes are cut', () => {
    const cut = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.nat({ max: 8 }),
        cut,
        (sent, lost, cuts) => {
          const all = Buffer.concat(sent);
          const bytes = all.subarray(0, Math.max(0, all.length - lost));
          const reader = new FrameReader(1000);
          const found: Frame[] = [];
          let at = 0;
          for (let index = 0; at < bytes.length; index++) {
            const end = at + (cuts[index % cuts.length] ?? 1);
            reader.push(new Uint8Array(bytes.subarray(at, end)));
            at = end;
            // Now and then several chunks wait.
            if (index % 3 !== 0) found.push(...readAll(reader));
          }
          found.push(...readAll(reader));
          expect(found).toEqual(naiveFrames(bytes));
          expect(reader.chunkCount).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('refuses a frame by its header alone, at the bound and beyond', () => {
    const header = (length: number) => {
      const bytes = new Uint8Array(5);
      new DataView(bytes.buffer).setUint32(0, length, true);
      return bytes;
    };
    for (const length of [0, 101, 2 ** 31, 2 ** 32 - 1]) {
      const reader = new FrameReader(100);
      reader.push(header(length));
      expect(() => reader.next(), String(length)).toThrow(ProtocolError);
    }
    const reader = new FrameReader(100);
    reader.push(header(100));
    expect(reader.next()).toBe(false);
    reader.push(new Uint8Array(99));
    expect(reader.next()).toBe(true);
    expect(reader.body).toHaveLength(99);
  });

  it('ends in frames or in its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
        const reader = new FrameReader(64);
        try {
          for (const chunk of chunks) {
            reader.push(chunk);
            readAll(reader);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('a greeting', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
  const hello = fc.record({
    version: fc.integer({ min: 0, max: 255 }),
    incarnation: fc.maxSafeInteger().filter((value) => value > 0),
    cluster: name,
    from: name,
    to: name,
  }) as unknown as fc.Arbitrary<Hello>;
  const bodyOf = (bytes: Uint8Array) => bytes.subarray(5);

  it('survives the way', () => {
    fc.assert(
      fc.property(hello, (sent) => {
        expect(decodeHello(bodyOf(encodeHello(sent)))).toEqual(sent);
        expect(decodeWelcome(bodyOf(encodeWelcome(sent.incarnation)))).toBe(sent.incarnation);
      }),
    );
  });

  it('ends in a greeting or in its own error, cut short and changed', () => {
    fc.assert(
      fc.property(hello, fc.nat(), fc.nat(), fc.nat({ max: 255 }), (sent, cut, place, value) => {
        const body = bodyOf(encodeHello(sent)).slice();
        body[place % body.length] = value;
        for (const decode of [decodeHello, decodeWelcome]) {
          for (const bytes of [body, body.subarray(0, cut % body.length)]) {
            try {
              decode(bytes);
            } catch (error) {
              expect(error).toBeInstanceOf(ProtocolError);
            }
          }
        }
      }),
    );
  });
});
