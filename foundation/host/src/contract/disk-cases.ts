/**
 * The contract of the disk over crashes: what stays, what may vanish or tear, and locks.
 *
 * Whatever a crash may do it need not do: a world that keeps everything passes as well. Each story
 * is told several times, so that a world with choices shows more of them.
 */
import type { Disk, DiskFile } from '../disk.ts';
import type { Host } from '../host.ts';
import {
  awaited,
  expect,
  expectBytes,
  expectDiskError,
  fateOf,
  label,
  N1,
  pattern,
  textOf,
} from './story.ts';
import type { ContractCase, ContractWorld } from './world.ts';

/** D2: what a torn write leaves is whole in sectors of this size. */
const SECTOR_BYTES = 512;

/** How often each story is told. */
const ROUND_COUNT = 5;

/** The cases of `Disk` over crashes, and of its locks. */
export const diskCases: readonly ContractCase[] = [
  {
    rules: ['D1', 'D3'],
    title: 'synced bytes under a synced name survive every crash',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const path = `log-${round}`;
        const host = await world.start(N1);
        await createSynced(world, host.disk, path, pattern(5000, round));
        await world.crash(N1);
        const after = await world.start(N1);
        for (let old = 0; old <= round; old++) {
          const got = await readAll(world, after.disk, `log-${old}`);
          expectBytes(got, pattern(5000, old), `log-${old} after crash ${round}`);
        }
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D1', 'D2'],
    title: 'what was appended without a sync may vanish or tear, and never harms what was synced',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const path = `log-${round}`;
        // Pieces begin at sectors, so that no sector has more than two states.
        const { disk } = await world.start(N1);
        const written = pattern(12_345, round);
        const file = await createSynced(world, disk, path, written.subarray(0, 3072));
        for (let offset = 3072; offset < written.length; offset += 1536) {
          await awaited(world, file.append(written.subarray(offset, offset + 1536)), 'append');
        }
        await world.crash(N1);
        const after = await world.start(N1);
        const got = await readAll(world, after.disk, path);
        const isBetween = got.length >= 3072 && got.length <= written.length;
        expect(isBetween, `its size is ${got.length}, with 3072 synced and 12345 written`);
        expectBytes(got.subarray(0, 3072), written.subarray(0, 3072), 'what was synced');
        expectSectors(got, 3072, [new Uint8Array(got.length), written]);
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D2'],
    title: 'an overwrite without a sync leaves each sector old or new',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const path = `table-${round}`;
        const { disk } = await world.start(N1);
        const before = pattern(8192, round);
        const file = await createSynced(world, disk, path, before);
        const after = before.slice();
        after.set(pattern(4000, 100 + round), 2000);
        await awaited(world, file.writeAt(2000, after.slice(2000, 6000)), 'overwrite');
        await world.crash(N1);
        const next = await world.start(N1);
        const got = await readAll(world, next.disk, path);
        expect(got.length === 8192, `its size is ${got.length}`);
        expectSectors(got, 0, [before, after]);
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D1', 'D2'],
    title: 'what was written durably survives every crash, whatever other writes of the file do',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const path = `ledger-${round}`;
        const { disk } = await world.start(N1);
        const before = pattern(8192, round);
        const file = await createSynced(world, disk, path, before);
        const after = before.slice();
        after.set(pattern(1000, 100 + round), 512);
        await awaited(world, file.writeAt(512, after.slice(512, 1512)), 'overwrite');
        const pieces = [pattern(700, 200 + round), pattern(1300, 300 + round)];
        const within = file.writeDurably(4000, pieces);
        await awaited(world, within, 'durable write within the file');
        await awaited(world, file.writeDurably(8000, pieces), 'durable write over its end');
        await world.crash(N1);
        const next = await world.start(N1);
        const got = await readAll(world, next.disk, path);
        expect(got.length === 10_000, `its size is ${got.length}`);
        for (const at of [4000, 8000]) {
          expectBytes(got.subarray(at, at + 700), pattern(700, 200 + round), 'the first piece');
          const second = got.subarray(at + 700, at + 2000);
          expectBytes(second, pattern(1300, 300 + round), 'the second piece');
        }
        expectSectors(got.subarray(0, 2048), 0, [before, after]);
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D1', 'D2'],
    title: 'a truncate is durable after a sync, and before it old or new',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const { disk } = await world.start(N1);
        const file = await awaited(world, disk.open(`file-${round}`, 'create'), 'open');
        await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
        await awaited(world, file.append(pattern(4000, round)), 'append');
        await awaited(world, file.truncate(3000), 'cut');
        await awaited(world, file.sync(), 'sync');
        await awaited(world, file.truncate(1000), 'cut again');
        await world.crash(N1);
        const next = await world.start(N1);
        const got = await readAll(world, next.disk, `file-${round}`);
        const isBetween = got.length >= 1000 && got.length <= 3000;
        expect(isBetween, `its size is ${got.length}, not from 1000 to 3000`);
        const kept = pattern(4000, round).subarray(0, 1000);
        expectBytes(got.subarray(0, 1000), kept, 'what was not cut');
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D3'],
    title: 'a name that was not synced may vanish; if it stays it has the synced bytes',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const { disk } = await world.start(N1);
        const path = `file-${round}`;
        const file = await awaited(world, disk.open(path, 'create'), 'open');
        await awaited(world, file.append(pattern(2000, round)), 'append');
        await awaited(world, file.sync(), 'sync');
        await world.crash(N1);
        const { disk: next } = await world.start(N1);
        const names = await awaited(world, next.list('.'), 'list');
        if (names.includes(path)) {
          expectBytes(await readAll(world, next, path), pattern(2000, round), path);
        }
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D3'],
    title: 'a rename is atomic over a crash, and durable once the directory is synced',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const isSynced = round % 2 === 0;
        const { disk } = await world.start(N1);
        await awaited(world, disk.makeDirectory('state'), 'make the directory');
        await awaited(world, disk.syncDirectory('.'), 'sync of the root');
        await save(world, disk, 'state/current', label('old'));
        await awaited(world, disk.syncDirectory('state'), 'sync of the directory');
        await save(world, disk, 'state/next', label('new'));
        await awaited(world, disk.rename('state/next', 'state/current'), 'rename');
        if (isSynced) await awaited(world, disk.syncDirectory('state'), 'sync of the directory');
        await world.crash(N1);
        const { disk: next } = await world.start(N1);
        const text = textOf(await readAll(world, next, 'state/current'));
        const isRight = text === 'new' || (!isSynced && text === 'old');
        expect(isRight, `after ${isSynced ? 'a synced' : 'a'} rename it says '${text}'`);
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D3'],
    title: 'a removal is durable once the directory is synced, and may be undone before',
    needs: [],
    async run(world) {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const isSynced = round % 2 === 0;
        const { disk } = await world.start(N1);
        await save(world, disk, 'file', label('text'));
        await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
        await awaited(world, disk.remove('file'), 'remove');
        if (isSynced) await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
        await world.crash(N1);
        const { disk: next } = await world.start(N1);
        const names = await awaited(world, next.list('.'), 'list');
        const isThere = names.includes('file');
        expect(!(isSynced && isThere), 'a removed file came back after a sync of its directory');
        if (isThere) {
          const text = textOf(await readAll(world, next, 'file'));
          expect(text === 'text', `the file that came back says '${text}'`);
        }
        await world.crash(N1);
      }
    },
  },
  {
    rules: ['D1', 'H1'],
    title: 'a crash amid writes and syncs leaves what had been synced',
    needs: [],
    async run(world) {
      const acked: number[] = [];
      let host: Host = await world.start(N1);
      await save(world, host.disk, 'log', new Uint8Array(0));
      await awaited(world, host.disk.syncDirectory('.'), 'sync of the directory');
      for (let round = 0; round < ROUND_COUNT; round++) {
        const file = await awaited(world, host.disk.open('log', 'write'), 'open');
        keepWriting(host, file, acked);
        await world.pass(5 + round * 7);
        await world.crash(N1);
        const sizeBytes = acked.at(-1) ?? 0;
        host = await world.start(N1);
        const got = await readAll(world, host.disk, 'log');
        expect(got.length >= sizeBytes, `${got.length} bytes are left of ${sizeBytes} synced`);
        const wanted = pattern(sizeBytes, 9);
        expectBytes(got.subarray(0, sizeBytes), wanted, `the log after crash ${round}`);
        const again = await awaited(world, host.disk.open('log', 'write'), 'open');
        await awaited(world, again.truncate(sizeBytes), 'cut');
        await awaited(world, again.sync(), 'sync');
        await awaited(world, again.close(), 'close');
      }
      expect(acked.length > 0, 'nothing was ever synced');
    },
  },
  {
    rules: ['H1'],
    title: 'a lock has one holder, until it is released or its life ends',
    needs: [],
    async run(world) {
      const { disk } = await world.start(N1);
      const held = await awaited(world, disk.lock('store'), 'lock');
      await expectDiskError(world, 'locked', () => disk.lock('store'), 'a second lock');
      await awaited(world, disk.lock('other'), 'a lock of another name');
      await awaited(world, held.release(), 'release');
      await awaited(world, disk.lock('store'), 'the lock once more');
      for (let life = 0; life < 3; life++) {
        await world.crash(N1);
        const { disk: next } = await world.start(N1);
        const fate = await fateOf(world, next.lock('store'));
        expect(fate.type === 'resolved', `after crash ${life} the lock is ${fate.type}`);
        await expectDiskError(world, 'locked', () => next.lock('store'), 'a second lock');
      }
    },
  },
];

