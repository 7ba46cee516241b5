/**
 * Messages that are written in steps, into pieces: the bytes are those of one go, no step writes
 * much, and what fails says where.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  array,
  bytes,
  encodeFrame,
  field,
  frameHeaderOf,
  InvalidArgument,
  message,
  recursive,
  type Schema,
  struct,
  text,
  union,
  uvarint,
  Writer,
} from './index.ts';

interface Tree {
  readonly type: 'leaf' | 'fork';
  readonly data?: Uint8Array;
  readonly names?: readonly string[];
  readonly parts?: readonly Tree[];
  readonly hint?: readonly Uint8Array[];
}

const tree = recursive<Tree>(
  (self) =>
    union('type', {
      leaf: { number: 1, schema: struct({ data: bytes({ max: 2_000_000 }) }) },
      fork: {
        number: 2,
        schema: struct({
          names: array(text({ max: 9 }), { max: 100_000 }),
          parts: array(self, { max: 100_000 }),
          hint: field(array(bytes({ max: 1000 }), { max: 9 }), { tag: 3, absent: [] }),
          size: field(uvarint, { since: 2, absent: 0, isIgnorable: true }),
        }),
      },
    }) as unknown as Schema<Tree>,
  { maxDepth: 4 },
);

const codec = message('tree', tree, { lowest: 1, highest: 2 }).at(1);

const PIECE_BYTES = 32;

describe('a message in steps', () => {
  it('has the bytes that it has in one go, and a frame has its header', () => {
    fc.assert(
      fc.property(trees(3), (value) => {
        const writer = new Writer({ pieceBytes: PIECE_BYTES });
        finish(codec.encodeInSteps(writer, value));
        const { length } = writer;
        const pieces = writer.takePieces();
        const whole = codec.encode(value);
        expect(joined(pieces)).toEqual([...whole]);
        expect(length).toBe(whole.length);
        expect(pieces.every((piece) => piece.length > 0)).toBe(true);
        const framed = new Writer();
        encodeFrame(framed, (inner) => inner.raw(whole));
        const header = finish(frameHeaderOf(pieces));
        expect(joined([header, ...pieces])).toEqual([...framed.take()]);
      }),
    );
  });

  it('writes 64 elements at most in a step, or some 64 KiB and one element', () => {
    const small = { type: 'leaf', data: new Uint8Array(10) } as const;
    const large = { type: 'leaf', data: new Uint8Array(20_000) } as const;
    const longest = { type: 'leaf', data: new Uint8Array(1_000_000) } as const;
    for (const [part, count, most] of [
      [small, 10_000, 64 * 16],
      [large, 300, 65_536 + 20_100],
      [longest, 20, 1_000_200],
    ] as const) {
      const parts = Array.from({ length: count }, () => part);
      const names = Array.from({ length: count }, () => 'name');
      const value: Tree = { type: 'fork', names, parts, hint: [] };
      const root: Tree = { type: 'fork', names: [], parts: [value, value], hint: [] };
      expect(longestStep(root)).toBeLessThan(most);
    }
  });

  it('sums some 64 KiB of a frame in a step', () => {
    let [longest, sum] = [0, 0];
    const crc32c = (some: Uint8Array, seed = 0): number => {
      longest = Math.max(longest, some.length);
      sum += some.length;
      return seed;
    };
    const steps = frameHeaderOf([new Uint8Array(1_000_000), new Uint8Array(3)], crc32c);
    let stepCount = 1;
    while (steps.next().done !== true) stepCount += 1;
    expect([longest, sum]).toEqual([65_536, 4 + 1_000_003]);
    expect(stepCount).toBeGreaterThan(1_000_000 / 65_536);
  });

  it('says where it cannot be written', () => {
    const writer = new Writer({ pieceBytes: PIECE_BYTES });
    const bad = { type: 'leaf', data: new Uint8Array(2_000_001) } as const;
    const value: Tree = { type: 'fork', names: ['a'], parts: [{ ...bad, data: PIECE }, bad] };
    expect(() => finish(codec.encodeInSteps(writer, value))).toThrow(
      expect.objectContaining({ code: 'too-long', path: 'tree.fork.parts[1].leaf.data' }),
    );
    expect(() => codec.encode(value)).toThrow(
      expect.objectContaining({ code: 'too-long', path: 'tree.fork.parts[1].leaf.data' }),
    );
  });
});

describe('a writer of pieces', () => {
  it('copies no long bytes, and keeps to its bound', () => {
    const writer = new Writer({ pieceBytes: PIECE_BYTES, maxBytes: 100 });
    writer.uint8(1);
    writer.raw(PIECE);
    writer.uint32(2);
    expect(writer.length).toBe(5 + PIECE_BYTES);
    expect(() => writer.raw(new Uint8Array(64))).toThrow(
      expect.objectContaining({ code: 'too-long' }),
    );
    writer.raw(new Uint8Array(100 - writer.length));
    expect(() => writer.uint8(1)).toThrow(expect.objectContaining({ code: 'too-long' }));
    const pieces = writer.takePieces();
    expect(pieces[1]).toBe(PIECE);
    expect(pieces.map(({ length }) => length)).toEqual([1, PIECE_BYTES, 4, 63]);
    expect(writer.length).toBe(0);
    expect(writer.takePieces()).toEqual([]);
  });

  it('lets nobody look at, change or take alone what was cut off', () => {
    const writer = new Writer({ pieceBytes: PIECE_BYTES });
    writer.uint32(1);
    writer.raw(PIECE);
    writer.uint32(7);
    const cut = 4 + PIECE_BYTES;
    expect(() => writer.peek()).toThrow(InvalidArgument);
    expect(() => writer.patchUint32(cut - 1, 1)).toThrow(InvalidArgument);
    expect(() => writer.rewind(cut - 1)).toThrow(InvalidArgument);
    expect(() => writer.take()).toThrow(InvalidArgument);
    expect([...writer.peek(cut)]).toEqual([0, 0, 0, 7]);
    writer.patchUint32(cut, 8);
    writer.rewind(cut + 4);
    expect(joined(writer.takePieces())).toEqual([0, 0, 0, 1, ...PIECE, 0, 0, 0, 8]);
  });

  it('refuses pieces that hold no number', () => {
    expect(() => new Writer({ pieceBytes: 15 })).toThrow(InvalidArgument);
  });
});

const PIECE = new Uint8Array(PIECE_BYTES).fill(9);

function trees(depth: number): fc.Arbitrary<Tree> {
  const leaf = fc.record({
    type: fc.constant('leaf' as const),
    data: fc.uint8Array({ maxLength: 2 * PIECE_BYTES }),
  });
  if (depth === 0) return leaf;
  const fork = fc.record({
    type: fc.constant('fork' as const),
    names: fc.array(fc.string({ maxLength: 3 }), { maxLength: 5 }),
    parts: fc.array(trees(depth - 1), { maxLength: 4 }),
    hint: fc.array(fc.uint8Array({ maxLength: 2 * PIECE_BYTES }), { maxLength: 3 }),
  });
  return fc.oneof(leaf, fork);
}

function longestStep(value: Tree): number {
  const writer = new Writer({ pieceBytes: 65_536 });
  let [before, longest] = [0, 0];
  for (const _ of codec.encodeInSteps(writer, value)) {
    longest = Math.max(longest, writer.length - before);
    before = writer.length;
  }
  return Math.max(longest, writer.length - before);
}

function finish<Result>(steps: Generator<void, Result, void>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function joined(pieces: readonly Uint8Array[]): number[] {
  return pieces.flatMap((piece) => [...piece]);
}
