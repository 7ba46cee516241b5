/**
 * The contract of files while nothing crashes: reading, writing, names, bounds and faults.
 */
import { type DiskFile, MAX_TRANSFER_BYTES, type OpenMode } from '../disk.ts';
import type { Host } from '../host.ts';
import {
  awaited,
  expect,
  expectBytes,
  expectDiskError,
  expectInvalid,
  fateOf,
  label,
  N1,
  pattern,
  textOf,
  WATCH_MS,
} from './story.ts';
import type { ContractCase, ContractWorld } from './world.ts';

/** The cases of `Disk` and `DiskFile` within one life. */
export const fileCases: readonly ContractCase[] = [
  {
    rules: ['D6'],
    title: 'what was written is read back, short at the end of the file and empty behind it',
    needs: [],
    async run(world) {
      const { file } = await opened(world);
      const bytes = pattern(10_000, 1);
      await awaited(world, file.writeAt(0, bytes), 'write');
      expect(file.size() === 10_000, `its size is ${file.size()}`);
      const read = (offset: number, length: number) =>
        awaited(world, file.readAt(offset, length), `a read of ${length} at ${offset}`);
      const whole = await read(0, 10_000);
      expectBytes(whole, bytes, 'the whole');
      const isPlain = Object.getPrototypeOf(whole) === Uint8Array.prototype;
      expect(isPlain, 'what was read is no plain Uint8Array');
      expectBytes(await read(777, 1000), bytes.subarray(777, 1777), 'a middle piece');
      expectBytes(await read(9_990, 1000), bytes.subarray(9_990), 'a piece over the end');
      expectBytes(await read(10_000, 10), new Uint8Array(0), 'a piece at the end');
      expectBytes(await read(50_000, 10), new Uint8Array(0), 'a piece behind the end');
      expectBytes(await read(5, 0), new Uint8Array(0), 'nothing');
    },
  },
  {
    rules: ['D6'],
    title: 'appends get their offsets in the order of the calls',
    needs: [],
    async run(world) {
      const { file } = await opened(world);
      await awaited(world, file.append(label('head')), 'append');
      const pieces = Array.from({ length: 40 }, (_, index) => pattern(1 + index * 37, index));
      const appends = Promise.all(pieces.map((piece) => file.append(piece)));
      const offsets = await awaited(world, appends, 'appends');
      let wanted = 4;
      for (const [index, piece] of pieces.entries()) {
        expect(offsets[index] === wanted, `append ${index} is at ${offsets[index]}, not ${wanted}`);
        const got = await awaited(world, file.readAt(wanted, piece.length), 'read');
        expectBytes(got, piece, `append ${index}`);
        wanted += piece.length;
      }
      expect(file.size() === wanted, `its size is ${file.size()} instead of ${wanted}`);
    },
  },
  {
    rules: ['D6'],
    title: 'two handles of one file see what the other one wrote',
    needs: [],
    async run(world) {
      const { disk, file } = await opened(world);
      const reader = await awaited(world, disk.open('file', 'read'), 'open to read');
      const writer = await awaited(world, disk.open('file', 'write'), 'open to write');
      await awaited(world, file.append(label('one,')), 'append');
      const offset = await awaited(world, writer.append(label('two')), 'append');
      expect(offset === 4, `the append of the other handle is at ${offset}`);
      expect(reader.size() === 7, `the reader sees ${reader.size()} bytes`);
      const text = textOf(await awaited(world, reader.readAt(0, 100), 'read'));
      expect(text === 'one,two', `the reader sees '${text}'`);
      await awaited(world, writer.close(), 'close');
      await awaited(world, file.append(label('!')), 'append after the other one was closed');
      expect(reader.size() === 8, `then the reader sees ${reader.size()} bytes`);
    },
  },
  {
    rules: ['D6', 'D2'],
    title: 'overwriting changes only what is written, and gaps read as zeros',
    needs: [],
    async run(world) {
      const { file } = await opened(world);
      await awaited(world, file.append(pattern(100, 1)), 'append');
      await awaited(world, file.writeAt(10, label('here')), 'overwrite');
      await awaited(world, file.writeAt(2000, label('far')), 'write behind the end');
      const wanted = new Uint8Array(2003);
      wanted.set(pattern(100, 1));
      wanted.set(label('here'), 10);
      wanted.set(label('far'), 2000);
      expectBytes(await awaited(world, file.readAt(0, 5000), 'read'), wanted, 'the file');
      const offset = await awaited(world, file.append(label('end')), 'append');
      expect(offset === 2003, `the append is at ${offset}`);
    },
  },
  {
    rules: ['D6'],
    title: 'truncate cuts, and lengthens with zeros',
    needs: [],
    async run(world) {
      const { file } = await opened(world);
      await awaited(world, file.append(pattern(1000, 1)), 'append');
      await awaited(world, file.truncate(300), 'cut');
      expect(file.size() === 300, `its size is ${file.size()} after the cut`);
      await awaited(world, file.truncate(700), 'lengthen');
      const wanted = new Uint8Array(700);
      wanted.set(pattern(1000, 1).subarray(0, 300));
      expectBytes(await awaited(world, file.readAt(0, 1000), 'read'), wanted, 'the file');
      const offset = await awaited(world, file.append(label('x')), 'append');
      expect(offset === 700, `the append is at ${offset}`);
    },
  },
  {
    rules: ['D7'],
    title: 'a buffer may be used again once its write has settled',
    needs: [],
    async run(world) {
      const { file } = await opened(world);
      const buffer = pattern(5000, 1);
      await awaited(world, file.append(buffer), 'append');
      buffer.fill(0xee);
      await awaited(world, file.sync(), 'sync');
      const got = await awaited(world, file.readAt(0, 5000), 'read');
      expectBytes(got, pattern(5000, 1), 'the file');
      got.fill(0xdd);
      const again = await awaited(world, file.readAt(0, 5000), 'read');
      expectBytes(again, pattern(5000, 1), 'the file, after what was read had been changed');
    },
  },
  {
    rules: ['D6'],
    title: 'the modes of open tell files that are there from those that are not',
    needs: [],
    async run(world) {
      const { disk } = await world.start(N1);
      const open = (mode: OpenMode) => disk.open('file', mode);
      for (const mode of ['read', 'write'] as const) {
        await expectDiskError(world, 'not-found', () => open(mode), `open for ${mode}`);
      }
      const missing = () => disk.open('missing/file', 'create');
      await expectDiskError(world, 'not-found', missing, 'a file in a missing directory');
      const made = await awaited(world, open('create-new'), 'open');
      await awaited(world, made.append(label('text')), 'append');
      await expectDiskError(world, 'already-exists', () => open('create-new'), 'made twice');
      await awaited(world, made.close(), 'close');
      for (const mode of ['read', 'write', 'create'] as const) {
        const file = await awaited(world, open(mode), `open for ${mode}`);
        expect(file.size() === 4, `opened for ${mode} its size is ${file.size()}`);
        const text = textOf(await awaited(world, file.readAt(0, 10), 'read'));
        expect(text === 'text', `opened for ${mode} it says '${text}'`);
        await awaited(world, file.close(), 'close');
      }
    },
  },
  {
    rules: ['D6'],
    title: 'a closed file refuses, after what was under way has ended',
    needs: [],
    async run(world) {
      const { disk, file } = await opened(world);
      const appending = file.append(pattern(100_000, 1));
      await awaited(world, file.close(), 'close');
      const fate = await fateOf(world, appending, 1);
      expect(fate.type === 'resolved', `when close resolves the append is ${fate.type}`);
      const calls = [
        () => file.append(label('x')),
        () => file.writeAt(0, label('x')),
        () => file.readAt(0, 1),
        () => file.sync(),
        () => file.truncate(0),
      ];
      for (const call of calls) await expectDiskError(world, 'closed', call, 'a closed file');
      const again = await awaited(world, disk.open('file', 'read'), 'open again');
      const got = await awaited(world, again.readAt(0, 200_000), 'read');
      expectBytes(got, pattern(100_000, 1), 'the file');
    },
  },
  {
    rules: ['D3'],
    title: 'names are listed in order, moved, replaced and removed',
    needs: [],
    async run(world) {
      const { disk } = await world.start(N1);
      await awaited(world, disk.makeDirectory('a/b'), 'make directories');
      await awaited(world, disk.makeDirectory('a/b'), 'make them again');
      for (const name of ['z', 'B', 'a10', 'a9', 'é', '_']) await write(world, disk, name);
      const list = async (path: string) =>
        (await awaited(world, disk.list(path), `list ${path}`)).join();
      expect((await list('a/b')) === 'B,_,a10,a9,z,é', `listed: ${await list('a/b')}`);
      expect((await list('a')) === 'b', `listed: ${await list('a')}`);
      expect((await list('.')).includes('a'), `the root lists: ${await list('.')}`);
      await awaited(world, disk.rename('a/b/z', 'a/b/B'), 'rename');
      await awaited(world, disk.remove('a/b/_'), 'remove');
      expect((await list('a/b')) === 'B,a10,a9,é', `then: ${await list('a/b')}`);
      const moved = await awaited(world, disk.open('a/b/B', 'read'), 'open');
      expect(textOf(await awaited(world, moved.readAt(0, 9), 'read')) === 'z', 'not the moved one');
      await expectDiskError(world, 'not-found', () => disk.remove('a/b/_'), 'removed twice');
      const rename = () => disk.rename('a/b/_', 'a/b/other');
      await expectDiskError(world, 'not-found', rename, 'a rename of nothing');
      await expectDiskError(world, 'not-found', () => disk.list('nowhere'), 'a list of nothing');
      const sync = () => disk.syncDirectory('nowhere');
      await expectDiskError(world, 'not-found', sync, 'a sync of nothing');
      await awaited(world, disk.syncDirectory('a/b'), 'sync');
      await awaited(world, disk.syncDirectory('.'), 'sync of the root');
    },
  },
  {
    rules: ['D3'],
    title: 'paths out of the sandbox are a caller’s mistake',
    needs: [],
    async run(world) {
      const { disk } = await world.start(N1);
      const bad = ['', '/', '/etc/x', '..', '../x', 'a/../b', 'a//b', 'a/', './a', 'a/.', 'a\0b'];
      for (const path of bad) {
        await expectInvalid(world, () => disk.open(path, 'create'), `open '${path}'`);
        await expectInvalid(world, () => disk.remove(path), `remove '${path}'`);
        await expectInvalid(world, () => disk.rename(path, 'x'), `rename '${path}'`);
        await expectInvalid(world, () => disk.rename('x', path), `rename to '${path}'`);
        await expectInvalid(world, () => disk.lock(path), `lock '${path}'`);
        await expectInvalid(world, () => disk.makeDirectory(path), `make '${path}'`);
        await expectInvalid(world, () => disk.list(path), `list '${path}'`);
        await expectInvalid(world, () => disk.syncDirectory(path), `sync '${path}'`);
      }
    },
  },
  {
    rules: ['D6'],
    title: 'offsets and lengths out of bounds are a caller’s mistake',
    needs: [],
    async run(world) {
      const { file } = await opened(world);
      for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expectInvalid(world, () => file.readAt(wrong, 1), `a read at ${wrong}`);
        await expectInvalid(world, () => file.readAt(0, wrong), `a read of ${wrong}`);
        await expectInvalid(world, () => file.writeAt(wrong, label('x')), `a write at ${wrong}`);
        await expectInvalid(world, () => file.truncate(wrong), `a truncate to ${wrong}`);
      }
      const large = () => file.readAt(0, MAX_TRANSFER_BYTES + 1);
      await expectInvalid(world, large, 'a read of too much');
      const bytes = new Uint8Array(MAX_TRANSFER_BYTES + 1);
      await expectInvalid(world, () => file.append(bytes), 'an append of too much');
      expect(file.size() === 0, `its size is ${file.size()}`);
    },
  },
  {
    rules: ['D4'],
    title: 'a failed sync is told once, and what was synced before is not harmed',
    needs: ['fail-sync'],
    async run(world) {
      const { disk, file } = await opened(world);
      await awaited(world, file.append(pattern(1000, 1)), 'append');
      await awaited(world, file.sync(), 'sync');
      await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
      await awaited(world, file.append(pattern(1000, 2)), 'append');
      world.inject({ type: 'fail-sync', node: N1, path: 'file' });
      await expectDiskError(world, 'input-output', () => file.sync(), 'the failed sync');
      expect(world.failureOf(N1) === undefined, 'a failed sync broke the node');
      world.heal();
      await world.crash(N1);
      const { disk: next } = await world.start(N1);
      const again = await awaited(world, next.open('file', 'read'), 'open');
      const got = await awaited(world, again.readAt(0, 1000), 'read');
      expectBytes(got, pattern(1000, 1), 'what was synced before the failure');
    },
  },
  {
    rules: ['D8'],
    title: 'a bit that rots is read as it is, without an error and without the old value',
    needs: ['rot'],
    async run(world) {
      const { disk, file } = await opened(world);
      const written = pattern(3000, 1);
      await awaited(world, file.append(written), 'append');
      await awaited(world, file.sync(), 'sync');
      await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
      world.inject({ type: 'rot', node: N1, path: 'file' });
      const got = await awaited(world, file.readAt(0, 3000), 'read');
      expect(got.length === 3000, `${got.length} bytes were read`);
      const flips = got
        .map((byte, index) => byte ^ (written[index] ?? 0))
        .filter((flip) => flip > 0);
      const bits = flips[0] ?? 0;
      const isOneBit = flips.length === 1 && (bits & (bits - 1)) === 0;
      expect(isOneBit, `${flips.length} bytes differ, by ${flips.join()}`);
      const again = await awaited(world, disk.open('file', 'read'), 'open');
      expectBytes(await awaited(world, again.readAt(0, 3000), 'read'), got, 'another handle');
    },
  },
  {
    rules: ['D5'],
    title: 'a full disk refuses and harms nothing, and later there is room',
    needs: ['disk-full'],
    async run(world) {
      const { disk, file } = await opened(world);
      await awaited(world, file.append(pattern(2000, 1)), 'append');
      await awaited(world, file.sync(), 'sync');
      await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
      world.inject({ type: 'disk-full', node: N1 });
      const grow = async () => {
        await file.append(pattern(100_000, 2));
        await file.sync();
      };
      await expectDiskError(world, 'no-space', grow, 'an append to a full disk');
      const got = await awaited(world, file.readAt(0, 2000), 'read');
      expectBytes(got, pattern(2000, 1), 'what was there before');
      world.heal();
      const offset = await awaited(world, file.append(pattern(500, 3)), 'append');
      await awaited(world, file.sync(), 'sync');
      await world.crash(N1);
      const { disk: next } = await world.start(N1);
      const again = await awaited(world, next.open('file', 'read'), 'open');
      const head = await awaited(world, again.readAt(0, 2000), 'read');
      expectBytes(head, pattern(2000, 1), 'what was synced before the disk was full');
      const tail = await awaited(world, again.readAt(offset, 500), 'read');
      expectBytes(tail, pattern(500, 3), 'what was synced after it');
    },
  },
  {
    rules: ['D5'],
    title: 'a full disk refuses what takes room, and nothing else',
    needs: ['disk-full'],
    async run(world) {
      const { disk, file } = await opened(world);
      const late = await awaited(world, disk.open('late', 'create'), 'open');
      await awaited(world, file.append(pattern(2000, 1)), 'append');
      await awaited(world, file.sync(), 'sync');
      await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
      await awaited(world, late.append(pattern(600, 2)), 'append that no sync followed');
      world.inject({ type: 'disk-full', node: N1 });
      const growing: [string, () => Promise<unknown>][] = [
        ['a new file', () => disk.open('new', 'create')],
        ['a new directory', () => disk.makeDirectory('directory')],
        ['a write over the end', () => file.writeAt(1999, pattern(2, 3))],
        ['a longer file', () => file.truncate(3000)],
        ['a durable write over the end', () => file.writeDurably(1999, [pattern(2, 3)])],
        ['the sync of what was appended', () => late.sync()],
      ];
      for (const [what, grow] of growing) await expectDiskError(world, 'no-space', grow, what);
      await awaited(world, file.writeAt(500, pattern(300, 4)), 'overwrite');
      const rest = [pattern(700, 4).subarray(300)];
      await awaited(world, file.writeDurably(800, rest), 'durable overwrite');
      await awaited(world, file.truncate(1500), 'cut');
      await awaited(world, file.sync(), 'sync of the overwritten');
      await awaited(world, late.truncate(0), 'cut of what could not be synced');
      await awaited(world, late.sync(), 'sync of the cut');
      await awaited(world, disk.rename('late', 'moved'), 'rename');
      await awaited(world, disk.syncDirectory('.'), 'sync of the directory');
      await awaited(world, disk.remove('moved'), 'remove');
      world.heal();
      await world.crash(N1);
      const { disk: next } = await world.start(N1);
      const again = await awaited(world, next.open('file', 'read'), 'open');
      const wanted = pattern(2000, 1);
      wanted.set(pattern(700, 4), 500);
      const got = await awaited(world, again.readAt(0, 3000), 'read');
      expectBytes(got, wanted.subarray(0, 1500), 'what was overwritten and cut on a full disk');
    },
  },
  {
    rules: ['D5'],
    title: 'zeros that truncate made take room when they are written over',
    needs: ['disk-full'],
    async run(world) {
      const { file } = await opened(world);
      await awaited(world, file.append(pattern(600, 1)), 'append');
      await awaited(world, file.truncate(5000), 'lengthen');
      await awaited(world, file.sync(), 'sync');
      world.inject({ type: 'disk-full', node: N1 });
      const write = () => file.writeAt(600, pattern(600, 2));
      await expectDiskError(world, 'no-space', write, 'a write into zeros');
      world.heal();
      await awaited(world, write(), 'the same write when there is room');
      await awaited(world, file.sync(), 'sync');
    },
  },
  {
    rules: ['D4'],
    title: 'a stalled disk finishes nothing until it goes on',
    needs: ['stall-disk'],
    async run(world) {
      const { file } = await opened(world);
      world.inject({ type: 'stall-disk', node: N1 });
      const appending = file.append(label('late'));
      const fate = await fateOf(world, appending, WATCH_MS);
      expect(fate.type === 'pending', `on a stalled disk an append is ${fate.type}`);
      world.heal();
      await awaited(world, appending, 'the append after the stall');
      const got = await awaited(world, file.readAt(0, 10), 'read');
      expect(textOf(got) === 'late', `the file says '${textOf(got)}'`);
    },
  },
];

/** A node with an empty file called `file`. */
async function opened(world: ContractWorld): Promise<{ disk: Host['disk']; file: DiskFile }> {
  const { disk } = await world.start(N1);
  const file = await awaited(world, disk.open('file', 'create-new'), 'open');
  return { disk, file };
}

/** Makes the file `a/b/<name>` that says its name. */
async function write(world: ContractWorld, disk: Host['disk'], name: string): Promise<void> {
  const file = await awaited(world, disk.open(`a/b/${name}`, 'create'), 'open');
  await awaited(world, file.append(label(name)), 'append');
  await awaited(world, file.close(), 'close');
}
