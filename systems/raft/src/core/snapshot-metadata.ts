/**
 * What the core knows of a snapshot: everything but the state machine's bytes.
 */
import { type Configuration, simpleConfiguration } from './configuration.ts';
import { type LogIndex, NO_INDEX, NO_TERM, type Term } from './positions.ts';

/** A snapshot of the state after `index`. */
export interface SnapshotMetadata {
  readonly index: LogIndex;
  /** The term of the entry at `index`. */
  readonly term: Term;
  /**
   * The configuration that holds at `index`, which is committed. A newer one that the log has
   * already, but that is not applied, is not part of the snapshot: it may yet be rolled back.
   */
  readonly configuration: Configuration;
  /** The index of the entry that brought it. */
  readonly configurationIndex: LogIndex;
}

/**
 * What tells the bytes of one snapshot from those of another. Two members may have made different
 * bytes of the same state, so a transfer goes on only where both of these are the same.
 */
export interface SnapshotImage {
  readonly sizeBytes: number;
  /** A CRC-32C over all of it. */
  readonly checksum: number;
}

/** A snapshot of which a part has arrived. */
export interface PartialSnapshot {
  readonly index: LogIndex;
  readonly image: SnapshotImage;
  /** How many of its bytes are on disk, without a gap. */
  readonly offset: number;
}

/**
 * Where a founding member begins: the empty state as a snapshot at index 1, with the configuration
 * that all founders are given alike.
 *
 * So the founding configuration reaches a node that joins later as any other does, in a snapshot:
 * there is no log before index 1 that could be sent instead.
 */
export function foundingSnapshot(configuration: Configuration): SnapshotMetadata {
  const index = 1 as LogIndex;
  return { index, term: 1 as Term, configuration, configurationIndex: index };
}

/** Where a node begins that is to join a group: it knows nothing, and no one with a vote. */
export function blankSnapshot(): SnapshotMetadata {
  const configuration = simpleConfiguration([]);
  return { index: NO_INDEX, term: NO_TERM, configuration, configurationIndex: NO_INDEX };
}
