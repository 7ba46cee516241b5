/**
 * The Host's disk on a simulated platter: every call takes its time, may fail, and may be the last.
 */
import type { DiskOperation } from '@mangrove/experiment';
import {
  BrokenInvariant,
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  InvalidArgument,
  MAX_TRANSFER_BYTES,
  type OpenMode,
  type Random,
} from '@mangrove/host';
import type { Life } from './life.ts';
import type { Machine } from './machine.ts';
import { checkPath } from './platter.ts';
import type { ByteRange, PendingWrite, PlatterFile } from './platter-file.ts';
import { hashBytes } from './trace-hash.ts';
import { never, type World } from './world.ts';

/** How long operations take, in microseconds: from and to; one in 64 takes 20 times that. */
const LATENCY_US: Readonly<Record<DiskOperation, readonly [number, number]>> = {
  open: [20, 100],
  read: [20, 120],
  write: [10, 60],
  sync: [300, 3000],
  truncate: [20, 100],
  rename: [20, 100],
  remove: [20, 100],
  'sync-directory': [300, 3000],
};

/** What an operation does: at once, when it ends well, and when it is to fail. */
interface Work<Value> {
  readonly operation: DiskOperation;
  readonly path: string;
  readonly sizeBytes: number;
  /** Part of the trace hash: what is written, or where. */
  readonly print: number;
  /** Whether a full disk refuses it. Default: not. */
  readonly needsRoom?: boolean;
  /** Takes effect, as far as the node can see. Returns what its end has to do. */
  readonly begin: () => () => Value;
  /** What an injected failure leaves behind. */
  readonly spoil?: (random: Random, error: DiskErrorCode) => void;
}

/** The disk of one life. */
export class SimulatedDisk implements Disk {
  private readonly world: World;
  private readonly life: Life;
  private readonly random: Random;

  constructor(world: World, life: Life, random: Random) {
    this.world = world;
    this.life = life;
    this.random = random;
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const checked = checkPath(path);
    const { platter } = this.machine;
    const isThere = platter.find(checked) !== undefined;
    const isCreating = !isThere && (mode === 'create' || mode === 'create-new');
    return this.operate({
      operation: 'open',
      path: checked,
      sizeBytes: 0,
      print: mode.length,
      needsRoom: isCreating,
      begin: () => {
        if (isThere && mode === 'create-new') throw new DiskError('already-exists', path, 'open');
        if (!isThere && !isCreating) throw new DiskError('not-found', path, 'open');
        const file = platter.find(checked) ?? platter.create(checked);
        return () => new SimulatedFile(this, checked, file, mode === 'read');
      },
    });
  }

  async makeDirectory(path: string): Promise<void> {
    const checked = checkPath(path);
    const { platter } = this.machine;
    const needsRoom = !platter.hasDirectory(checked);
    return this.names('open', checked, () => platter.makeDirectory(checked), needsRoom);
  }

  async list(path: string): Promise<string[]> {
    const checked = checkPath(path);
    return this.operate({
      operation: 'open',
      path: checked,
      sizeBytes: 0,
      print: 0,
      begin: () => {
        const names = this.machine.platter.list(checked);
        return () => names;
      },
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const paths = [checkPath(from), checkPath(to)] as const;
    return this.names('rename', paths[0], () => this.machine.platter.rename(...paths));
  }

  async remove(path: string): Promise<void> {
    const checked = checkPath(path);
    return this.names('remove', checked, () => this.machine.platter.remove(checked));
  }

  async syncDirectory(path: string): Promise<void> {
    const checked = checkPath(path);
    const { platter } = this.machine;
    return this.operate({
      operation: 'sync-directory',
      path: checked,
      sizeBytes: 0,
      print: 0,
      begin: () => {
        const lastChange = platter.beginSync(checked);
        return () => platter.finishSync(checked, lastChange);
      },
    });
  }

  async lock(path: string): Promise<DiskLock> {
    const checked = checkPath(path);
    const { platter } = this.machine;
    const owner = this.life.incarnation;
    return this.operate({
      operation: 'open',
      path: checked,
      sizeBytes: 0,
      print: 1,
      begin: () => {
        if (!platter.lock(checked, owner)) throw new DiskError('locked', path, 'lock');
        const release = () => this.names('open', checked, () => platter.unlock(checked, owner));
        return () => ({ release });
      },
    });
  }

  /** Does one operation: draws its duration, meets the faults in force, tells the recorder. */
  operate<Value>(work: Work<Value>): Promise<Value> {
    const { world, life, machine } = this;
    const { operation, path } = work;
    if (!life.isAlive) return never();
    machine.pass(operation, path, 'before');
    if (!life.isAlive) return never();
    const { engine, recorder } = world;
    engine.note('begin-disk', machine, work.print, () => `${operation} ${path} ${work.sizeBytes}`);
    const weather = machine.diskFaults.meet(operation, path, work.needsRoom ?? false);
    const durationUs = this.draw(operation) + weather.extraUs;
    const { sizeBytes } = work;
    const body = { type: 'disk', operation, path, sizeBytes } as const;
    const index = recorder.add(engine.nowUs, machine.id, engine.cause, body);
    let finish: () => Value;
    if (weather.error === undefined) {
      try {
        finish = work.begin();
      } catch (error) {
        finish = rethrow(error);
      }
    } else {
      work.spoil?.(this.random, weather.error);
      world.count(`disk ${operation}: ${weather.error}`);
      finish = rethrow(new DiskError(weather.error, path, operation));
    }
    return new Promise<Value>((resolve, reject) => {
      const end = () => {
        const outcome = attempt(finish);
        const failure = 'error' in outcome ? String(outcome.error) : undefined;
        recorder.endDisk(index, engine.nowUs, failure);
        machine.pass(operation, path, 'after');
        if (!life.isAlive) return;
        if (index >= 0) engine.cause = index;
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value);
      };
      const goOn = () => engine.schedule('disk', engine.nowUs + durationUs, machine, life, end);
      if (weather.isStalled) machine.diskFaults.held.push(goOn);
      else goOn();
    });
  }

  /** Declares the node broken: it touched a buffer that was given away. */
  accuse(path: string): void {
    const message = `a buffer was changed while it was being written to ${path}`;
    this.world.fail(this.life, new BrokenInvariant(message));
  }

  private get machine(): Machine {
    return this.life.machine;
  }

  /** An operation on names that gives nothing back. */
  private names(
    operation: DiskOperation,
    path: string,
    change: () => void,
    needsRoom = false,
  ): Promise<void> {
    const begin = () => {
      change();
      return () => {};
    };
    return this.operate({ operation, path, sizeBytes: 0, print: 0, needsRoom, begin });
  }

  private draw(operation: DiskOperation): number {
    const [from, to] = LATENCY_US[operation];
    const draw = this.random.uint32();
    const base = from + (draw % (to - from + 1));
    return draw >>> 26 === 0 ? base * 20 : base;
  }
}

/** An open file of one life. */
class SimulatedFile implements DiskFile {
  readonly path: string;
  private readonly disk: SimulatedDisk;
  private readonly file: PlatterFile;
  private readonly isReadOnly: boolean;
  private readonly underWay = new Set<Promise<unknown>>();
  private isClosed = false;

