/**
 * Shows that small messages share memory and yet are nobody's but their owner's.
 */
import { describe, expect, it } from 'vitest';
import { SmallWriter } from './small-writer.ts';

/** A message of `count` times `byte`. */
function write(small: SmallWriter, byte: number, count: number): Uint8Array {
  const writer = small.for(count);
  for (let nth = 0; nth < count; nth++) writer?.uint8(byte);
  return writer?.take() ?? new Uint8Array(0);
}

describe('small messages', () => {
  it('lie one behind the other, and are never written to again', () => {
    const small = new SmallWriter();
    const messages = Array.from({ length: 100 }, (_, nth) => write(small, nth, 300));
    expect(new Set(messages.map(({ buffer }) => buffer)).size).toBeLessThan(10);
    for (const [nth, message] of messages.entries()) {
      expect(message).toEqual(new Uint8Array(300).fill(nth));
    }
  });

  it('hold nothing of an encoding that failed half-way', () => {
    const small = new SmallWriter();
    small.for(10)?.uint8(1);
    expect(write(small, 2, 1)).toEqual(Uint8Array.of(2));
  });

  it('are those of up to 1,024 bytes', () => {
    const small = new SmallWriter();
    expect(small.for(1024)).toBeDefined();
    expect(small.for(1025)).toBeUndefined();
  });
});
