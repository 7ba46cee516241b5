/**
 * The bytes of what was released: every kind of field in every version, sealed messages and frames
 * are written and read as the golden file says. A line that differs is a format that changed.
 */
import { readFileSync } from 'node:fs';
import { decodeSealed, FrameReader } from '@mangrove/wire';
import { describe, expect, it } from 'vitest';
import { SAMPLE, sampleBytes, VALUE } from './sample.ts';

const golden = new Map(
  readFileSync(new URL('./golden.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [string, string]),
);
const bytesOf = (name: string) => new Uint8Array(Buffer.from(golden.get(name) ?? '', 'hex'));

describe('the released layouts', () => {
  it('are written', () => {
    const written = Object.entries(sampleBytes()).map(([name, bytes]) => {
      return [name, Buffer.from(bytes).toString('hex')];
    });
    expect(written).toEqual([...golden]);
  });

  it('are read', () => {
    expect(plain(SAMPLE.at(1).decode(bytesOf('sample version 1')))).toEqual(plain(VALUE));
    const second = SAMPLE.at(2).decode(bytesOf('sample version 2'));
    expect(plain(second)).toEqual(plain({ ...VALUE, added: 300 }));
    const sealed = decodeSealed(SAMPLE, bytesOf('sealed version 1'));
    expect(sealed).toEqual({ version: 1, value: { type: 'empty' } });
    const frames = new FrameReader(100);
    frames.push(bytesOf('frame'));
    expect([...(frames.next() ?? [])]).toEqual([7, 8, 9]);
  });
});

/** Typed arrays of different memory compare by their elements. */
function plain(value: object): unknown {
  return Object.entries(value).map(([name, part]) => {
    return [name, part instanceof Uint8Array ? [...part] : part];
  });
}
