/**
 * What a member keeps on disk, cut off by a power loss at each operation of a write.
 */
import { type Host, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { expect, it } from 'vitest';
import type { LogIndex, Term } from '../src/core/positions.ts';
import { foundingSnapshot } from '../src/core/snapshot-metadata.ts';
import { simpleConfiguration } from '../src/index.ts';
import { RaftStorage } from '../src/shell/raft-storage.ts';

const NODE = toNodeId('a');
const FOUNDING = foundingSnapshot(simpleConfiguration([NODE, toNodeId('b'), toNodeId('c')]));
const FIRST = (FOUNDING.index + 1) as LogIndex;

/** Operations by which a batch of writes becomes durable, of which each may be the last. */
const CUTS = (['write', 'sync', 'rename', 'sync-directory'] as const).flatMap((operation) =>
  (['before', 'after'] as const).flatMap((when) =>
    (['unsynced-lost', 'kept'] as const).flatMap((disk) =>
      [1, 2, 3, 4].map((nth) => ({ disk, point: { operation, when, nth, target: 'raft' } })),
    ),
  ),
);

it('R53: no entry outlives a power loss without the term and the vote of its batch', async () => {
  const found = { neither: 0, 'term only': 0, both: 0 };
  for (const { point, disk } of CUTS) {
    const { simulation, lives, durable, until } = openStorage();
    await until(() => lives.length === 1);
    write(lives[0], 1, 2);
    await until(() => durable.length === 1);
    simulation.inject({ type: 'crash-at', node: NODE, point, downMs: 20, disk });
    write(lives[0], 2, 5);
    await until(() => lives.length === 2);
    const recovered = lives[1]?.recovered;
    simulation.close();
    // Such an operation is not needed so often.
    if (recovered === undefined) continue;
    const { hardState, entries } = recovered;
    const lastTerm = entries.at(-1)?.term ?? 0;
    const cut = `${point.when} ${point.operation} ${point.nth}, ${disk}`;
    expect(lastTerm, cut).toBeLessThanOrEqual(hardState.term);
    if (hardState.term === 5) expect(hardState.votedFor, cut).toBe(NODE);
    if (durable.includes(2)) expect(lastTerm, cut).toBe(5);
    found[lastTerm === 5 ? 'both' : hardState.term === 5 ? 'term only' : 'neither'] += 1;
  }
  for (const [outcome, count] of Object.entries(found)) expect(count, outcome).toBeGreaterThan(0);
});

it('R57: a log is cut only behind a snapshot that no loss of power takes away', async () => {
  // Which names a loss of power takes away is drawn.
  for (let seed = 1; seed <= 10; seed++) {
    const { simulation, lives, durable, until } = openStorage(seed);
    await until(() => lives.length === 1);
    for (const sequence of [1, 2, 3, 4]) write(lives[0], sequence, 2);
    await until(() => durable.includes(4));
    const index = (FIRST + 2) as LogIndex;
    const slices = (async function* () {
      yield Uint8Array.of(7);
    })();
    let isForgotten = false;
    const forget = async () => {
      await lives[0]?.save({ ...FOUNDING, index, term: 2 as Term }, slices, () => true);
      await lives[0]?.forget(index, index);
      isForgotten = true;
    };
    const forgotten = forget();
    await until(() => isForgotten);
    await forgotten;
    simulation.crash(NODE, 'unsynced-lost');
    simulation.restart(NODE);
    await until(() => lives.length === 2);
    expect(simulation.ends).toEqual([]);
    const { snapshot, entries } = lives[1]?.recovered ?? {};
    expect(snapshot?.index).toBe(index);
    expect(entries?.map((entry) => entry.index)).toEqual([index + 1]);
    simulation.close();
  }
});

/** A machine with nothing but the storage of a member, opened anew in each life. */
function openStorage(seed = 1) {
  const simulation = new Simulation({ seed, nodes: [NODE] });
  const lives: RaftStorage[] = [];
  const durable: number[] = [];
  simulation.start(NODE, async (host: Host) => {
    const place = { directory: 'raft', beginning: FOUNDING, chunkBytesMax: 1_000 };
    const storage = await RaftStorage.open(host, place);
    storage.setWritten((sequence) => durable.push(sequence));
    lives.push(storage);
    return { close: async () => {}, [Symbol.asyncDispose]: async () => {} };
  });
  const until = (isDone: () => boolean) => simulation.run(simulation.nowMs + 1_000, isDone);
  return { simulation, lives, durable, until };
}

/** Asks for a write of a term, a vote and the first entry of that term. */
function write(storage: RaftStorage | undefined, sequence: number, term: number): void {
  const index = (FIRST + sequence - 1) as LogIndex;
  storage?.persist(
    {
      type: 'persist',
      sequence,
      hardState: { term: term as Term, votedFor: NODE },
      snapshot: undefined,
      entries: [{ type: 'no-op', index, term: term as Term }],
    },
    3,
  );
}
