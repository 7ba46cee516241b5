/**
 * Shows what a crash may leave of a file, beside a twin that keeps every image each sector ever
 * had.
 */
import { SeededRandom } from '@mangrove/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PendingWrite, PlatterFile, SECTOR_BYTES } from './platter-file.ts';

const SECTORS = 4;

const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('write' as const),
      sector: fc.nat(SECTORS - 1),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('fail-sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('kill' as const) }) },
);

/** Per sector: the values it may have after a crash, the newest last. */
type Twin = number[][];

describe('a file on a platter', () => {
  it('keeps what was synced and, of each sector, any image since', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), fc.nat(), (actions, seed) => {
        const file = new PlatterFile();
        file.resolve(file.truncate(SECTORS * SECTOR_BYTES));
        file.finishSync(file.beginSync());
        const twin: Twin = Array.from({ length: SECTORS }, () => [0]);
        const lost: Twin = Array.from({ length: SECTORS }, () => []);
        for (const each of actions) play(file, twin, lost, each);
        for (const [sector, values] of twin.entries()) {
          expect(fillOf(file, sector)).toBe(values.at(-1));
        }
        file.crash(new SeededRandom(seed));
        expect(file.sizeBytes).toBe(SECTORS * SECTOR_BYTES);
        for (const [sector, values] of twin.entries()) {
          expect(values).toContain(fillOf(file, sector));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('shows every lawful outcome of two writes to two sectors over enough crashes', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const file = new PlatterFile();
      file.resolve(file.truncate(2 * SECTOR_BYTES));
      file.finishSync(file.beginSync());
      for (const fill of [1, 2]) {
        file.resolve(file.write(0, new Uint8Array(2 * SECTOR_BYTES).fill(fill)));
      }
      file.crash(new SeededRandom(seed));
      outcomes.add(`${fillOf(file, 0)}${fillOf(file, 1)}`);
    }
    expect([...outcomes].sort()).toEqual(['00', '01', '02', '10', '11', '12', '20', '21', '22']);
  });

  it('does not cover a write that had not resolved when the sync began', () => {
    let lostCount = 0;
    for (let seed = 0; seed < 50; seed++) {
      const file = new PlatterFile();
      const write = file.write(0, new Uint8Array([1]));
      const sync = file.beginSync();
      file.resolve(write);
      file.finishSync(sync);
      file.crash(new SeededRandom(seed));
      if (file.sizeBytes === 0) lostCount += 1;
    }
    expect(lostCount).toBeGreaterThan(5);
    expect(lostCount).toBeLessThan(45);
  });

  it('loses what a failed sync covered, until it is written and synced again', () => {
    const after = (isRewritten: boolean) => {
      let lostCount = 0;
      for (let seed = 0; seed < 50; seed++) {
        const file = new PlatterFile();
        file.resolve(file.write(0, new Uint8Array([1])));
        file.failSync(file.beginSync());
        expect(file.read(0, 1)).toEqual(new Uint8Array([1]));
        if (isRewritten) file.resolve(file.write(0, new Uint8Array([1])));
        file.finishSync(file.beginSync());
        file.crash(new SeededRandom(seed));
        if (file.read(0, 1)[0] !== 1) lostCount += 1;
      }
      return lostCount;
    };
    expect(after(false)).toBeGreaterThan(5);
    expect(after(true)).toBe(0);
  });

  it('keeps after a kill what was written, no more durable than before', () => {
    let lostCount = 0;
    for (let seed = 0; seed < 50; seed++) {
      const file = new PlatterFile();
      const pending: PendingWrite = file.write(0, new Uint8Array([1]));
      expect(pending.parts.length).toBeGreaterThan(0);
      file.keep();
      expect(file.read(0, 1)).toEqual(new Uint8Array([1]));
      file.crash(new SeededRandom(seed));
      if (file.read(0, 1)[0] !== 1) lostCount += 1;
    }
    expect(lostCount).toBeGreaterThan(5);
  });
});

function play(
  file: PlatterFile,
  twin: Twin,
  lost: Twin,
  each: { readonly type: string; readonly sector?: number; readonly fill?: number },
): void {
  const { sector = 0, fill = 0 } = each;
  if (each.type === 'write') {
    const bytes = new Uint8Array(SECTOR_BYTES).fill(fill);
    file.resolve(file.write(sector * SECTOR_BYTES, bytes));
    twin[sector]?.push(fill);
    lost[sector] = [];
  } else if (each.type === 'sync') {
    file.finishSync(file.beginSync());
    for (const [index, values] of twin.entries()) {
      // What a failed sync has lost stays in doubt; only a newer write settles the sector.
      if (lost[index]?.length === 0) values.splice(0, values.length - 1);
    }
  } else if (each.type === 'fail-sync') {
    file.failSync(file.beginSync());
    for (const [index, values] of twin.entries()) if (values.length > 1) lost[index] = [1];
  } else {
    file.keep();
  }
}

function fillOf(file: PlatterFile, sector: number): number | undefined {
  const bytes = file.read(sector * SECTOR_BYTES, SECTOR_BYTES);
  expect(new Set(bytes).size).toBe(1);
  return bytes[0];
}
