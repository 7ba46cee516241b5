/**
 * The disk of a process: files below one directory, by positional calls of the operating system.
 */
import fs from 'node:fs';
import { access } from 'node:fs/promises';
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
import { checkPath, refuseLinks, toRealPath } from './data-path.ts';
import { lockDirectory } from './directory-lock.ts';
import type { DiskOperation, FaultBoard } from './faults.ts';
import type { Life } from './life.ts';
import { RoomAhead } from './room-ahead.ts';
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

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;

/** Has each write return when it is durable; not every system can. */
const { O_DSYNC } = fs.constants as { readonly O_DSYNC?: number };

/** No symbolic link is followed, and a pipe that stands in the place of a file blocks nobody. */
const SAFELY = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | SAFELY,
  write: O_RDWR | SAFELY,
  create: O_RDWR | O_CREAT | SAFELY,
  'create-new': O_RDWR | O_CREAT | O_EXCL | SAFELY,
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
    const { root, faults } = this.context;
    const real = toRealPath(root, path);
    const isCreating = mode === 'create' || mode === 'create-new';
    const needsRoom = isCreating && !faults.isFair && !(await exists(real));
    return this.operate<DiskFile>('open', path, needsRoom, (done) => {
      this.openFile(path, real, mode).then(
        (file) => done(null, file),
        (error: NodeJS.ErrnoException) => done(error, undefined as never),
      );
    });
  }

  /**
   * Opens a file that is open once more, so that its writes are durable when they return. `take`
   * gets the descriptor, even where the life is over by then: it is to be closed with the file. It
   * gets none where the system has no such thing, or the name is that of another file by now.
   */
  openDurably({ path, content }: SystemFile, take: (fd: number) => void): Promise<void> {
    return this.call<void>('open', path, (done) => {
      if (O_DSYNC === undefined) {
        done(null, undefined);
        return;
      }
      const real = toRealPath(this.context.root, path);
      openSame(real, O_WRONLY | O_DSYNC | SAFELY, content.key)
        .then((fd) => {
          if (fd !== undefined) take(fd);
        })
        // It is not needed: a write and a sync do the same, and tell what is wrong.
        .then(
          () => done(null, undefined),
          () => done(null, undefined),
        );
    });
  }

  /** Whether no faults are in force. */
  get isFair(): boolean {
    return this.context.faults.isFair;
  }

  /** Counts as one call for whoever waits at the end: no descriptor is left without an owner. */
  private async openFile(path: string, real: string, mode: OpenMode): Promise<DiskFile> {
    await refuseLinks(this.context.root, path, false);
    const fd = await openDescriptor(real, FLAGS[mode]);
    try {
      const stats = await statDescriptor(fd);
      if (!stats.isFile()) throw new DiskError('not-found', path, 'open');
      const file = new SystemFile(this, fd, path, mode === 'read', this.contentOf(stats));
      this.files.add(file);
      return file;
    } catch (error) {
      await closeDescriptor(fd);
      throw error;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    const options = { recursive: true, mode: 0o700 } as const;
    const { root, faults } = this.context;
    const needsRoom = !faults.isFair && !(await exists(toRealPath(root, path)));
    await this.operateOn<unknown>('open', path, { needsRoom, isLastToo: true }, (real, done) =>
      fs.mkdir(real, options, done),
    );
  }

  async list(path: string): Promise<string[]> {
    const names = await this.operateOn<string[]>('open', path, { isLastToo: true }, fs.readdir);
    return names.sort();
  }

  async rename(from: string, to: string): Promise<void> {
    const { root } = this.context;
    const target = toRealPath(root, to);
    await this.operateOn<void>('rename', from, {}, (source, done) => {
      refuseLinks(root, to, false).then(
        () => fs.rename(source, target, asVoid(done)),
        (error: NodeJS.ErrnoException) => done(error, undefined),
      );
    });
  }

  async remove(path: string): Promise<void> {
    await this.operateOn<void>('remove', path, {}, (real, done) => fs.unlink(real, asVoid(done)));
  }

  async syncDirectory(path: string): Promise<void> {
    const start = performance.now();
    await this.operateOn<void>('sync-directory', path, { isLastToo: true }, syncPath);
    this.syncMs.record(performance.now() - start);
  }

  async lock(path: string): Promise<DiskLock> {
    const { root, lockDirectory: directory, life } = this.context;
    checkPath(path);
    const taken = await this.operate<DiskLock>('open', path, false, (done) => {
      lockDirectory(root, path, directory).then(
        (lock) => {
          // Whether anybody still waits for it or not: the end of the life releases it.
          this.locks.add(lock);
          done(null, lock);
        },
        (error: NodeJS.ErrnoException) => done(error, undefined as never),
      );
    });
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

  /** An operation on a name of the sandbox, which no symbolic link may lead out of. */
  private operateOn<Value>(
    operation: DiskOperation,
    path: string,
    { needsRoom = false, isLastToo = false }: { needsRoom?: boolean; isLastToo?: boolean },
    call: (real: string, done: FsCallback<Value>) => void,
  ): Promise<Value> {
    const { root } = this.context;
    const real = toRealPath(root, path);
    return this.operate<Value>(operation, path, needsRoom, (done) => {
      refuseLinks(root, path, isLastToo).then(
        () => call(real, done),
        (error: NodeJS.ErrnoException) => done(error, undefined as never),
      );
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
    const key = keyOf(stats);
    let content = this.contents.get(key);
    if (content === undefined) {
      const { size: sizeBytes } = stats;
      // What is there counts as written, though zeros that a truncate made may not be.
      const rooms = { sizeBytes, roomBytes: sizeBytes, syncedRoomBytes: sizeBytes };
      const ahead = new RoomAhead(sizeBytes);
      content = { key, handleCount: 0, ...rooms, ahead, lastChange: Promise.resolve() };
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
    if (this.underWayCount > 0) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    const files = [...this.files].map((file) => file.abandon());
    const locks = [...this.locks].map((lock) => lock.release());
    const fates = await Promise.allSettled([...files, ...locks]);
    for (const fate of fates) if (fate.status === 'rejected') throw fate.reason;
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
  ELOOP: 'not-found',
  // A pipe that nobody reads from.
  ENXIO: 'not-found',
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

/** What a file is known by. */
function keyOf({ dev, ino }: fs.Stats): string {
  return `${dev}:${ino}`;
}

/** Opens a file if it is the one with `key`. */
async function openSame(real: string, flags: number, key: string): Promise<number | undefined> {
  const fd = await openDescriptor(real, flags);
  let isSame = false;
  try {
    isSame = keyOf(await statDescriptor(fd)) === key;
  } finally {
    if (!isSame) await closeDescriptor(fd);
  }
  return isSame ? fd : undefined;
}

async function exists(real: string): Promise<boolean> {
  try {
    await access(real);
    return true;
  } catch {
    // Whatever is the matter with it, opening it will tell.
    return false;
  }
}

function openDescriptor(real: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(real, flags, 0o600, (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });
}

function statDescriptor(fd: number): Promise<fs.Stats> {
  return new Promise((resolve, reject) => {
    fs.fstat(fd, (error, stats) => (error === null ? resolve(stats) : reject(error)));
  });
}

function closeDescriptor(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.close(fd, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
