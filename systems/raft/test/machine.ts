/**
 * A machine of the test cluster: a member, the disk under it and the state machine above it.
 *
 * The disk holds what is durable and what was only asked for; a crash loses the latter, or a part
 * from its end. The state machine is a rolling hash, so that two histories of it are easily told
 * apart; it is volatile and starts from the snapshot.
 */
import type { Incarnation, Instant, NodeId } from '@mangrove/host';
import { crc32c } from '@mangrove/wire';
import {
  createRaft,
  type Effect,
  type Entry,
  type HardState,
  type LogIndex,
  NO_TERM,
  type RaftOptions,
  type RaftState,
  type SnapshotImage,
  type SnapshotMetadata,
  type Term,
} from '../src/index.ts';

/** A write that was asked for. */
export type Persist = Extract<Effect, { type: 'persist' }>;

/** What is durable. */
export interface Platter {
  hardState: HardState;
  snapshot: SnapshotMetadata;
  /** The state machine at the snapshot. */
  snapshotHash: number;
  /** The log behind `logBase`. */
  logBase: LogIndex;
  logBaseTerm: Term;
  entries: Entry[];
  /** Snapshots that are not forgotten, by index. */
  readonly snapshots: Map<number, Uint8Array>;
  /** What has arrived of a snapshot of the leader's. */
  incoming:
    | { readonly index: LogIndex; readonly image: SnapshotImage; bytes: Uint8Array }
    | undefined;
}

/** A part of a snapshot that is to be written. */
export type WriteChunk = Extract<Effect, { type: 'write-chunk' }>;

/** A machine, up or down. */
export class Machine {
  readonly node: NodeId;
  readonly options: RaftOptions;
  readonly platter: Platter;
  state: RaftState | undefined;
  incarnation = 0;
  pendingWrites: Persist[] = [];
  /** The index up to which the state machine has been told, and its hash. */
  machineIndex = 0;
  machineHash = 0;
  /** What `applied` has not been told of yet. */
  isApplyPending = false;
  loads: Extract<Effect, { type: 'load-entries' }>[] = [];
  chunkLoads: Extract<Effect, { type: 'load-chunk' }>[] = [];
  pendingChunks: WriteChunk[] = [];
  pausedUntil = 0;
  driftPpm = 0;

  constructor(node: NodeId, options: RaftOptions, snapshot: SnapshotMetadata) {
    this.node = node;
    this.options = options;
    this.platter = {
      hardState: { term: snapshot.term, votedFor: undefined },
      snapshot,
      snapshotHash: 0,
      logBase: snapshot.index,
      logBaseTerm: snapshot.term,
      entries: [],
      snapshots: new Map([[snapshot.index, snapshotBytes(snapshot.index, 0)]]),
      incoming: undefined,
    };
  }

  /** The machine's own clock at the cluster's time `now`. */
  clock(now: number): Instant {
    return (now * (1 + this.driftPpm / 1_000_000)) as Instant;
  }

  start(now: number, random: number): RaftState {
    const { platter } = this;
    this.incarnation += 1;
    this.machineIndex = platter.snapshot.index;
    this.machineHash = platter.snapshotHash;
    this.isApplyPending = false;
    const behind = platter.entries.filter((entry) => entry.index > platter.snapshot.index);
    const { hardState, snapshot, incoming } = platter;
    const partial =
      incoming === undefined || incoming.index <= snapshot.index
        ? undefined
        : { index: incoming.index, image: incoming.image, offset: incoming.bytes.length };
    this.state = createRaft({
      self: this.node,
      incarnation: this.incarnation as Incarnation,
      options: this.options,
      recovered: { hardState, snapshot, entries: behind, incoming: partial },
      now: this.clock(now),
      random,
    });
    return this.state;
  }

  /** Loses what was not durable: the first `keptCount` writes had made it after all. */
  crash(keptCount: number): void {
    for (const write of this.pendingWrites.slice(0, keptCount)) this.complete(write);
    this.state = undefined;
    this.pendingWrites = [];
    this.loads = [];
    this.chunkLoads = [];
    this.pendingChunks = [];
  }

  /** Makes one write durable. */
  complete(write: Persist): void {
    const { platter } = this;
    if (write.hardState !== undefined) {
      const { term, votedFor } = write.hardState;
      const before = platter.hardState;
      check(
        term >= before.term,
        () => `durable term of ${this.node} goes ${before.term} to ${term}`,
      );
      const isSecondVote =
        term === before.term && before.votedFor !== undefined && before.votedFor !== votedFor;
      check(
        !isSecondVote,
        () => `${this.node} votes twice in ${term}: ${before.votedFor}, ${votedFor}`,
      );
      platter.hardState = write.hardState;
    }
    const { snapshot } = write;
    if (snapshot !== undefined) {
      platter.snapshot = snapshot;
      const { incoming } = platter;
      check(
        incoming?.index === snapshot.index && isWhole(incoming),
        () => `${this.node} installs ${snapshot.index}, and has of ${incoming?.index} not all`,
      );
      platter.incoming = undefined;
      platter.snapshots.set(snapshot.index, incoming.bytes);
      platter.snapshotHash = hashIn(incoming.bytes);
      platter.logBase = snapshot.index;
      platter.logBaseTerm = snapshot.term;
      platter.entries = [];
    }
    const [first] = write.entries;
    if (first === undefined) return;
    const end = platter.logBase + platter.entries.length;
    check(first.index <= end + 1, () => `${this.node} writes ${first.index} behind ${end}`);
    platter.entries.length = first.index - platter.logBase - 1;
    platter.entries.push(...write.entries);
  }

