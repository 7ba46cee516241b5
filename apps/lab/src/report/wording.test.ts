/**
 * Shows how times, counts, values and operations are said.
 */
import { describe, expect, it } from 'vitest';
import {
  clip,
  formatCount,
  formatDuration,
  formatList,
  formatMs,
  formatOperation,
  formatValue,
  plural,
  toSentence,
} from './wording.ts';

/** With plain blanks, to be read here. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('wording', () => {
  it('says moments in whole milliseconds, short ones with a decimal', () => {
    expect([0, 0.44, 3, 9.96, 412.4, 1352].map(formatMs).map(plain)).toEqual([
      ...['0 ms', '0.4 ms', '3 ms', '10.0 ms', '412 ms', '1 352 ms'],
    ]);
  });

  it('says durations in the unit that suits them', () => {
    expect([85, 1000, 2940, 12_400, 1_152_000, -3_600_000].map(formatDuration).map(plain)).toEqual([
      ...['85 ms', '1 s', '2.9 s', '12 s', '19 min', '-60 min'],
    ]);
  });

  it('groups digits and counts nouns', () => {
    expect([7, 1000, 1_234_567, -4200, 2.5].map(formatCount).map(plain)).toEqual([
      ...['7', '1 000', '1 234 567', '-4 200', '2.5'],
    ]);
    expect([plural(1, 'fault'), plural(0, 'fault')].map(plain)).toEqual(['1 fault', '0 faults']);
  });

  it('says operations as people write them', () => {
    expect(formatOperation({ f: 'write', key: 'x', value: 2 })).toBe('write x=2');
    expect(formatOperation({ f: 'read', key: 'x' })).toBe('read x');
    expect(formatOperation({ f: 'cas', key: 'x', value: [1, 2] })).toBe('cas x [1,2]');
    expect(formatOperation({ f: 'enqueue', value: 'job-7' })).toBe('enqueue job-7');
  });

  it('tells a text from a number, and keeps long values short', () => {
    expect([formatValue('a1'), formatValue('1'), formatValue('null'), formatValue(null)]).toEqual([
      ...['a1', '"1"', '"null"', 'null'],
    ]);
    expect(formatValue('x'.repeat(99))).toHaveLength(24);
    expect(clip('\u{1f600}\u{1f600}\u{1f600}', 2)).toBe('\u{1f600}\u2026');
  });

  it('makes lists and sentences', () => {
    expect(formatList(['n1', 'n2', 'n3'])).toBe('n1, n2 and n3');
    expect(formatList(['n1', 'n2', 'n3', 'n4', 'n5'])).toBe('n1, n2, n3 and 2 others');
    expect(toSentence('n1 goes down')).toBe('n1 goes down.');
    expect(toSentence('no order fits')).toBe('No order fits.');
  });
});
