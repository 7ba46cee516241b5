/**
 * What a node keeps of who it is: a file beside its log, written when its disk is first used.
 *
 *     identity => cluster:text node:text store:text isSworn:boolean firstSeen:(node store)*
 *
 * The file is written under another name, synced and renamed, so it is whole or not there.
 */
import { type Disk, type Host, type NodeId, toNodeId } from '@mangrove/host';
import {
  array,
  boolean,
  branded,
  decodeSealed,
  encodeSealed,
  message,
  struct,
  text,
  WireError,
  Writer,
} from '@mangrove/wire';
import { MAX_MEMBERS, type StoreId } from '../core/configuration.ts';
import type { DiskRoom } from './disk-room.ts';
import { RaftError } from './raft-error.ts';

/** What the file holds. */
interface IdentityRecord {
  readonly cluster: string;
  readonly node: NodeId;
  readonly store: StoreId;
  /** All other founders keep our store as the first that they saw. */
  readonly isSworn: boolean;
  /** The stores that founders first came with. */
  readonly firstSeen: readonly { readonly node: NodeId; readonly store: StoreId }[];
}

const node = branded<NodeId>(text({ max: 63 }));
const store = branded<StoreId>(text({ max: 16 }));
const identityFile = message(
  'raft-identity',
  struct({
    cluster: text({ max: 63 }),
    node,
    store,
    isSworn: boolean,
    firstSeen: array(struct({ node, store }), { max: MAX_MEMBERS }),
  }),
  { lowest: 1, highest: 1 },
);

/** The identity of one node on its disk. */
export class StoreIdentity {
  readonly firstSeen: ReadonlyMap<NodeId, StoreId>;
  private readonly host: Host;
  private readonly directory: string;
  private record: IdentityRecord;
  private saving: Promise<void> = Promise.resolve();

  private constructor(host: Host, directory: string, record: IdentityRecord) {
    this.host = host;
    this.directory = directory;
    this.record = record;
    this.firstSeen = new Map(record.firstSeen.map((each) => [each.node, each.store]));
  }

  /**
   * Reads who the store belongs to; draws an identity where the directory is empty. Rejects with
   * `RaftError` where it belongs to another node or cluster, or its identity is lost or damaged.
   */
  static async open(host: Host, directory: string, cluster: string): Promise<StoreIdentity> {
    const found = await StoreIdentity.load(host, directory, [cluster]);
    if (found !== undefined) return found;
    const random = host.random.stream('store');
    const half = () => random.uint32().toString(16).padStart(8, '0');
    const store = `${half()}${half()}` as StoreId;
    const blank = { cluster, node: toNodeId(host.node), store };
    const made = new StoreIdentity(host, directory, { ...blank, isSworn: false, firstSeen: [] });
    await made.save({});
    return made;
  }

  /** Reads whose the store is; `undefined` where the directory is empty. Rejects as `open`. */
  static async load(
    host: Host,
    directory: string,
    clusters: readonly string[],
  ): Promise<StoreIdentity | undefined> {
    const { disk } = host;
    await disk.makeDirectory(directory);
    const names = await disk.list(directory);
    if (!names.includes('identity')) {
      if (names.includes('log')) throw new RaftError('identity-lost', true);
      return undefined;
    }
    const file = await disk.open(`${directory}/identity`, 'read');
    try {
      const bytes = await file.readAt(0, file.size());
      const record = decodeIdentity(bytes);
      if (!clusters.includes(record.cluster) || record.node !== host.node) {
        const cause = new Error(`it belongs to ${record.node} of ${record.cluster}`);
        throw new RaftError('foreign-store', true, { cause });
      }
      // A process that died before the sync left a name that a loss of power takes away.
      await syncName(disk, directory);
      return new StoreIdentity(host, directory, record);
    } finally {
      await file.close();
    }
  }

  get cluster(): string {
    return this.record.cluster;
  }

  get store(): StoreId {
    return this.record.store;
  }

  get isSworn(): boolean {
    return this.record.isSworn;
  }

  /** Keeps for good that every other founder knows this store; with `room`, once there is some. */
  swear(room?: DiskRoom): Promise<void> {
    return this.save({ isSworn: true }, room);
  }

  /** Keeps for good with which store a founder first came, once there is room; the first stays. */
  async see(peer: NodeId, seen: StoreId, room: DiskRoom): Promise<void> {
    if (!this.firstSeen.has(peer)) {
      (this.firstSeen as Map<NodeId, StoreId>).set(peer, seen);
      const firstSeen = [...this.record.firstSeen, { node: peer, store: seen }];
      await this.save({ firstSeen }, room);
    }
    // One that came before may still be on its way to the disk.
    await this.saving;
  }

  /** Makes it the identity of another cluster, so that peers of the former one are strangers. */
  moveTo(cluster: string): Promise<void> {
    return this.save({ cluster });
  }

  // Without `room` a full disk is an error; with it, what is given up at last was not kept.
  private save(change: Partial<IdentityRecord>, room?: DiskRoom): Promise<void> {
    this.record = { ...this.record, ...change };
    const write = () => this.write(this.record);
    this.saving = this.saving.then(async () => {
      if (room === undefined) await write();
      else await room.untilDone(write);
    });
    return this.saving;
  }

  private async write(record: IdentityRecord): Promise<void> {
    const { disk } = this.host;
    const path = `${this.directory}/identity`;
    const writer = new Writer();
    encodeSealed(writer, identityFile, record);
    const file = await disk.open(`${path}.partial`, 'create');
    try {
      await file.truncate(0);
      await file.append(writer.take());
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(`${path}.partial`, path);
    await syncName(disk, this.directory);
  }
}

/** Throws `RaftError` where the bytes are damaged: then nobody knows whose the log is. */
function decodeIdentity(bytes: Uint8Array): IdentityRecord {
  try {
    return decodeSealed(identityFile, bytes).value;
  } catch (cause) {
    // Newer code wrote it: that is no damage.
    if (cause instanceof WireError && cause.code === 'unknown-version') throw cause;
    throw new RaftError('identity-lost', true, { cause });
  }
}

/** Makes durable that the file is there, and its directory. */
async function syncName(disk: Disk, directory: string): Promise<void> {
  await disk.syncDirectory(directory);
  await disk.syncDirectory('.');
}
