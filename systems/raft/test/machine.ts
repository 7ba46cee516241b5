/**
 * A machine of the test cluster: a member, the disk under it and the state machine above it.
 *
 * The disk holds what is durable and what was only asked for; a crash loses the latter, or a part
 * from its end. The state machine is a rolling hash, so that two histories of it are easily told
 * apart; it is volatile and starts from the snapshot.
 */
import type { Incarnation, Instant, NodeId } from '@mangrove/host';
import {
  createRaft,
  type Effect,
  type Entry,
  type HardState,
  type LogIndex,
  NO_TERM,
  type RaftOptions,
  type RaftState,
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
}

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
  /** When the transfer of a snapshot to a peer began. */
  readonly transfers = new Map<NodeId, number>();
  /** Snapshots received, by index: their hash. */
  readonly received = new Map<number, number>();
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
    this.state = createRaft({
      self: this.node,
      incarnation: this.incarnation as Incarnation,
      options: this.options,
      recovered: { hardState: platter.hardState, snapshot: platter.snapshot, entries: behind },
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
    this.received.clear();
    this.transfers.clear();
  }

  /** Makes one write durable. */
  complete(write: Persist): void {
    const { platter } = this;
    if (write.hardState !== undefined) {
      const { term, votedFor } = write.hardState;
      const before = platter.hardState;
      check(term >= before.term, `durable term of ${this.node} goes ${before.term} to ${term}`);
      const isSecondVote =
        term === before.term && before.votedFor !== undefined && before.votedFor !== votedFor;
      check(!isSecondVote, `${this.node} votes twice in ${term}: ${before.votedFor}, ${votedFor}`);
      platter.hardState = write.hardState;
    }
    if (write.snapshot !== undefined) {
      platter.snapshot = write.snapshot;
      platter.snapshotHash = this.received.get(write.snapshot.index) ?? -1;
      platter.logBase = write.snapshot.index;
      platter.logBaseTerm = write.snapshot.term;
      platter.entries = [];
    }
    const [first] = write.entries;
    if (first === undefined) return;
    const end = platter.logBase + platter.entries.length;
    check(first.index <= end + 1, `${this.node} writes ${first.index} behind ${end}`);
    platter.entries.length = first.index - platter.logBase - 1;
    platter.entries.push(...write.entries);
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

/** What must hold; a violation ends the run. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`violation: ${message}`);
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
