/**
 * The state machine of a node as it is run: it gets what is committed, in order, and gives
 * snapshots, a little at a time.
 *
 * Heartbeats share the event loop with it, so nothing here keeps the loop for long: commands are
 * applied some at a time with a look at the clock, snapshots are written and restored slice by
 * slice with others running in between. It is one thing at a time: while a snapshot is restored
 * nothing is applied, and what a snapshot has replaced is not applied any more.
 */
import { assert, type Host } from '@mangrove/host';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import { indexAfter } from '../core/positions.ts';
import type { SnapshotMetadata } from '../core/snapshot-metadata.ts';
import { snapshotAt } from '../core/snapshots.ts';
import type { RaftState } from '../core/state.ts';
import type { TimelessEvent } from './core-loop.ts';
import { isNoSpace } from './disk-room.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { RaftStorage } from './raft-storage.ts';
import type { SnapshotPace } from './snapshot-pace.ts';
import {
  type AnyMachine,
  type CommandCodec,
  codecOf,
  type StreamingMachine,
  toStreaming,
} from './state-machine.ts';

/** How many commands, and bytes of them, come before a look at the clock; one at least. */
const COUNT_PER_LOOK = 64;
const BYTES_PER_LOOK = 16_384;

/** How long commands are applied before others run, in milliseconds. */
const SLICE_MS = 1;

/** How long no snapshot is tried after the disk was full, in milliseconds. */
const FULL_DISK_PAUSE_MS = 1000;

/** What runs the state machine of one node. */
export class MachineRunner<Result, Command> {
  private readonly host: Host;
  private readonly run: (task: () => Promise<void>) => void;
  private readonly machine: StreamingMachine<Result, Command>;
  private readonly codec: CommandCodec<Command>;
  private readonly storage: RaftStorage;
  private readonly state: RaftState;
  private readonly metrics: NodeMetrics;
  private readonly dispatch: (event: TimelessEvent) => void;
  private readonly onApplied: (entries: readonly Entry[], results: readonly Result[]) => void;
  private readonly pace: SnapshotPace;
  private isSnapshotting = false;
  private isStopped = false;
  /** How many snapshots took the place of the state: what was being applied then is in them. */
  private restoreCount = 0;
  /** The newest snapshot that is to take the place of the state and has not done so yet. */
  private restoring: SnapshotMetadata | undefined;

  /** @param onApplied is told of all entries, with the results of those that were commands */
  constructor(
    host: Host,
    machine: AnyMachine<Result, Command>,
    parts: {
      readonly run: (task: () => Promise<void>) => void;
      readonly storage: RaftStorage;
      readonly state: RaftState;
      readonly metrics: NodeMetrics;
      readonly pace: SnapshotPace;
    },
    dispatch: (event: TimelessEvent) => void,
    onApplied: (entries: readonly Entry[], results: readonly Result[]) => void,
  ) {
    this.host = host;
    this.machine = toStreaming(machine);
    this.codec = codecOf(machine);
    this.pace = parts.pace;
    this.run = parts.run;
    this.storage = parts.storage;
    this.state = parts.state;
    this.metrics = parts.metrics;
    this.dispatch = dispatch;
    this.onApplied = onApplied;
  }

  /** Applies nothing and takes no snapshots any more. */
  stop(): void {
    this.isStopped = true;
  }

  /** Applies committed entries: at once where that is quick, else with pauses. */
  apply(entries: readonly Entry[]): void {
    const isWanted = this.untilReplaced();
    const appliedCount = this.applyFrom(entries, 0);
    if (appliedCount < entries.length) {
      this.run(() => this.applyRest(entries, appliedCount, isWanted));
    }
  }

  /** Applies entries that only the disk has, up to where a snapshot takes their place. */
  applyStored({ from, to }: Extract<Effect, { type: 'apply-stored' }>): void {
    const isWanted = this.untilReplaced();
    this.run(async () => {
      for (let next = from; next <= to && isWanted(); ) {
        const entries = await this.storage.read(next, to, this.state.options.applyBytesMax);
        // While a snapshot takes the place of the log, that may be gone; a restore will follow.
        if (!isWanted() || this.state.installing !== undefined) return;
        const last = entries.at(-1);
        assert(last !== undefined, `entry ${next} is to be applied and is not on disk`);
        await this.applyRest(entries, this.applyFrom(entries, 0), isWanted);
        next = indexAfter(last.index);
      }
    });
  }

  /**
   * Becomes what the newest snapshot says, once the restore under way is done. That one is told
   * only where no newer one has come, and of those that wait only the newest is begun.
   */
  restore({ snapshot }: Extract<Effect, { type: 'restore' }>): void {
    const isUnderWay = this.restoring !== undefined;
    this.restoring = snapshot;
    this.restoreCount += 1;
    this.pace.replaced();
    if (!isUnderWay) this.run(() => this.restoreNewest());
  }

