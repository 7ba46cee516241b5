/**
 * Messages of all kinds of fields: they come back as they went, two versions understand each other,
 * and hostile bytes give a value or a `WireError` with the path of the field, never anything else.
 */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  array,
  boolean,
  branded,
  byFlexibility,
  bytes,
  decodeSealed,
  encodeSealed,
  field,
  fixedBytes,
  int32,
  message,
  nullable,
  nullableArray,
  nullableBytes,
  nullableText,
  oneOf,
  optional,
  struct,
  type TypeOf,
  text,
  uint64,
  union,
  uuid,
  uvarint,
  varint,
  WireError,
  Writer,
} from './index.ts';

type LogIndex = number & { readonly brand: 'LogIndex' };

const entry = struct({
  index: branded<LogIndex>(uvarint),
  kind: oneOf({ command: 0, configuration: 1 }),
  data: bytes({ max: 1000 }),
});

const request = union('type', {
  'append-entries': {
    number: 1,
    schema: struct({
      term: uvarint,
      leader: text({ max: 63 }),
      entries: array(entry, { max: 50 }),
      votes: nullableArray(boolean, { max: 4, length: 'compact' }),
      digest: fixedBytes(4),
    }),
  },
  'install-snapshot': {
    number: 2,
    schema: struct({
      id: uuid,
      size: uint64,
      offset: varint,
      note: optional(text({ max: 20 })),
      parent: nullable(struct({ count: int32 })),
      name: nullableText({ max: 30, length: 'int16' }),
      chunk: nullableBytes({ max: 30, length: 'int32' }),
    }),
  },
});
const rpc = message('rpc', request, { lowest: 1, highest: 1 }).at(1);
type Rpc = TypeOf<typeof request>;

const wellFormed = fc.string({ unit: 'binary', maxLength: 5 });
const entries = fc.array(
  fc.record({
    index: fc.maxSafeNat().map((index) => index as LogIndex),
    kind: fc.constantFrom('command' as const, 'configuration' as const),
    data: fc.uint8Array({ maxLength: 100 }),
  }),
  { maxLength: 10 },
);
const rpcs: fc.Arbitrary<Rpc> = fc.oneof(
  fc.record({
    type: fc.constant('append-entries' as const),
    term: fc.maxSafeNat(),
    leader: fc.string({ unit: 'binary', maxLength: 15 }),
    entries,
    votes: fc.option(fc.array(fc.boolean(), { maxLength: 4 })),
    digest: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('install-snapshot' as const),
    id: fc.uuid(),
    size: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    offset: fc.maxSafeInteger(),
    note: fc.option(wellFormed, { nil: undefined }),
    parent: fc.option(fc.record({ count: fc.integer() })),
    name: fc.option(wellFormed),
    chunk: fc.option(fc.uint8Array({ maxLength: 30 })),
  }),
);

describe('a message', () => {
  it('has the type that its declaration says', () => {
    expectTypeOf<TypeOf<typeof entry>>().toEqualTypeOf<{
      readonly index: LogIndex;
      readonly kind: 'command' | 'configuration';
      readonly data: Uint8Array;
    }>();
    expectTypeOf<Extract<Rpc, { type: 'install-snapshot' }>['parent']>().toEqualTypeOf<{
      readonly count: number;
    } | null>();
    expectTypeOf<Rpc['type']>().toEqualTypeOf<'append-entries' | 'install-snapshot'>();
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(rpcs, (value) => {
        const encoded = rpc.encode(value);
        expect(plain(rpc.decode(encoded))).toEqual(plain(value));
      }),
    );
  });

  it('says in which field a value does not fit, and leaves the writer as it was', () => {
    const good = { index: 1 as LogIndex, kind: 'command' as const, data: new Uint8Array(3) };
    const bad = { ...good, data: new Uint8Array(1001) };
    const value: Rpc = {
      type: 'append-entries',
      term: 1,
      leader: 'n1',
      entries: [good, bad],
      votes: null,
      digest: new Uint8Array(4),
    };
    const writer = new Writer();
    writer.uint8(9);
    const write = () => rpc.encodeInto(writer, value);
    expect(write).toThrow(
      new WireError(
        'too-long',
        '1001 bytes, where 1000 may be',
        'rpc.append-entries.entries[1].data',
      ),
    );
    expect([...writer.take()]).toEqual([9]);
    expect(() => rpc.encode({ ...value, leader: '\ud800' })).toThrow(
      expect.objectContaining({ code: 'malformed', path: 'rpc.append-entries.leader' }),
    );
  });

  it('shares the memory of its bytes and does not copy them', () => {
    const codec = message('m', struct({ data: bytes({ max: 9 }) }), { lowest: 1, highest: 1 }).at(
      1,
    );
    const encoded = codec.encode({ data: Uint8Array.of(1, 2, 3) });
    expect(codec.decode(encoded).data.buffer).toBe(encoded.buffer);
  });
});

