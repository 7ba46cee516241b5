/**
 * What carries pieces of snapshots between the core and the disk.
 */
import type { Effect } from '../core/effect.ts';
import type { TimelessEvent } from './core-loop.ts';
import type { WriteChunk } from './incoming-file.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { RaftStorage } from './raft-storage.ts';

/** What moves the snapshots of one node. */
export class SnapshotMover {
  private readonly run: (task: () => Promise<void>) => void;
  private readonly storage: RaftStorage;
  private readonly metrics: NodeMetrics;
  private readonly dispatch: (event: TimelessEvent) => void;

  constructor(
    parts: {
      readonly run: (task: () => Promise<void>) => void;
      readonly storage: RaftStorage;
      readonly metrics: NodeMetrics;
    },
    dispatch: (event: TimelessEvent) => void,
  ) {
    this.run = parts.run;
    this.storage = parts.storage;
    this.metrics = parts.metrics;
    this.dispatch = dispatch;
  }

  /** Reads a piece for a follower. */
  load({ peer, snapshot, offset, bytesMax }: Extract<Effect, { type: 'load-chunk' }>): void {
    this.run(async () => {
      const chunk = await this.storage.chunk(snapshot, offset, bytesMax);
      this.metrics.snapshotSentBytes.add(chunk?.data.length ?? 0);
      this.dispatch({ type: 'chunk-loaded', peer, index: snapshot.index, offset, chunk });
    });
  }

  /** Writes a piece that came in. */
  write(chunk: WriteChunk): void {
    this.run(async () => {
      const { snapshot, image, data } = chunk;
      const written = await this.storage.writeChunk(chunk);
      if (written === undefined) return;
      this.metrics.snapshotReceivedBytes.add(data.length);
      this.dispatch({ type: 'chunk-written', index: snapshot.index, image, ...written });
    });
  }
}
