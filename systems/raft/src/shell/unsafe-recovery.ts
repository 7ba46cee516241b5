/**
 * The way out of a permanent loss of the quorum, which is not safe: one survivor goes on alone, as
 * a group of one, with what it happens to have.
 *
 *     a b c  --(b and c are lost for good)-->  a refuses everything
 *     inspectStore on each survivor: the one with the highest lastTerm, then lastIndex, goes on
 *     unsafeRecoverQuorum on it, while it is stopped
 *     a  --(start it in the new cluster; add others as learners, promote them)-->  a d e
 *
 * What may be lost, or come true, by it:
 *
 * - what was acknowledged and is behind the end of the survivor's log: only the lost ones had it;
 * - what a client read, and what it did because of that, where it was of such an entry;
 * - entries at the end of the log that were never committed, and whose clients may have been told
 *   that they had not happened, are committed now.
 *
 * So it is never done by itself, and it moves the survivor to another cluster: whoever of the lost
 * ones comes back after all belongs to the former one, and is refused.
 */
import { type Host, InvalidArgument, type NodeId } from '@mangrove/host';
import { type Configuration, type StoreId, simpleConfiguration } from '../core/configuration.ts';
import { STORES_SINCE } from '../core/identity.ts';
import { DEFAULT_OPTIONS } from '../core/options.ts';
import { indexAfter, type LogIndex, type Term, termAfter } from '../core/positions.ts';
import { blankSnapshot } from '../core/snapshot-metadata.ts';
import { RaftError } from './raft-error.ts';
import { RaftStorage, type StoragePlace } from './raft-storage.ts';
import { StoreIdentity } from './store-identity.ts';

/** What the directory of a stopped node holds. */
export interface StoreReport {
  readonly node: NodeId;
  readonly store: StoreId;
  readonly cluster: string;
  readonly term: Term;
  /** The end of its log: the survivor with the highest term, then index, has the most. */
  readonly lastTerm: Term;
  readonly lastIndex: LogIndex;
  /** Up to here the log was committed for certain; behind it nobody can tell. */
  readonly snapshotIndex: LogIndex;
  /** The members as its log ends. */
  readonly configuration: Configuration;
}

/** Where a stopped node keeps its data. */
export interface StorePlace {
  /** Default: `mangrove`. */
  readonly cluster?: string;
  /** Default: `raft`. */
  readonly directory?: string;
  /** Opens its log where that is one of many in a journal; see `RaftGroups`. */
  readonly openLog?: StoragePlace['openLog'];
}

/** What a recovery that is not safe must be told. */
export interface UnsafeRecovery extends StorePlace {
  /** The name of the group from now on; any other than before. */
  readonly newCluster: string;
  /** To be written out, so that nobody does it by mistake. */
  readonly acceptsLoss: true;
}

/** Tells what the directory of a stopped node holds, and changes nothing. */
export async function inspectStore(host: Host, place: StorePlace = {}): Promise<StoreReport> {
  const { cluster = 'mangrove', directory = 'raft', openLog } = place;
  const identity = await existingIdentity(host, directory, [cluster]);
  const storage = await RaftStorage.open(host, placeOf(directory, openLog));
  try {
    return reportOf(identity, storage, host.node);
  } finally {
    await storage.close();
  }
}

/**
 * Makes a stopped node the only voter of a new cluster, with everything that its log has. Resolves
 * to what it held before. It may be repeated where it was interrupted.
 *
 * Read what may be lost at the top of this file before.
 */
export async function unsafeRecoverQuorum(
  host: Host,
  recovery: UnsafeRecovery,
): Promise<StoreReport> {
  const { cluster = 'mangrove', directory = 'raft', newCluster, openLog } = recovery;
  if (newCluster === cluster) {
    throw new InvalidArgument('newCluster', newCluster, 'another cluster than before');
  }
  const identity = await existingIdentity(host, directory, [cluster, newCluster]);
  const storage = await RaftStorage.open(host, placeOf(directory, openLog));
  try {
    const report = reportOf(identity, storage, host.node);
    // First of all: were it cut short behind the log, it would lead alone in the former cluster.
    await identity.moveTo(newCluster);
    await identity.swear();
    const { version } = report.configuration;
    const stores = version < STORES_SINCE ? [] : [{ node: host.node, store: identity.store }];
    const term = termAfter(report.term);
    await write(storage, version, {
      hardState: { term, votedFor: host.node },
      entries: [
        {
          type: 'configuration',
          configuration: simpleConfiguration([host.node], [], stores, version),
          index: indexAfter(report.lastIndex),
          term,
        },
      ],
    });
    return report;
  } finally {
    await storage.close();
  }
}

function placeOf(directory: string, openLog: StoragePlace['openLog']): StoragePlace {
  const chunkBytesMax = DEFAULT_OPTIONS.snapshotChunkBytesMax;
  return { directory, beginning: blankSnapshot(), chunkBytesMax, openLog };
}

async function existingIdentity(
  host: Host,
  directory: string,
  clusters: readonly string[],
): Promise<StoreIdentity> {
  const identity = await StoreIdentity.load(host, directory, clusters);
  if (identity === undefined) throw new RaftError('no-store', true);
  return identity;
}

function reportOf(identity: StoreIdentity, storage: RaftStorage, node: NodeId): StoreReport {
  const { hardState, snapshot, entries } = storage.recovered;
  const last = entries.at(-1) ?? snapshot;
  const placed = entries.findLast((entry) => entry.type === 'configuration');
  const configuration =
    placed?.type === 'configuration' ? placed.configuration : snapshot.configuration;
  return {
    node,
    store: identity.store,
    cluster: identity.cluster,
    term: hardState.term,
    lastTerm: last.term,
    lastIndex: last.index,
    snapshotIndex: snapshot.index,
    configuration,
  };
}

/** Resolves when the write is durable; rejects where it failed. */
function write(
  storage: RaftStorage,
  version: number,
  what: Pick<Parameters<RaftStorage['persist']>[0], 'hardState' | 'entries'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    storage.setWritten(() => resolve());
    storage.setFailed(reject);
    storage.persist({ type: 'persist', sequence: 1, snapshot: undefined, ...what }, version);
  });
}
