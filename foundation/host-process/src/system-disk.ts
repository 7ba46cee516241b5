/**
 * The disk of a process: files below one directory, by positional calls of the operating system.
 */
import fs from 'node:fs';
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  type Histogram,
  InvalidArgument,
  type Metrics,
  type OpenMode,
} from '@mangrove/host';
import { checkPath, toRealPath } from './data-path.ts';
import { lockDirectory } from './directory-lock.ts';
import type { DiskOperation, FaultBoard } from './faults.ts';
import type { Life } from './life.ts';
import { type FileContent, SystemFile } from './system-file.ts';

/** What every part of the disk needs. */
export interface DiskContext {
  readonly life: Life;
  readonly faults: FaultBoard;
  readonly metrics: Metrics;
  /** Where the sandbox is. */
  readonly root: string;
  /** Where pid files of locks are. */
  readonly lockDirectory: string;
}

/** How `fs` tells that it is done. */
export type FsCallback<Value> = (error: NodeJS.ErrnoException | null, value: Value) => void;

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
  'create-new': fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
};

/** The disk of one life. Ends it by closing every file once its calls have returned. */
export class SystemDisk implements Disk {
  private readonly context: DiskContext;
  private readonly files = new Set<SystemFile>();
  private readonly contents = new Map<string, FileContent>();
  private readonly locks = new Set<DiskLock>();
  private readonly syncMs: Histogram;
  private underWayCount = 0;
  private onIdle: (() => void) | undefined;

  constructor(context: DiskContext) {
    this.context = context;
    const options = { help: 'How long syncs of files and directories took.', unit: 'ms' };
    this.syncMs = context.metrics.histogram('host_disk_sync', options);
    context.life.atEnd(() => this.end());
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    if (!Object.hasOwn(FLAGS, mode)) {
      throw new InvalidArgument('mode', mode, `one of ${Object.keys(FLAGS).join(', ')}`);
    }
    const real = toRealPath(this.context.root, path);
    const isCreating = mode === 'create' || mode === 'create-new';
    const needsRoom = isCreating && !fs.existsSync(real);
    const fd = await this.operate<number>('open', path, needsRoom, (done) =>
      fs.open(real, FLAGS[mode], 0o600, (error, opened) => {
        // The life may be over by now: then nobody else would close it.
        if (error === null && this.context.life.isOver) fs.close(opened, () => done(null, -1));
        else done(error, opened);
      }),
    );
    const stats = await this.call<fs.Stats>('open', path, (done) => fs.fstat(fd, done));
    const file = new SystemFile(this, fd, path, mode === 'read', this.contentOf(stats));
    this.files.add(file);
    if (stats.isFile()) return file;
    await file.close();
    throw new DiskError('not-found', path, 'open');
  }

  async makeDirectory(path: string): Promise<void> {
    const real = toRealPath(this.context.root, path);
    const options = { recursive: true, mode: 0o700 } as const;
    await this.operate<unknown>('open', path, true, (done) => fs.mkdir(real, options, done));
  }

  async list(path: string): Promise<string[]> {
    const real = toRealPath(this.context.root, path);
    const names = await this.operate<string[]>('open', path, false, (done) =>
      fs.readdir(real, done),
    );
    return names.sort();
  }

  async rename(from: string, to: string): Promise<void> {
    const { root } = this.context;
    const reals = [toRealPath(root, from), toRealPath(root, to)] as const;
    await this.operate<void>('rename', from, false, (done) => fs.rename(...reals, asVoid(done)));
  }

  async remove(path: string): Promise<void> {
    const real = toRealPath(this.context.root, path);
    await this.operate<void>('remove', path, false, (done) => fs.unlink(real, asVoid(done)));
  }

  async syncDirectory(path: string): Promise<void> {
    const real = toRealPath(this.context.root, path);
    const start = performance.now();
    await this.operate<void>('sync-directory', path, false, (done) => syncPath(real, done));
    this.syncMs.record(performance.now() - start);
  }

  async lock(path: string): Promise<DiskLock> {
    const { root, lockDirectory: directory, life } = this.context;
    checkPath(path);
    const taken = await this.operate<DiskLock>('open', path, false, (done) => {
      lockDirectory(root, path, directory).then(
        (lock) => {
          if (life.isOver) void lock.release().then(() => done(null, lock));
          else done(null, lock);
        },
        (error: NodeJS.ErrnoException) => done(error, undefined as never),
      );
    });
    this.locks.add(taken);
    return {
      release: () =>
        life.owe<void>((resolve, reject) => {
          this.locks.delete(taken);
          taken.release().then(resolve, reject);
        }),
    };
  }

