/**
 * Shows that room is taken ahead of durable writes, and that nobody can tell but by how long they
 * take: whatever is written, cut or lengthened meanwhile is as it would be without.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DiskFile, MetricRegistry, SeededRandom } from '@mangrove/host';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultBoard } from './faults.ts';
import { Life } from './life.ts';
import { RoomAhead } from './room-ahead.ts';
import { SystemDisk } from './system-disk.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('what is written ahead', () => {
  const writes: { readonly from: number; readonly length: number; end(): void; fail(): void }[] =
    [];
  const write = (from: number, bytes: Uint8Array): Promise<number> =>
    new Promise((resolve, reject) => {
      const end = () => resolve(bytes.length);
      writes.push({ from, length: bytes.length, end, fail: () => reject(new Error('full')) });
    });

  beforeEach(() => {
    writes.length = 0;
  });

  function ranges(): (readonly number[])[] {
    return writes.map(({ from, length }) => [from, from + length]);
  }

  async function settled(): Promise<void> {
    for (let round = 0; round < 10; round++) await undefined;
  }

  it('is nothing where little is written', () => {
    const ahead = new RoomAhead(0);
    void ahead.beginWrite(64 * KIB - 1);
    ahead.advance(64 * KIB - 1, MIB, write);
    expect(writes).toEqual([]);
    void ahead.beginWrite(64 * KIB);
    ahead.advance(1, MIB, write);
    expect(ranges()).toEqual([[64 * KIB, 320 * KIB]]);
  });

  it('stays ahead of what was begun, up to the end of the file', async () => {
    const ahead = new RoomAhead(1000);
    void ahead.beginWrite(70_000);
    ahead.advance(69_000, 600 * KIB, write);
    ahead.advance(0, 600 * KIB, write);
    expect(ranges()).toEqual([[73_728, 73_728 + 256 * KIB]]);
    writes[0]?.end();
    await settled();
    ahead.advance(0, 600 * KIB, write);
    expect(writes).toHaveLength(1);
    void ahead.beginWrite(80_000);
    ahead.advance(10_000, 600 * KIB, write);
    writes[1]?.end();
    await settled();
    void ahead.beginWrite(500 * KIB);
    ahead.advance(10_000, 600 * KIB, write);
    expect(ranges().slice(1)).toEqual([
      [73_728 + 256 * KIB, 73_728 + 512 * KIB],
      [73_728 + 512 * KIB, 600 * KIB],
    ]);
  });

  it('is waited for by who writes there or changes the size, and by nobody else', async () => {
    const ahead = new RoomAhead(0);
    void ahead.beginWrite(64 * KIB);
    ahead.advance(64 * KIB, MIB, write);
    expect(ahead.beginWrite(64 * KIB)).toBeUndefined();
    const told: string[] = [];
    void ahead.beginWrite(64 * KIB + 1)?.then(() => told.push('write'));
    void ahead.resize(async () => told.push('resize'));
    await settled();
    expect(told).toEqual([]);
    writes[0]?.end();
    await settled();
    expect(told.sort()).toEqual(['resize', 'write']);
  });

  it('does not begin while the size changes, and ends where the file was cut', async () => {
    const ahead = new RoomAhead(0);
    void ahead.beginWrite(64 * KIB);
    ahead.advance(64 * KIB, MIB, write);
    writes[0]?.end();
    await settled();
    let finish = (): void => {};
    const resizing = ahead.resize(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    await settled();
    void ahead.beginWrite(128 * KIB);
    ahead.advance(64 * KIB, MIB, write);
    expect(writes).toHaveLength(1);
    ahead.resized(32 * KIB);
    finish();
    await resizing;
    ahead.advance(0, MIB, write);
    expect(ranges().slice(1)).toEqual([[32 * KIB, 288 * KIB]]);
  });

  it('is given up after a failure, which nobody is told', async () => {
    const ahead = new RoomAhead(0);
    void ahead.beginWrite(64 * KIB);
    ahead.advance(64 * KIB, MIB, write);
    const waiting = ahead.beginWrite(65 * KIB);
    writes[0]?.fail();
    await expect(waiting).resolves.toBeUndefined();
    ahead.advance(64 * KIB, MIB, write);
    expect(writes).toHaveLength(1);
  });
});

describe('a file that is written durably', () => {
  let root = '';
  let life: Life;
  let disk: SystemDisk;

  beforeEach(() => {
    root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'mangrove-ahead-')));
    life = new Life();
    const faults = new FaultBoard(new SeededRandom(1));
    disk = new SystemDisk({
      ...{ life, faults, metrics: new MetricRegistry(), root, lockDirectory: root },
    });
  });

  afterEach(async () => {
    life.finish({ type: 'crashed' });
    await life.ended;
    fs.rmSync(root, { recursive: true });
  });

  const bytesOf = (length: number, seed: number) =>
    Uint8Array.from({ length }, (_, at) => 1 + ((seed + at * 7) % 255));

  it('has room ahead, where the system can write durably in one call', async (context) => {
    // O_DSYNC is what Linux and macOS have.
    context.skip(process.platform === 'win32', 'this system has no writes that are durable');
    const file = await disk.open('log', 'create');
    await file.truncate(MIB);
    await file.writeDurably(0, [bytesOf(60 * KIB, 1)]);
    const takenBytes = () => fs.statSync(join(root, 'log')).blocks * 512;
    expect(takenBytes()).toBeLessThan(128 * KIB);
    await file.writeDurably(60 * KIB, [bytesOf(8 * KIB, 2)]);
    // It waits for what is under way.
    await file.close();
    expect(takenBytes()).toBeGreaterThanOrEqual(320 * KIB);
    expect(fs.statSync(join(root, 'log')).size).toBe(MIB);
  });

  const length = fc.integer({ min: 1, max: 90 * KIB });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('durably' as const), length }) },
    fc.record({ type: fc.constant('further' as const), length, gap: length }),
    fc.record({ type: fc.constant('append' as const), length }),
    fc.record({ type: fc.constant('lengthen' as const), length: fc.integer({ min: 1, max: MIB }) }),
    fc.record({
      type: fc.constant('cut' as const),
      share: fc.double({ min: 0.3, max: 1, noNaN: true }),
    }),
  );

  it('holds what it was told, whatever else is done to it', async () => {
    let runCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
        runCount += 1;
        const file = await disk.open(`file-${runCount}`, 'create');
        await file.truncate(MIB);
        const model = new Model(new Uint8Array(MIB));
        for (const [nth, each] of steps.entries()) await model.take(file, each, nth);
        await model.expectIn(file);
        await file.close();
      }),
      { numRuns: 40 },
    );
  });

  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

  /** What the file has to be. */
  class Model {
    private bytes: Uint8Array;
    private end = 0;

    constructor(bytes: Uint8Array) {
      this.bytes = bytes;
    }

    async take(file: DiskFile, given: Step, seed: number): Promise<void> {
      if (given.type === 'lengthen') await this.resize(file, this.bytes.length + given.length);
      else if (given.type === 'cut') {
        await this.resize(file, Math.floor(this.bytes.length * given.share));
        this.end = Math.min(this.end, this.bytes.length);
      } else {
        const bytes = bytesOf(given.length, seed);
        const gap = given.type === 'further' ? given.gap : 0;
        const offset = given.type === 'append' ? this.bytes.length : this.end + gap;
        if (given.type === 'append') await file.append(bytes);
        else if (given.type === 'further') await file.writeAt(offset, bytes);
        else await file.writeDurably(offset, [bytes]);
        this.grow(offset + bytes.length);
        this.bytes.set(bytes, offset);
        this.end = offset + bytes.length;
      }
      expect(file.size()).toBe(this.bytes.length);
    }

    async expectIn(file: DiskFile): Promise<void> {
      const found = await file.readAt(0, this.bytes.length + 1);
      expect(Buffer.compare(found, this.bytes)).toBe(0);
    }

    private async resize(file: DiskFile, sizeBytes: number): Promise<void> {
      await file.truncate(sizeBytes);
      this.bytes = this.bytes.slice(0, sizeBytes);
      this.grow(sizeBytes);
    }

    private grow(sizeBytes: number): void {
      if (sizeBytes <= this.bytes.length) return;
      const longer = new Uint8Array(sizeBytes);
      longer.set(this.bytes);
      this.bytes = longer;
    }
  }
});
