/**
 * The state machine of a node as it is run: it gets what is committed, in order, and gives
 * snapshots.
 */
import { assert, type Host } from '@mangrove/host';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import { indexAfter, type LogIndex } from '../core/positions.ts';
import { snapshotAt } from '../core/snapshots.ts';
import type { RaftState } from '../core/state.ts';
import type { TimelessEvent } from './core-loop.ts';
import { isNoSpace } from './disk-room.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { RaftNodeConfig } from './raft-node-config.ts';
import type { RaftStorage } from './raft-storage.ts';

/** How long no snapshot is tried after the disk was full, in milliseconds. */
const FULL_DISK_PAUSE_MS = 1000;

/** What runs the state machine of one node. */
export class MachineRunner<Result> {
  private readonly host: Host;
  private readonly config: RaftNodeConfig<Result>;
  private readonly storage: RaftStorage;
  private readonly state: RaftState;
  private readonly metrics: NodeMetrics;
  private readonly dispatch: (event: TimelessEvent) => void;
  private readonly onApplied: (index: LogIndex, result: Result | undefined) => void;
  private isSnapshotting = false;
  private isStopped = false;

  /** @param onApplied is told of every entry, with the result where it was a command */
  constructor(
    host: Host,
    config: RaftNodeConfig<Result>,
    parts: {
      readonly storage: RaftStorage;
      readonly state: RaftState;
      readonly metrics: NodeMetrics;
    },
    dispatch: (event: TimelessEvent) => void,
    onApplied: (index: LogIndex, result: Result | undefined) => void,
  ) {
    this.host = host;
    this.config = config;
    this.storage = parts.storage;
    this.state = parts.state;
    this.metrics = parts.metrics;
    this.dispatch = dispatch;
    this.onApplied = onApplied;
  }

  /** Takes no snapshots any more. */
  stop(): void {
    this.isStopped = true;
  }

  /** Applies committed entries. */
  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const result =
        entry.type === 'command'
          ? this.config.stateMachine.apply(entry.data, entry.index)
          : undefined;
      this.onApplied(entry.index, result);
    }
    const last = entries.at(-1);
    if (last !== undefined) this.dispatch({ type: 'applied', index: last.index });
  }

  /** Applies entries that only the disk has. */
  applyStored({ from, to }: Extract<Effect, { type: 'apply-stored' }>): void {
    this.host.run(async () => {
      for (let next = from; next <= to; ) {
        const entries = await this.storage.read(next, to, this.state.options.applyBytesMax);
        const last = entries.at(-1);
        assert(last !== undefined, `entry ${next} is to be applied and is not on disk`);
        this.apply(entries);
        next = indexAfter(last.index);
      }
    });
  }

  /** Becomes what the newest snapshot says. */
  restore({ snapshot }: Extract<Effect, { type: 'restore' }>): void {
    this.config.stateMachine.restore(this.storage.snapshotData);
    this.dispatch({ type: 'applied', index: snapshot.index });
  }

  /** Takes a snapshot where enough was applied since the last one. */
  snapshotIfDue(): void {
    const { snapshotEveryCount = 10_000, trailingCount = 1000 } = this.config;
    const { state } = this;
    const index = state.appliedIndex;
    if (index - state.snapshot.index < snapshotEveryCount || this.isSnapshotting) return;
    if (state.installing !== undefined || state.applyingIndex !== index) return;
    this.isSnapshotting = true;
    const metadata = snapshotAt(state, index);
    const data = this.config.stateMachine.snapshot();
    this.metrics.snapshotTakenBytes.add(data.length);
    this.host.run(async () => {
      try {
        const isNewest = await this.storage.save({ metadata, data });
        if (!isNewest || this.isStopped) return;
        const compactTo = Math.max(0, index - trailingCount) as LogIndex;
        this.dispatch({ type: 'snapshot-taken', index, compactTo });
        await this.storage.compactTo(compactTo);
      } catch (error) {
        if (!isNoSpace(error)) throw error;
        // Nothing is lost by it: the log is still there, and a later snapshot will do.
        await this.host.timers.sleep(FULL_DISK_PAUSE_MS);
      } finally {
        this.isSnapshotting = false;
      }
    });
  }
}
