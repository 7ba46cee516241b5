/**
 * Shows what each part of a workload gives: who has turns when, and what is done in them.
 */
import { InvalidArgument, SeededRandom, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import type { PlannedOperation } from './operation.ts';
import {
  always,
  drawOperations,
  type Generator,
  mix,
  perClient,
  perKey,
  phases,
  spread,
  stagger,
  together,
  until,
} from './workload.ts';

const clients = [toNodeId('c1'), toNodeId('c2')];
const read = always({ f: 'read' });
const write = ({ index }: { readonly index: number }) => ({ f: 'write', value: index + 1 });

function draw(generator: Generator, seed = 1): readonly PlannedOperation[] {
  const random = new SeededRandom(seed, 'workload');
  return drawOperations(generator, { random, clients, fromMs: 100, untilMs: 1100 });
}

function counts(operations: readonly PlannedOperation[], name: 'f' | 'client' | 'key') {
  const found: Record<string, number> = {};
  for (const { [name]: of = '' } of operations) found[of] = (found[of] ?? 0) + 1;
  return found;
}

describe('sources', () => {
  it('are mixed by weight', () => {
    const { write: writes = 0, read: reads = 0 } = counts(
      draw(
        spread(
          500,
          mix([
            [1, write],
            [4, read],
          ]),
        ),
      ),
      'f',
    );
    expect(writes + reads).toBe(1000);
    expect(writes).toBeGreaterThan(150);
    expect(writes).toBeLessThan(250);
  });

  it('are spread over keys, each with its own', () => {
    const operations = draw(
      spread(
        100,
        perKey(['a', 'b'], (key) => (key === 'a' ? read : write)),
      ),
    );
    expect(Object.keys(counts(operations, 'key')).sort()).toEqual(['a', 'b']);
    for (const { key, f } of operations) expect(f).toBe(key === 'a' ? 'read' : 'write');
  });

  it('count turns over all clients in order of time, so that values are unique', () => {
    const operations = draw(spread(20, write));
    expect(operations.map(({ value }) => value)).toEqual(operations.map((_, index) => index + 1));
    const times = operations.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('generators', () => {
  it('keep to their stretch of time', () => {
    for (const generator of [spread(200, read), stagger(7, read)]) {
      for (const { atMs } of draw(generator)) {
        expect(atMs).toBeGreaterThanOrEqual(100);
        expect(atMs).toBeLessThan(1100);
      }
    }
  });

  it('give the same for the same seed, and other things for another', () => {
    const generator = stagger(
      20,
      mix([
        [1, write],
        [1, read],
      ]),
    );
    expect(draw(generator)).toEqual(draw(generator));
    expect(draw(generator, 2)).not.toEqual(draw(generator));
  });

  it('stagger turns as far apart as they say, on average', () => {
    const { c1 = 0, c2 = 0 } = counts(draw(stagger(10, read)), 'client');
    for (const count of [c1, c2]) {
      expect(count).toBeGreaterThan(80);
      expect(count).toBeLessThan(120);
    }
  });

  it('come one after the other in phases, the last one as long as there is time', () => {
    const operations = draw(
      phases([
        { lengthMs: 300, generator: stagger(10, write) },
        { lengthMs: 200, generator: () => [] },
        { generator: stagger(10, read) },
      ]),
    );
    for (const { atMs, f } of operations) {
      expect(atMs < 400 ? 'write' : atMs < 600 ? 'nothing' : 'read').toBe(f);
    }
    expect(Object.keys(counts(operations, 'f')).sort()).toEqual(['read', 'write']);
    const cut = draw(
      phases([{ lengthMs: 5000, generator: stagger(10, write) }, { generator: stagger(10, read) }]),
    );
    expect(Object.keys(counts(cut, 'f'))).toEqual(['write']);
  });

  it('end early where they are to', () => {
    const times = draw(until(250, stagger(5, read))).map(({ atMs }) => atMs);
    expect(Math.max(...times)).toBeLessThan(350);
    expect(times.length).toBeGreaterThan(50);
  });

  it('differ from client to client, or run at once', () => {
    const apart = draw(perClient((_, place) => spread(5, place === 0 ? write : read)));
    for (const { client, f } of apart) expect(f).toBe(client === 'c1' ? 'write' : 'read');
    expect(counts(draw(together([spread(5, write), spread(7, read)])), 'f')).toEqual({
      write: 10,
      read: 14,
    });
  });

  it('refuse what makes no sense, at the door', () => {
    expect(() => mix([])).toThrow(InvalidArgument);
    expect(() => mix([[0, read]])).toThrow(InvalidArgument);
    expect(() => perKey([], () => read)).toThrow(InvalidArgument);
    expect(() => spread(0, read)).toThrow(InvalidArgument);
    expect(() => stagger(0.5, read)).toThrow(InvalidArgument);
    expect(() => until(-1, read as never)).toThrow(InvalidArgument);
  });
});
