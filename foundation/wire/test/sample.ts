/**
 * A message in two versions with a field of every kind: what the golden file of the layout holds.
 */
import {
  array,
  bigUvarint,
  boolean,
  bytes,
  encodeFrame,
  encodeSealed,
  field,
  fixedBytes,
  float64,
  int16le,
  int64,
  message,
  nullable,
  nullableText,
  oneOf,
  optional,
  safeUint64,
  struct,
  text,
  uint32,
  union,
  uuid,
  uvarint,
  varint,
  Writer,
} from '@mangrove/wire';

const part = struct({ count: uvarint, state: oneOf({ idle: 0, busy: 3 }) });

/** The declaration. */
export const SAMPLE = message(
  'sample',
  union('type', {
    full: {
      number: 5,
      schema: struct({
        flag: boolean,
        big: int64,
        safe: safeUint64,
        word: uint32,
        little: int16le,
        ratio: float64,
        delta: varint,
        wide: bigUvarint,
        id: uuid,
        digest: fixedBytes(3),
        data: bytes({ max: 100 }),
        name: text({ max: 100, length: 'compact' }),
        alias: nullableText({ max: 100, length: 'int16' }),
        parts: array(part, { max: 10, length: 'int32' }),
        parent: nullable(part),
        note: optional(text({ max: 100 })),
        added: field(uvarint, { since: 2, absent: 0 }),
        hint: field(text({ max: 100 }), { tag: 4, absent: '' }),
      }),
    },
    empty: { number: 6, schema: struct({}) },
  }),
  { lowest: 1, highest: 2 },
);

/** A value of it, as version 1 can carry it. */
export const VALUE = {
  type: 'full',
  flag: true,
  big: -5n,
  safe: 2 ** 40 + 1,
  word: 4_000_000_000,
  little: -2,
  ratio: 0.5,
  delta: -300,
  wide: 2n ** 63n,
  id: '01234567-89ab-cdef-0123-456789abcdef',
  digest: Uint8Array.of(1, 2, 3),
  data: Uint8Array.of(255, 0),
  name: 'h\u00e9',
  alias: null,
  parts: [
    { count: 1, state: 'idle' },
    { count: 200, state: 'busy' },
  ],
  parent: { count: 0, state: 'idle' },
  note: undefined,
  added: 0,
  hint: 'new',
} as const;

/** What the golden file holds, by name. */
export function sampleBytes(): Readonly<Record<string, Uint8Array>> {
  const writer = new Writer();
  const take = (write: () => void) => {
    write();
    return writer.take().slice();
  };
  return {
    'sample version 1': SAMPLE.at(1).encode(VALUE),
    'sample version 2': SAMPLE.at(2).encode({ ...VALUE, added: 300 }),
    'sealed version 1': take(() => encodeSealed(writer, SAMPLE, { type: 'empty' }, 1)),
    frame: take(() => encodeFrame(writer, (inner) => inner.raw(Uint8Array.of(7, 8, 9)))),
  };
}