  /** Takes a snapshot where enough was applied since the last one. */
  snapshotIfDue(): void {
    const { state, pace } = this;
    const index = state.appliedIndex;
    if (this.isSnapshotting || !pace.isDue(index - state.snapshot.index)) return;
    if (state.installing !== undefined || state.applyingIndex !== index || this.isStopped) return;
    this.isSnapshotting = true;
    const { beginsAtBytes } = pace;
    const metadata = snapshotAt(state, index);
    // What is asked for now is the state of now: it must not wait for a turn.
    const slices = this.machine.snapshotSlices();
    // A snapshot of the leader's that is ahead makes this one useless.
    const isWanted = () =>
      !this.isStopped && Math.max(state.snapshot.index, state.installing?.index ?? 0) < index;
    this.run(async () => {
      try {
        const sizeBytes = await this.storage.save(metadata, slices, isWanted);
        if (sizeBytes === undefined || this.isStopped) return;
        this.metrics.snapshotTakenBytes.add(sizeBytes);
        const compactTo = pace.taken(index, beginsAtBytes, sizeBytes);
        this.dispatch({ type: 'snapshot-taken', index, compactTo });
      } catch (error) {
        if (!isNoSpace(error)) throw error;
        // Nothing is lost by it: the log is still there, and a later snapshot will do.
        await this.host.timers.sleep(FULL_DISK_PAUSE_MS);
      } finally {
        this.isSnapshotting = false;
      }
    });
  }

  /** Whether what is handed over now is still to be applied, whenever that is asked. */
  private untilReplaced(): () => boolean {
    const { restoreCount } = this;
    return () => !this.isStopped && this.restoreCount === restoreCount;
  }

  private async restoreNewest(): Promise<void> {
    let restored: SnapshotMetadata | undefined;
    while (restored !== this.restoring) {
      restored = this.restoring;
      await this.machine.restoreSlices(this.storage.slices());
      if (this.isStopped) return;
    }
    this.restoring = undefined;
    if (restored !== undefined) this.dispatch({ type: 'applied', index: restored.index });
  }

  /** Applies entries from the one at `appliedCount` on; others run before each slice. */
  private async applyRest(
    entries: readonly Entry[],
    appliedCount: number,
    isWanted: () => boolean,
  ): Promise<void> {
    let count = appliedCount;
    while (count < entries.length) {
      await this.host.timers.sleep(0);
      if (!isWanted()) return;
      count += this.applyFrom(entries, count);
    }
  }

  /** Applies entries from the one at `start` on, as many as a slice of time allows; how many. */
  private applyFrom(entries: readonly Entry[], start: number): number {
    assert(this.restoring === undefined, 'entries are to be applied while a snapshot is restored');
    const begunAt = this.host.clock.now();
    let next = start;
    while (next < entries.length) {
      const some = entries.slice(next, endOfLook(entries, next));
      const count = this.applySome(some);
      next += count;
      if (count < some.length || this.host.clock.now() - begunAt >= SLICE_MS) break;
    }
    const last = entries[next - 1];
    if (last !== undefined && next > start) this.dispatch({ type: 'applied', index: last.index });
    return next - start;
  }

  /** How many of `entries` the machine got through. */
  private applySome(entries: readonly Entry[]): number {
    const batch = [];
    for (const entry of entries) {
      if (entry.type !== 'command') continue;
      const { index, term, data } = entry;
      batch.push({ index, term, command: this.codec.decode(data) });
    }
    const results = batch.length === 0 ? [] : this.machine.applyBatch(batch);
    assert(
      results.length <= batch.length,
      `the state machine gave ${results.length} results for ${batch.length} commands`,
    );
    const rest = batch[results.length];
    const done = rest === undefined ? entries : entries.filter(({ index }) => index < rest.index);
    for (const entry of done) {
      if (entry.type === 'command') this.pace.applied(entry.index, entry.data.length);
    }
    this.onApplied(done, results);
    return done.length;
  }
}

/** Behind how many of `entries` the clock is looked at, from the one at `start` on. */
function endOfLook(entries: readonly Entry[], start: number): number {
  let sizeBytes = 0;
  for (let end = start; end < entries.length; end += 1) {
    const entry = entries[end];
    if (entry?.type === 'command') sizeBytes += entry.data.length;
    const isFull = end - start === COUNT_PER_LOOK || sizeBytes > BYTES_PER_LOOK;
    if (isFull && end > start) return end;
  }
  return entries.length;
}