describe('hostile bytes', () => {
  it('give a value or a WireError that names the field', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expectValueOrError(garbage);
      }),
      { numRuns: 2000 },
    );
  });

  it('give an error at every cut of a good message', () => {
    fc.assert(
      fc.property(rpcs, (value) => {
        const encoded = rpc.encode(value);
        for (let length = 0; length < encoded.length; length++) {
          const cut = () => rpc.decode(encoded.subarray(0, length));
          expect(cut, `cut at ${length}`).toThrow(expect.objectContaining({ name: 'WireError' }));
        }
        const longer = Uint8Array.of(...encoded, 0);
        expect(() => rpc.decode(longer)).toThrow(
          expect.objectContaining({ code: 'trailing-bytes', path: 'rpc' }),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('give a value or an error wherever a byte of a good message is changed', () => {
    fc.assert(
      fc.property(rpcs, fc.nat(), fc.nat(255), (value, where, byte) => {
        const encoded = rpc.encode(value);
        encoded[where % encoded.length] = byte;
        expectValueOrError(encoded);
      }),
      { numRuns: 1000 },
    );
  });

  it('get no memory for a count that the bytes cannot hold', () => {
    // Number 1, term 0, leader '', and 50 entries, which need 200 bytes.
    const few = Uint8Array.of(1, 0, 0, 50, 1, 2, 3);
    expect(() => rpc.decode(few)).toThrow(
      expect.objectContaining({ code: 'truncated', path: 'rpc.append-entries.entries' }),
    );
    const many = Uint8Array.of(1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f);
    expect(() => rpc.decode(many)).toThrow(
      expect.objectContaining({ code: 'too-long', path: 'rpc.append-entries.entries' }),
    );
  });
});

describe('versions', () => {
  const point = (fields: number) =>
    struct({
      x: uvarint,
      ...(fields >= 2 ? { y: field(uvarint, { since: 2, absent: 7 }) } : {}),
      ...(fields >= 3 ? { hint: field(text({ max: 9 }), { tag: 0, absent: '' }) } : {}),
      old: field(uvarint, { until: 1, absent: 0, isIgnorable: true }),
    });
  const v1 = message('point', point(1), { lowest: 1, highest: 1 });
  const v2 = message('point', point(3), { lowest: 1, highest: 2 });

  it('two programs side by side understand each other in the version that both have', () => {
    const older = v1.at(1);
    const newer = v2.at(1);
    const fromNew = newer.encode({ x: 5, y: 7, hint: '', old: 3 } as never);
    expect(older.decode(fromNew)).toEqual({ x: 5, old: 3 });
    const fromOld = older.encode({ x: 6, old: 4 });
    expect(newer.decode(fromOld)).toEqual({ x: 6, y: 7, hint: '', old: 4 });
  });

  it('an older reader skips a tagged field that it does not know', () => {
    const bytes = v2.at(1).encode({ x: 5, y: 7, hint: 'new', old: 3 } as never);
    expect(v1.at(1).decode(bytes)).toEqual({ x: 5, old: 3 });
    expect(v2.at(1).decode(bytes)).toEqual({ x: 5, y: 7, hint: 'new', old: 3 });
  });

  it('what a version cannot carry is refused, or left out where the field says so', () => {
    expect(() => v2.at(1).encode({ x: 5, y: 8, hint: '', old: 3 } as never)).toThrow(
      expect.objectContaining({ code: 'not-in-version', path: 'point.y' }),
    );
    const left = v2.at(2).encode({ x: 5, y: 8, hint: '', old: 3 } as never);
    expect(v2.at(2).decode(left)).toEqual({ x: 5, y: 8, hint: '', old: 0 });
  });

  it('tags that do not ascend, and tagged values of another size, are refused', () => {
    // x, old, then tags 3 and 3; then the known tag 0 with a size that is one too long.
    expect(() => v2.at(1).decode(Uint8Array.of(5, 3, 2, 3, 0, 3, 0))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
    expect(() => v2.at(1).decode(Uint8Array.of(5, 3, 1, 0, 3, 1, 65, 0))).toThrow(
      expect.objectContaining({ code: 'trailing-bytes', path: 'point.hint' }),
    );
  });

  it('flexible versions change the length of texts and end structs with tags, as in Kafka', () => {
    const name = byFlexibility(
      text({ max: 100, length: 'compact' }),
      text({ max: 100, length: 'int16' }),
    );
    const topics = message('topics', struct({ name, partition: int32 }), {
      lowest: 8,
      highest: 9,
      flexibleFrom: 9,
    });
    const value = { name: 'ab', partition: 1 };
    expect([...topics.at(8).encode(value)]).toEqual([0, 2, 97, 98, 0, 0, 0, 1]);
    expect([...topics.at(9).encode(value)]).toEqual([3, 97, 98, 0, 0, 0, 1, 0]);
  });

  it('sealed messages say their version, and show any bit that was changed', () => {
    const writer = new Writer();
    encodeSealed(writer, v1, { x: 300, old: 0 });
    const bytes = writer.take();
    expect(decodeSealed(v2, bytes)).toEqual({
      version: 1,
      value: { x: 300, y: 7, hint: '', old: 0 },
    });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      expect(() => decodeSealed(v2, damaged), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'checksum' }),
      );
    }
    encodeSealed(writer, v2, { x: 1, y: 7, hint: '', old: 0 } as never);
    expect(() => decodeSealed(v1, writer.take())).toThrow(
      expect.objectContaining({ code: 'unknown-version', path: 'point' }),
    );
  });
});

function expectValueOrError(encoded: Uint8Array): void {
  try {
    rpc.decode(encoded);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    expect((error as WireError).path.startsWith('rpc')).toBe(true);
  }
}

/** Typed arrays of different memory compare by their elements. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