  /** Keeps a snapshot of its own. */
  keepSnapshot(metadata: SnapshotMetadata): void {
    const { platter } = this;
    platter.snapshot = metadata;
    platter.snapshotHash = this.machineHash;
    platter.snapshots.set(metadata.index, snapshotBytes(metadata.index, this.machineHash));
  }

  /** Forgets the log up to `logIndex` and snapshots before that of `snapshotIndex`. */
  forget(logIndex: LogIndex, snapshotIndex: LogIndex): void {
    const { platter } = this;
    for (const index of platter.snapshots.keys()) {
      if (index < snapshotIndex) platter.snapshots.delete(index);
    }
    const term = this.durableTermAt(logIndex);
    if (term === undefined || logIndex <= platter.logBase) return;
    platter.entries.splice(0, logIndex - platter.logBase);
    platter.logBase = logIndex;
    platter.logBaseTerm = term;
  }

  /** A part of a snapshot, as an event; missing where it is forgotten. */
  loadChunk(wanted: Extract<Effect, { type: 'load-chunk' }>) {
    const { peer, snapshot, offset, bytesMax } = wanted;
    const bytes = this.platter.snapshots.get(snapshot.index);
    const chunk =
      bytes === undefined
        ? undefined
        : { image: imageOf(bytes), data: bytes.slice(offset, offset + bytesMax) };
    return { type: 'chunk-loaded', peer, index: snapshot.index, offset, chunk } as const;
  }

  /** Makes a part of a snapshot durable; the event that tells of it. */
  completeChunk({ snapshot, image, offset, data }: WriteChunk) {
    const { platter } = this;
    const { index } = snapshot;
    if (offset === 0) platter.incoming = { index, image, bytes: new Uint8Array(0) };
    const { incoming } = platter;
    check(
      incoming?.index === index && incoming.bytes.length === offset,
      () =>
        `${this.node} puts ${index} at ${offset}, and ${incoming?.bytes.length} bytes are there`,
    );
    incoming.bytes = new Uint8Array([...incoming.bytes, ...data]);
    const end = incoming.bytes.length;
    const isIntact = end < image.sizeBytes || isWhole(incoming);
    return { type: 'chunk-written', index, image, offset: end, isIntact } as const;
  }

  /** The term of what is durable at `index`; `undefined` where nothing is. */
  durableTermAt(index: number): Term | undefined {
    const { platter } = this;
    if (index === platter.snapshot.index) return platter.snapshot.term;
    if (index === platter.logBase) return platter.logBaseTerm;
    return platter.entries[index - platter.logBase - 1]?.term;
  }

  /** Whether the entry of `term` at `index` is durable here, in the log or in the snapshot. */
  holds(index: number, term: Term): boolean {
    return index < this.platter.snapshot.index || this.durableTermAt(index) === term;
  }

  /** Durable entries `from` to `to`, the first in any case, up to `bytesMax` of data. */
  read(from: number, to: number, countMax: number): readonly Entry[] {
    const start = from - this.platter.logBase - 1;
    if (start < 0) return [];
    return this.platter.entries.slice(start, Math.min(start + countMax, to - this.platter.logBase));
  }
}

/** The bytes of a snapshot: the hash of the state machine, then more, as much as `index` says. */
export function snapshotBytes(index: number, hash: number): Uint8Array {
  const bytes = new Uint8Array(4 + ((index * 7) % 40)).fill(index & 0xff);
  new DataView(bytes.buffer).setInt32(0, hash);
  return bytes;
}

function hashIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
}

/** What tells these bytes from others. */
export function imageOf(bytes: Uint8Array): SnapshotImage {
  return { sizeBytes: bytes.length, checksum: crc32c(bytes) };
}

function isWhole(incoming: { readonly image: SnapshotImage; readonly bytes: Uint8Array }): boolean {
  const { sizeBytes, checksum } = imageOf(incoming.bytes);
  return sizeBytes === incoming.image.sizeBytes && checksum === incoming.image.checksum;
}

/**
 * What must hold; a violation ends the run.
 *
 * @param message what is wrong: words are made only then, since this is asked many times an event
 */
export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(`violation: ${message()}`);
}

/** The hash behind `entry`, from the one before it. */
export function hashAfter(hash: number, entry: Entry): number {
  let next = Math.imul(hash ^ entry.index, 0x01000193) ^ (entry.term ?? NO_TERM);
  next = Math.imul(next, 0x01000193) ^ entry.type.length;
  if (entry.type === 'command') {
    for (const byte of entry.data) next = Math.imul(next ^ byte, 0x01000193);
  }
  return next | 0;
}

/** Whether the shell of a machine has something to do. */
export function hasWork({ isApplyPending, loads, chunkLoads }: Machine): boolean {
  return isApplyPending || loads.length > 0 || chunkLoads.length > 0;
}

/** Whether a snapshot of what is applied is allowed, and new. */
export function mayTakeSnapshot({ state, platter, isApplyPending }: Machine): boolean {
  if (state === undefined || isApplyPending) return false;
  const isOver = state.installing !== undefined || platter.snapshot.index >= state.appliedIndex;
  return !isOver && state.appliedIndex >= state.log.baseIndex;
}