  constructor(disk: SimulatedDisk, path: string, file: PlatterFile, isReadOnly: boolean) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.isReadOnly = isReadOnly;
  }

  size(): number {
    return this.file.sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.file.sizeBytes;
    await this.write(offset, bytes);
    return offset;
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    checkRange(offset, bytes.length);
    await this.write(offset, bytes);
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    checkRange(offset, length);
    const begin = () => () => this.file.read(offset, length);
    return this.operate({ operation: 'read', sizeBytes: length, print: offset, begin });
  }

  async sync(): Promise<void> {
    await this.syncRange();
  }

  async writeDurably(offset: number, pieces: readonly Uint8Array[]): Promise<void> {
    let at = offset;
    for (const piece of pieces) {
      await this.writeAt(at, piece);
      at += piece.length;
    }
    await this.syncRange({ from: offset, behind: at });
  }

  async truncate(sizeBytes: number): Promise<void> {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new InvalidArgument('sizeBytes', sizeBytes, 'a non-negative integer');
    }
    this.checkWritable();
    const needsRoom = sizeBytes > this.file.sizeBytes;
    const what = { operation: 'truncate', sizeBytes, print: sizeBytes, needsRoom } as const;
    return this.change(what, () => this.file.truncate(sizeBytes));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.underWay);
  }

  private async write(offset: number, bytes: Uint8Array): Promise<void> {
    checkRange(offset, bytes.length);
    this.checkWritable();
    const print = hashBytes(bytes);
    const spoil = (random: Random, error: DiskErrorCode) => {
      // A write that failed may have got somewhere: a beginning of it stays. One for which there
      // was no room never began (D5).
      const part = bytes.subarray(0, random.below(bytes.length + 1));
      if (part.length > 0 && error !== 'no-space') this.file.write(offset, part);
    };
    const needsRoom = this.file.isRoomNeeded(offset + bytes.length);
    const what = { operation: 'write', sizeBytes: bytes.length, print, needsRoom, spoil } as const;
    await this.change(what, () => this.file.write(offset, bytes));
    if (hashBytes(bytes) !== print) this.disk.accuse(this.path);
  }

  private async syncRange(range?: ByteRange): Promise<void> {
    const { file } = this;
    const begin = () => {
      const stamp = file.beginSync();
      return () => file.finishSync(stamp, range);
    };
    const spoil = () => file.failSync(file.beginSync(), range);
    const { sizeBytes: print, hasUnsyncedRoom: needsRoom } = file;
    return this.operate({ operation: 'sync', sizeBytes: 0, print, needsRoom, begin, spoil });
  }

  private change(
    what: Omit<Work<void>, 'path' | 'begin'>,
    apply: () => PendingWrite,
  ): Promise<void> {
    const begin = () => {
      const write = apply();
      return () => this.file.resolve(write);
    };
    return this.operate({ ...what, begin });
  }

  private operate<Value>(work: Omit<Work<Value>, 'path'>): Promise<Value> {
    const { path } = this;
    if (this.isClosed) return Promise.reject(new DiskError('closed', path, work.operation));
    const result = this.disk.operate({ ...work, path });
    this.underWay.add(result);
    const forget = () => this.underWay.delete(result);
    result.then(forget, forget);
    return result;
  }

  private checkWritable(): void {
    if (this.isReadOnly) throw new InvalidArgument('mode', 'read', 'one that allows writing');
  }
}

function checkRange(offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new InvalidArgument('offset', offset, 'a non-negative integer');
  }
  if (!Number.isSafeInteger(length) || length < 0 || length > MAX_TRANSFER_BYTES) {
    throw new InvalidArgument('length', length, `0 to ${MAX_TRANSFER_BYTES}`);
  }
}

function rethrow(error: unknown): () => never {
  return () => {
    throw error;
  };
}

function attempt<Value>(
  work: () => Value,
): { readonly value: Value } | { readonly error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
