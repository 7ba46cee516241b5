/**
 * Shows which names, incarnations and options are taken, and how a caller's mistake is told.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { later } from './clock.ts';
import { DiskError } from './disk.ts';
import { assert, BrokenInvariant, InvalidArgument } from './errors.ts';
import { toIncarnation, toNodeId } from './ids.ts';

describe('the name of a node', () => {
  it.each(['a', '0', 'n1', 'node-3', 'a-', 'x'.repeat(63)])('may be %j', (name) => {
    expect(toNodeId(name)).toBe(name);
  });

  it.each(['', '-a', 'A', 'n_1', 'n 1', 'n1\n', 'é', 'a.b', 'x'.repeat(64)])(
    'may not be %j',
    (name) => {
      expect(() => toNodeId(name)).toThrow(InvalidArgument);
    },
  );

  it('is of the stated letters and length, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        const isName = [...text].every((letter, index) => {
          return (
            'abcdefghijklmnopqrstuvwxyz0123456789'.includes(letter) || (letter === '-' && index > 0)
          );
        });
        if (isName && text.length >= 1 && text.length <= 63) expect(toNodeId(text)).toBe(text);
        else expect(() => toNodeId(text)).toThrow(InvalidArgument);
      }),
    );
  });
});

describe('an incarnation', () => {
  it('is a positive safe integer', () => {
    for (const value of [1, 2, Number.MAX_SAFE_INTEGER]) expect(toIncarnation(value)).toBe(value);
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => toIncarnation(value)).toThrow(InvalidArgument);
    }
  });
});

describe('errors', () => {
  it('name the option, its value and the bound, and repeat no long value', () => {
    const error = new InvalidArgument('timeoutMs', 'x'.repeat(500), 'a number');
    expect(error.option).toBe('timeoutMs');
    expect(error.message).toMatch(/^timeoutMs is "x+\.\.\., but must be a number$/);
    expect(error.message.length).toBeLessThan(120);
    expect(new InvalidArgument('size', undefined, 'given').message).toContain('undefined');
  });

  it('tell a broken invariant by its message, and pass over one that holds', () => {
    assert(true, 'never');
    expect(() => assert(false, 'commitIndex 7 is beyond lastIndex 5')).toThrow(BrokenInvariant);
    expect(() => assert(false, 'commitIndex 7 is beyond lastIndex 5')).toThrow(/7 .* 5/);
  });

  it('of the disk say what was done to which path', () => {
    const error = new DiskError('no-space', 'wal/3', 'write', { cause: 'ENOSPC' });
    expect(error).toMatchObject({ code: 'no-space', path: 'wal/3', cause: 'ENOSPC' });
    expect(error.message).toBe('write wal/3: no-space');
  });
});

describe('instants', () => {
  it('are moved by durations', () => {
    expect(later(5 as Parameters<typeof later>[0], 2.5)).toBe(7.5);
  });
});