/** Throws unless every sector of `got` from `offset` on is that of one of the candidates. */
function expectSectors(got: Uint8Array, offset: number, candidates: readonly Uint8Array[]): void {
  let start = offset;
  while (start < got.length) {
    const sector = Math.floor(start / SECTOR_BYTES);
    const end = Math.min((sector + 1) * SECTOR_BYTES, got.length);
    const isWhole = candidates.some((candidate) => {
      for (let index = start; index < end; index++) {
        if (got[index] !== candidate[index]) return false;
      }
      return true;
    });
    expect(isWhole, `sector ${sector} is neither as it was nor as it was written`);
    start = end;
  }
}

/** Makes a new file that holds `bytes`, synced as its name is; it stays open. */
async function createSynced(
  world: ContractWorld,
  disk: Disk,
  path: string,
  bytes: Uint8Array,
): Promise<DiskFile> {
  const file = await awaited(world, disk.open(path, 'create'), 'open');
  await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
  await awaited(world, file.append(bytes), 'append');
  await awaited(world, file.sync(), 'sync');
  return file;
}

/** Makes a file that holds `bytes`, synced; its name is not. */
async function save(
  world: ContractWorld,
  disk: Disk,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await awaited(world, disk.open(path, 'create'), 'open');
  await awaited(world, file.truncate(0), 'cut');
  await awaited(world, file.append(bytes), 'append');
  await awaited(world, file.sync(), 'sync');
  await awaited(world, file.close(), 'close');
}

async function readAll(world: ContractWorld, disk: Disk, path: string): Promise<Uint8Array> {
  const file = await awaited(world, disk.open(path, 'read'), `open ${path}`);
  const bytes = await awaited(world, file.readAt(0, file.size()), `read ${path}`);
  await awaited(world, file.close(), 'close');
  return bytes;
}

/**
 * Appends the pattern piece by piece, syncs each, and notes the synced sizes, until the life ends.
 */
function keepWriting(
  host: Host,
  file: { size(): number; append(bytes: Uint8Array): Promise<number>; sync(): Promise<void> },
  acked: number[],
): void {
  host.run(async () => {
    for (;;) {
      const offset = file.size();
      const next = offset + 700;
      await file.append(pattern(next, 9).subarray(offset, next));
      await file.sync();
      acked.push(next);
    }
  });
}