  /**
   * Does one operation of the system: meets the faults in force, converts errors, and settles only
   * while the life lasts.
   */
  operate<Value>(
    operation: DiskOperation,
    path: string,
    needsRoom: boolean,
    call: (done: FsCallback<Value>) => void,
  ): Promise<Value> {
    const { life, faults } = this.context;
    const weather = faults.meetDisk(path, operation, needsRoom);
    if (weather === undefined) return this.call(operation, path, call);
    return life.owe<Value>((resolve, reject) => {
      const begin = () => void this.call(operation, path, call).then(resolve, reject);
      this.weather(path, operation, weather, begin, reject);
    });
  }

  /** One call to the system, whatever faults there are. */
  call<Value>(
    operation: string,
    path: string,
    begin: (done: FsCallback<Value>) => void,
  ): Promise<Value> {
    return this.context.life.owe<Value>((resolve, reject) => {
      this.underWayCount += 1;
      begin((error, value) => {
        this.underWayCount -= 1;
        if (error === null) resolve(value);
        else reject(toDiskError(error, path, operation));
        if (this.underWayCount === 0) this.onIdle?.();
      });
    });
  }

  /** Called by a file that was closed. */
  forget(file: SystemFile): void {
    this.files.delete(file);
    const { content } = file;
    content.handleCount -= 1;
    if (content.handleCount === 0) this.contents.delete(content.key);
  }

  /** What all open handles of one file share; it is known by device and inode. */
  private contentOf(stats: fs.Stats): FileContent {
    const key = `${stats.dev}:${stats.ino}`;
    let content = this.contents.get(key);
    if (content === undefined) {
      content = { key, handleCount: 0, sizeBytes: stats.size, lastChange: Promise.resolve() };
      this.contents.set(key, content);
    }
    content.handleCount += 1;
    return content;
  }

  recordSync(durationMs: number): void {
    this.syncMs.record(durationMs);
  }

  /** Lets `begin` happen late, or not at all. */
  private weather(
    path: string,
    operation: DiskOperation,
    weather: NonNullable<ReturnType<FaultBoard['meetDisk']>>,
    begin: () => void,
    reject: (error: unknown) => void,
  ): void {
    const { life, faults } = this.context;
    const goOn = () => {
      if (weather.error !== undefined) reject(new DiskError(weather.error, path, operation));
      else begin();
    };
    if (weather.isStalled) {
      const stop = faults.onChange(() => {
        if (faults.isDiskStalled(path, operation)) return;
        stop();
        keep();
        goOn();
      });
      const keep = life.atEnd(stop);
      return;
    }
    if (weather.delayMs === 0) {
      queueMicrotask(goOn);
      return;
    }
    const timer = setTimeout(() => {
      cancel();
      goOn();
    }, weather.delayMs);
    const cancel = life.atEnd(() => clearTimeout(timer));
  }

  /** Waits for the calls that are under way, since a descriptor must not be closed below them. */
  private async end(): Promise<void> {
    for (const lock of this.locks) await lock.release();
    if (this.underWayCount > 0) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    await Promise.all([...this.files].map((file) => file.abandon()));
  }
}

/** An error of the system as an error of the disk. */
export function toDiskError(
  error: NodeJS.ErrnoException,
  path: string,
  operation: string,
): DiskError {
  if (error instanceof DiskError) return error;
  return new DiskError(CODES[error.code ?? ''] ?? 'input-output', path, operation, {
    cause: error,
  });
}

const CODES: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EEXIST: 'already-exists',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
};

function asVoid(done: FsCallback<void>): (error: NodeJS.ErrnoException | null) => void {
  return (error) => done(error, undefined);
}

/** Opens a directory, syncs and closes it. */
function syncPath(real: string, done: FsCallback<void>): void {
  fs.open(real, fs.constants.O_RDONLY | (fs.constants.O_DIRECTORY ?? 0), (failure, fd) => {
    if (failure !== null) {
      done(failure, undefined);
      return;
    }
    fs.fsync(fd, (error) =>
      fs.close(fd, (closeError) => done(error ?? closeError ?? null, undefined)),
    );
  });
}
