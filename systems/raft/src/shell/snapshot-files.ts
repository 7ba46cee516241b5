/**
 * Snapshots on disk: one file each, whole or not there at all.
 *
 * A file is written under a temporary name, synced, renamed, and the directory is synced; so a
 * crash leaves the old or the new one. The newest is the one that counts, and it must be readable:
 * the log before it may be gone, so an older one cannot stand in for it.
 */
import type { Host } from '@mangrove/host';
import { decodeSnapshot, encodeSnapshot, type StoredSnapshot } from './peer-codec.ts';

const PARTIAL = '.partial';
const NAME = /^snapshot-(\d{16})$/;

/** The snapshots of one node in a directory of their own. */
export class SnapshotFiles {
  private readonly host: Host;
  private readonly directory: string;

  constructor(host: Host, directory: string) {
    this.host = host;
    this.directory = directory;
  }

  /** The newest snapshot; `undefined` where there is none. Rejects where it is damaged. */
  async load(): Promise<StoredSnapshot | undefined> {
    const { disk } = this.host;
    await disk.makeDirectory(this.directory);
    const names = await disk.list(this.directory);
    for (const name of names) {
      if (name.endsWith(PARTIAL)) await disk.remove(`${this.directory}/${name}`);
    }
    const newest = names.filter((name) => NAME.test(name)).at(-1);
    if (newest === undefined) return undefined;
    const file = await disk.open(`${this.directory}/${newest}`, 'read');
    try {
      return decodeSnapshot(await file.readAt(0, file.size()));
    } finally {
      await file.close();
    }
  }

  /** Makes a snapshot durable, then removes those that are older. */
  async save(snapshot: StoredSnapshot): Promise<void> {
    const { disk } = this.host;
    const name = `snapshot-${String(snapshot.metadata.index).padStart(16, '0')}`;
    const path = `${this.directory}/${name}`;
    const file = await disk.open(`${path}${PARTIAL}`, 'create');
    try {
      await file.truncate(0);
      await file.append(encodeSnapshot(snapshot));
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(`${path}${PARTIAL}`, path);
    await disk.syncDirectory(this.directory);
    for (const other of await disk.list(this.directory)) {
      if (NAME.test(other) && other < name) await disk.remove(`${this.directory}/${other}`);
    }
  }
}
