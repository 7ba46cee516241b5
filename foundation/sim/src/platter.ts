/**
 * The platter of one machine: its files by name, and which names would be there after a crash.
 *
 * Names live in directories. Every change of a name waits in a list of its directory until that
 * directory is synced; a crash keeps a random beginning of each list.
 */
import { DiskError, InvalidArgument, type Random } from '@mangrove/host';
import { PlatterFile } from './platter-file.ts';

/** A change of names, all at once or not at all. */
interface NameChange {
  readonly number: number;
  readonly apply: (names: Map<string, PlatterFile>) => void;
}

/** All files of one machine. */
export class Platter {
  /** As the node sees them. */
  private names = new Map<string, PlatterFile>();
  /** As they would be after a crash that loses every change not synced. */
  private readonly durableNames = new Map<string, PlatterFile>();
  private readonly directories = new Set<string>(['.']);
  private readonly pending = new Map<string, NameChange[]>();
  private locks = new Map<string, number>();
  private changeCount = 0;

  find(path: string): PlatterFile | undefined {
    return this.names.get(path);
  }

  create(path: string): PlatterFile {
    this.requireDirectory(parentOf(path), 'open', path);
    const file = new PlatterFile();
    this.change(parentOf(path), (names) => names.set(path, file));
    return file;
  }

  rename(from: string, to: string): void {
    const file = this.names.get(from);
    if (file === undefined) throw new DiskError('not-found', from, 'rename');
    this.requireDirectory(parentOf(to), 'rename', to);
    const apply = (names: Map<string, PlatterFile>) => {
      names.delete(from);
      names.set(to, file);
    };
    this.change(parentOf(to), apply);
  }

  remove(path: string): void {
    if (!this.names.has(path)) throw new DiskError('not-found', path, 'remove');
    this.change(parentOf(path), (names) => names.delete(path));
  }

  /** Makes a directory and those above it. Directories themselves are durable at once. */
  makeDirectory(path: string): void {
    const parts = path.split('/');
    for (let end = 1; end <= parts.length; end++)
      this.directories.add(parts.slice(0, end).join('/'));
  }

  hasDirectory(path: string): boolean {
    return this.directories.has(path);
  }

  list(path: string): string[] {
    this.requireDirectory(path, 'list', path);
    const inside = [...this.names.keys(), ...this.directories]
      .filter((name) => name !== '.' && parentOf(name) === path)
      .map((name) => name.slice(name.lastIndexOf('/') + 1));
    return inside.sort((a, b) => (a < b ? -1 : 1));
  }

  /** The last change that a sync of this directory which begins now will cover. */
  beginSync(path: string): number {
    this.requireDirectory(path, 'sync-directory', path);
    return this.changeCount;
  }

  /** Makes durable what a sync covers. */
  finishSync(path: string, lastChange: number): void {
    const changes = this.pending.get(path) ?? [];
    while (changes[0] !== undefined && changes[0].number <= lastChange) {
      changes.shift()?.apply(this.durableNames);
    }
  }

  /** Takes a lock for the life numbered `owner`; false where another one has it. */
  lock(path: string, owner: number): boolean {
    if (this.locks.has(path)) return false;
    this.locks.set(path, owner);
    return true;
  }

  unlock(path: string, owner: number): void {
    if (this.locks.get(path) === owner) this.locks.delete(path);
  }

  /** Power loss. Returns how many bytes, and names, were lost. */
  crash(random: Random): number {
    let lost = 0;
    for (const changes of this.pending.values()) {
      const keptCount = random.below(changes.length + 1);
      for (const change of changes.slice(0, keptCount)) change.apply(this.durableNames);
      lost += changes.length - keptCount;
      changes.length = 0;
    }
    const files = new Set([...this.names.values(), ...this.durableNames.values()]);
    for (const file of files) lost += file.crash(random);
    this.names = new Map(this.durableNames);
    this.locks = new Map();
    return lost;
  }

  /** The process ended and the machine did not: all stays as it is, synced or not; locks go. */
  keep(): void {
    for (const file of this.names.values()) file.keep();
    this.locks = new Map();
  }

  /** The files whose path begins so, in order of path. */
  filesUnder(path: string): PlatterFile[] {
    return [...this.names]
      .filter(([name]) => name.startsWith(path))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, file]) => file);
  }

  private change(directory: string, apply: NameChange['apply']): void {
    this.changeCount += 1;
    const change = { number: this.changeCount, apply };
    apply(this.names);
    const changes = this.pending.get(directory);
    if (changes === undefined) this.pending.set(directory, [change]);
    else changes.push(change);
  }

  private requireDirectory(directory: string, operation: string, path: string): void {
    if (!this.directories.has(directory)) throw new DiskError('not-found', path, operation);
  }
}

/**
 * `path` as the platter knows it; throws `InvalidArgument` unless it is relative and stays inside.
 */
export function checkPath(path: string): string {
  if (path === '.') return path;
  const isPlain = path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
  if (!isPlain || path.length > 4096 || path.includes('\0')) {
    throw new InvalidArgument('path', path, 'relative, of names parted by /, without . and ..');
  }
  return path;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}
