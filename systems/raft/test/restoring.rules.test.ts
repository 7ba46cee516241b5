/**
 * What runs a state machine, by itself: every read of the disk and every slice is moved by hand.
 */
import type { Host } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import {
  type Entry,
  type LogIndex,
  NO_TERM,
  type PlacedCommand,
  type SnapshotMetadata,
  type StreamingMachine,
} from '../src/index.ts';
import { MachineRunner } from '../src/shell/machine-runner.ts';
import type { NodeMetrics } from '../src/shell/node-metrics.ts';
import type { RaftStorage } from '../src/shell/raft-storage.ts';
import { Requests } from '../src/shell/requests.ts';
import { SnapshotPace } from '../src/shell/snapshot-pace.ts';
import { Stage } from './stage.ts';

/** A runner whose disk answers when the test says so. */
class Bench {
  /** What became of the state, in order; the machine is the index that it is at. */
  readonly history: string[] = [];
  at = 0;
  /** What the core was told. */
  readonly told: number[] = [];
  readonly failures: string[] = [];
  readonly state = new Stage({ voters: ['a', 'b', 'c'] }).state('a');
  readonly requests = new Requests(0, { now: () => this.state.now, proposed: () => undefined });
  readonly runner: MachineRunner<number, Uint8Array>;
  private readonly reads: ((entries: readonly Entry[]) => void)[] = [];
  private readonly snapshots: ((index: number) => void)[] = [];

  constructor() {
    const run = (task: () => Promise<void>) => {
      task().catch((cause: unknown) => this.failures.push(String(cause)));
    };
    const host = {
      clock: { now: () => this.state.now },
      timers: { sleep: () => Promise.resolve() },
    } as unknown as Host;
    const storage = {
      read: () => new Promise<readonly Entry[]>((resolve) => this.reads.push(resolve)),
      slices: () => this.slices(),
    } as unknown as RaftStorage;
    const metrics = {} as unknown as NodeMetrics;
    this.runner = new MachineRunner<number, Uint8Array>(
      host,
      this.machine(),
      { run, storage, state: this.state, metrics, pace: new SnapshotPace({}) },
      (event) => this.told.push(event.type === 'applied' ? event.index : Number.NaN),
      (entries, results) => this.requests.applied(entries, results),
    );
  }

  /** As a node does it. */
  restore(index: number): void {
    const snapshot = { index } as unknown as SnapshotMetadata;
    this.runner.restore({ type: 'restore', snapshot });
    this.requests.skippedTo(snapshot.index);
  }

  applyStored(from: number, to: number): void {
    this.runner.applyStored({ type: 'apply-stored', from: from as LogIndex, to: to as LogIndex });
  }

  /** The oldest read of the log that is open gives these entries. */
  async readGives(...indexes: number[]): Promise<void> {
    this.reads.shift()?.(indexes.map(entryAt));
    await settled();
  }

  /** The oldest restore that is open gets the state of `index`. */
  async snapshotGives(index: number): Promise<void> {
    this.snapshots.shift()?.(index);
    await settled();
  }

  get openSnapshotCount(): number {
    return this.snapshots.length;
  }

  private async *slices(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(await new Promise<number>((resolve) => this.snapshots.push(resolve)));
  }

  private machine(): StreamingMachine<number> {
    const become = (what: string, index: number) => {
      this.history.push(`${what} ${index} on ${this.at}`);
      this.at = index;
      return index;
    };
    return {
      applyBatch: (batch: readonly PlacedCommand<Uint8Array>[]) =>
        batch.map(({ index }) => become('apply', index)),
      snapshotSlices: () => [],
      restoreSlices: async (slices) => {
        for await (const [index = 0] of slices) become('restore', index);
      },
    };
  }
}

function entryAt(index: number): Entry {
  return { type: 'command', index: index as LogIndex, term: NO_TERM, data: Uint8Array.of(index) };
}

/** All promise reactions have run. */
async function settled(): Promise<void> {
  for (let round = 0; round < 100; round++) await undefined;
}

describe('a snapshot takes the place of the state', () => {
  it('R107: restores run one after the other, and the state never goes back', async () => {
    const bench = new Bench();
    bench.restore(20);
    await settled();
    bench.restore(30);
    await settled();
    expect(bench.openSnapshotCount).toBe(1);
    await bench.snapshotGives(20);
    // The core has asked for 30 meanwhile.
    expect(bench.told).toEqual([]);
    await bench.snapshotGives(30);
    expect(bench.told).toEqual([30]);
    bench.runner.apply([entryAt(31)]);
    await settled();
    expect(bench.history).toEqual(['restore 20 on 0', 'restore 30 on 20', 'apply 31 on 30']);
    expect(bench.told).toEqual([30, 31]);
    expect(bench.failures).toEqual([]);
  });

  it('R107: a restore that was overtaken before it began is left out', async () => {
    const bench = new Bench();
    for (const index of [20, 30, 40]) {
      bench.restore(index);
      await settled();
    }
    await bench.snapshotGives(20);
    await bench.snapshotGives(40);
    expect(bench.openSnapshotCount).toBe(0);
    expect(bench.history).toEqual(['restore 20 on 0', 'restore 40 on 20']);
    expect(bench.told).toEqual([40]);
    // And the next one begins anew.
    bench.restore(50);
    await settled();
    await bench.snapshotGives(50);
    expect(bench.told).toEqual([40, 50]);
  });

  it('R107: nothing is applied while a snapshot is restored', async () => {
    const bench = new Bench();
    bench.restore(20);
    expect(() => bench.runner.apply([entryAt(21)])).toThrow('while a snapshot is restored');
    await bench.snapshotGives(20);
    expect(bench.history).toEqual(['restore 20 on 0']);
  });

  it('R107: what was being read for the state before is not applied behind it', async () => {
    const bench = new Bench();
    bench.applyStored(5, 9);
    await bench.readGives(5, 6);
    expect(bench.told).toEqual([6]);
    bench.restore(20);
    await bench.snapshotGives(20);
    await bench.readGives(7, 8, 9);
    expect(bench.history).toEqual(['apply 5 on 0', 'apply 6 on 5', 'restore 20 on 6']);
    expect(bench.told).toEqual([6, 20]);
    expect(bench.failures).toEqual([]);
  });

  it('R107: a log that a snapshot is about to replace may be gone when it is read', async () => {
    const bench = new Bench();
    bench.applyStored(5, 9);
    bench.state.installing = { index: 20 } as unknown as SnapshotMetadata;
    await bench.readGives();
    expect(bench.failures).toEqual([]);
    bench.state.installing = undefined;
    bench.restore(20);
    await bench.snapshotGives(20);
    expect(bench.told).toEqual([20]);
    // Without a snapshot it is a log with a hole.
    bench.applyStored(21, 22);
    await bench.readGives();
    expect(bench.failures.join()).toContain('entry 21 is to be applied and is not on disk');
  });

  it('R107: a proposal in what a snapshot has is answered, whatever is told late', async () => {
    const { requests } = new Bench();
    let placed = 0;
    const owed = requests.propose(
      Uint8Array.of(1),
      ({ id }) => {
        placed = id;
      },
      new Bench().state.now,
      undefined,
    );
    requests.skippedTo(20 as LogIndex);
    requests.applied([entryAt(7)], [7]);
    requests.place(placed, 15 as LogIndex);
    await expect(Promise.race([owed, settled()])).rejects.toMatchObject({
      code: 'compacted',
      isDefinite: false,
    });
  });
});
