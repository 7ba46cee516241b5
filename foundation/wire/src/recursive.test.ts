/**
 * Values that contain values of their own kind: they come back, the bound of the depth holds in
 * both directions, and hostile bytes do not reach the end of the stack.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  array,
  message,
  optional,
  recursive,
  struct,
  text,
  union,
  uvarint,
  WireError,
} from './index.ts';

/** As a transaction of etcd nests: a compare, and what is done in the one case and in the other. */
type Step =
  | { readonly type: 'put'; readonly key: string }
  | {
      readonly type: 'branch';
      readonly version: number;
      readonly success: readonly Step[];
      readonly failure: readonly Step[];
      readonly last: Step | undefined;
    };

const MAX_DEPTH = 4;
const step = recursive<Step>(
  (self) =>
    union('type', {
      put: { number: 1, schema: struct({ key: text({ max: 20 }) }) },
      branch: {
        number: 2,
        schema: struct({
          version: uvarint,
          success: array(self, { max: 8 }),
          failure: array(self, { max: 8 }),
          last: optional(self),
        }),
      },
    }),
  { maxDepth: MAX_DEPTH },
);
const steps = message('steps', step, { lowest: 1, highest: 1 }).at(1);

/** So many values in one another. */
function nested(depth: number): Step {
  if (depth === 1) return { type: 'put', key: 'k' };
  return {
    type: 'branch',
    version: depth,
    success: [nested(depth - 1)],
    failure: [],
    last: undefined,
  };
}

const values = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', maxDepth: MAX_DEPTH - 1 },
    fc.record({ type: fc.constant('put' as const), key: fc.string({ maxLength: 5 }) }),
    fc.record({
      type: fc.constant('branch' as const),
      version: fc.nat(),
      success: fc.array(tie('step'), { maxLength: 3 }),
      failure: fc.array(tie('step'), { maxLength: 3 }),
      last: fc.option(tie('step'), { nil: undefined }),
    }),
  ),
})).step;

const NOTHING = { words: [], parts: [] };

describe('a recursive schema', () => {
  it('gives values back as they went, however they are nested', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(steps.decode(steps.encode(value))).toEqual(value);
      }),
    );
  });

  it('refuses to write what is deeper than its bound, and says where', () => {
    expect(steps.decode(steps.encode(nested(MAX_DEPTH)))).toEqual(nested(MAX_DEPTH));
    const path = `steps${'.branch.success[0]'.repeat(MAX_DEPTH)}`;
    expect(() => steps.encode(nested(MAX_DEPTH + 1))).toThrow(
      expect.objectContaining({ code: 'too-deep', path }),
    );
  });

  it('refuses to read what is deeper, before any of it is read', () => {
    // Branches of version 0 whose `success` has one element, a million of them in one another.
    const bomb = new Uint8Array(3_000_000);
    for (let at = 0; at < bomb.length; at += 3) bomb.set([2, 0, 1], at);
    expect(() => steps.decode(bomb)).toThrow(expect.objectContaining({ code: 'too-deep' }));
  });

  it('counts all values of one, and what is to be counted with them, and begins anew', () => {
    type Part = { readonly words: readonly string[]; readonly parts: readonly Part[] };
    const part = recursive<Part>(
      (self, counted) =>
        struct({
          words: array(counted(text({ max: 9 })), { max: 9 }),
          parts: array(self, { max: 9 }),
        }),
      { maxDepth: 3, maxCount: 7 },
    );
    const codec = message('part', array(part, { max: 9 }), { lowest: 1, highest: 1 }).at(1);
    const leaf: Part = { words: ['a'], parts: [] };
    const seven: Part = { words: ['a'], parts: [{ words: ['b'], parts: [leaf] }, NOTHING] };
    const many = codec.encode([seven, seven, leaf]);
    expect(codec.decode(many)).toEqual([seven, seven, leaf]);
    const eight = codec.encode([seven, { ...seven, words: ['a', 'c'] }]);
    expect(() => codec.decode(eight)).toThrow(expect.objectContaining({ code: 'too-long' }));
    expect(codec.decode(many)).toEqual([seven, seven, leaf]);
  });

  it('gives a value or an error with the path of the field for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        try {
          steps.decode(garbage);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).path).toMatch(/^steps/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a depth that is none', () => {
    for (const maxDepth of [0, 101, 1.5]) {
      expect(() => recursive<Step>((self) => self, { maxDepth })).toThrow('maxDepth');
    }
  });
});
