/**
 * The two kinds of struct codecs do the same: on values, on hostile bytes, with the same errors;
 * and where a platform forbids code from text, all of it works on closures.
 */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, text, uint16, uvarint } from './index.ts';
import { Reader } from './reader.ts';
import { type CompiledField, generated, interpreted } from './struct-codec.ts';
import { Writer } from './writer.ts';

const LAYOUT = { version: 1, isFlexible: true };
const fields: readonly CompiledField[] = [
  { type: 'plain', name: 'term', codec: uvarint.compile(LAYOUT) as never },
  {
    type: 'plain',
    name: 'names',
    codec: array(text({ max: 9 }), { max: 3 }).compile(LAYOUT) as never,
  },
  { type: 'missing', name: 'gone', absent: 0, isIgnorable: false },
  { type: 'tagged', name: 'port', codec: uint16.compile(LAYOUT) as never, tag: 3, absent: 0 },
];
const parts = {
  fields,
  tagged: fields.flatMap((one) => (one.type === 'tagged' ? [one] : [])),
  discriminant: { key: 'type', name: 'it' },
};

describe('struct codecs', () => {
  const fast = generated(parts);
  const slow = interpreted(parts);

  it('of text and of closures write and read alike, with the same errors', () => {
    const values = fc.record({
      type: fc.constant('it'),
      term: fc.oneof(fc.nat(), fc.constant(-1)),
      names: fc.array(fc.string(), { maxLength: 4 }),
      gone: fc.constantFrom(0, 0, 0, 1),
      port: fc.nat(65536),
    });
    fc.assert(
      fc.property(values, (value) => {
        const outcomes = [fast!, slow].map((codec) =>
          outcomeOf(() => {
            const writer = new Writer();
            codec.write(writer, value);
            const bytes = writer.take();
            return [[...bytes], codec.read(new Reader(bytes))];
          }),
        );
        expect(outcomes[0]).toEqual(outcomes[1]);
      }),
    );
  });

  it('of text and of closures read hostile bytes alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (garbage) => {
        const outcomes = [fast!, slow].map((codec) => {
          return outcomeOf(() => codec.read(new Reader(garbage)));
        });
        expect(outcomes[0]).toEqual(outcomes[1]);
      }),
      { numRuns: 2000 },
    );
  });

  it('work where code from text is forbidden', () => {
    const door = new URL('./index.ts', import.meta.url).href;
    const program = `
      const { message, struct, uvarint, text } = await import(${JSON.stringify(door)});
      let isForbidden = false;
      try { new Function('return 1')(); } catch { isForbidden = true; }
      const schema = struct({ term: uvarint, leader: text({ max: 9 }) });
      const codec = message('m', schema, { lowest: 1, highest: 1 }).at(1);
      const bytes = codec.encode({ term: 300, leader: 'n1' });
      console.log(JSON.stringify([isForbidden, [...bytes], codec.decode(bytes)]));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module'];
    const printed = execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual([
      true,
      [0xac, 2, 2, 110, 49, 0],
      { term: 300, leader: 'n1' },
    ]);
  });
});

function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}
