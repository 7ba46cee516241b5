/**
 * Many groups on three simulated machines: they share connections and a journal, sleep while
 * nothing happens, and each stays linearizable under faults.
 */
import { checkLinearizable, register } from '@mangrove/check';
import type { HistoryEvent } from '@mangrove/experiment';
import { SeededRandom } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { encodeCommand, RaftError } from '../src/index.ts';
import { NODES, Town } from './town.ts';

describe('many groups', () => {
  it('R112: 60 idle groups send one pulse a pair and interval, and work wakes only one', {
    timeout: 60_000,
  }, async () => {
    const town = new Town(3, 60);
    await town.until(() => town.asleepCount === 180);
    const before = town.sentCount;
    await town.pass(3000);
    const pairCount = NODES.length * (NODES.length - 1);
    expect(town.sentCount - before).toBeLessThanOrEqual((3000 / 30 + 1) * pairCount);
    expect(town.asleepCount).toBe(180);
    let isDone = false;
    town
      .leader('group-7')
      ?.node.propose(encodeCommand({ type: 'write', value: 1 }))
      .then(() => {
        isDone = true;
      }, fail);
    await town.until(() => isDone);
    expect(town.asleepCount).toBe(177);
    await town.until(() => town.asleepCount === 180);
    town.simulation.close();
  });

  it('R112: heartbeats of groups leave together, also of those that never sleep', async () => {
    const town = new Town(4, 30, 0);
    await town.until(() => town.names.every((name) => town.leader(name) !== undefined));
    await town.pass(1);
    const before = town.sentCount;
    await town.pass(150);
    // Thirty groups beat five times: apart that were 600 messages with their answers.
    expect(town.sentCount - before).toBeLessThan(120);
    town.simulation.close();
  });

  it('R112: what many groups write at one moment is a sync or two of each machine', async () => {
    const town = new Town(6, 30, 0);
    await town.until(() => town.names.every((name) => town.leader(name) !== undefined));
    await town.pass(500);
    const before = town.syncCount;
    let doneCount = 0;
    for (const [value, name] of town.names.entries()) {
      const done = town.leader(name)?.node.propose(encodeCommand({ type: 'write', value }));
      done?.then(() => {
        doneCount += 1;
      }, fail);
    }
    await town.until(() => doneCount === town.names.length);
    await town.pass(20);
    // Thirty groups of three members each: ninety writes.
    expect(town.syncCount - before).toBeLessThanOrEqual(2 * NODES.length);
    town.simulation.close();
  });

  it('R111: where a process dies, its sleeping groups are led by others', {
    timeout: 60_000,
  }, async () => {
    const town = new Town(5, 20);
    await town.until(() => town.asleepCount === 60);
    const [dead] = NODES;
    if (dead === undefined) throw new Error('there are no nodes');
    const orphans = town.names.filter((name) => town.leader(name) === town.place(dead, name));
    expect(orphans.length).toBeGreaterThan(0);
    const now = town.simulation.nowMs;
    const fault = { type: 'crash', node: dead, disk: 'unsynced-lost' } as const;
    town.simulation.inject({ ...fault, atMs: now, untilMs: now + 60_000 });
    await town.until(() => orphans.every((name) => town.leader(name) !== undefined), 3000);
    town.simulation.close();
  });

  it('R113: each of twenty groups is linearizable under faults, and gets on in quiet', {
    timeout: 60_000,
  }, async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const town = new Town(seed, 20);
      const random = new SeededRandom(seed, 'town');
      await town.until(() => town.names.some((name) => town.leader(name) !== undefined));
      injectTrouble(town, random);
      const history = new Map(town.names.map((name) => [name, [] as HistoryEvent[]]));
      await haveFaultyTime(town, random, history);
      town.simulation.heal();
      await town.until(() => town.asleepCount === town.names.length * NODES.length, 20_000);
      for (const [name, events] of history) {
        const { type } = checkLinearizable(register(), events);
        expect({ seed, name, type }).toEqual({ seed, name, type: 'valid' });
        const okCount = events.filter((event) => event.type === 'ok').length;
        expect(okCount, name).toBeGreaterThan(10);
      }
      expect(town.simulation.ends).toEqual([]);
      town.simulation.close();
    }
  });
});

function fail(error: unknown): never {
  throw error;
}

/** Crashes, cuts, rough links and pauses over the next three seconds. */
function injectTrouble({ simulation }: Town, random: SeededRandom): void {
  const now = simulation.nowMs;
  for (let count = 0; count < 6; count++) {
    const atMs = now + random.below(2500);
    const untilMs = atMs + random.between(50, 500);
    const node = random.pick(NODES);
    const others = NODES.filter((each) => each !== node);
    const window = { atMs, untilMs };
    const rough = { lossPerMille: 100, duplicatePerMille: 100, delayPerMille: 100, delayMs: 40 };
    simulation.inject(
      random.pick([
        { type: 'crash', node, disk: 'unsynced-lost', ...window } as const,
        { type: 'pause', node, ...window } as const,
        { type: 'cut', from: [node], to: others, ...window } as const,
        { type: 'rough-links', from: NODES, to: NODES, ...rough, ...window } as const,
      ]),
    );
  }
}

/** Clients ask now this group and now that one, some of them a follower. */
async function haveFaultyTime(
  town: Town,
  random: SeededRandom,
  history: ReadonlyMap<string, HistoryEvent[]>,
): Promise<void> {
  let process = 0;
  for (let round = 0; round < 150; round++) {
    for (let count = 0; count < 4; count++) {
      const name = random.pick(town.names);
      process += 1;
      invoke(town, random, name, process, history.get(name) ?? []);
    }
    await town.pass(20);
  }
  await town.pass(2000);
}

function invoke(
  town: Town,
  random: SeededRandom,
  name: string,
  process: number,
  events: HistoryEvent[],
): void {
  const node = random.pick(NODES);
  const place = random.chance(3, 4) ? town.leader(name) : town.place(node, name);
  if (place === undefined) return;
  const isRead = random.chance(1, 2);
  const value = isRead ? null : process;
  const f = isRead ? 'read' : 'write';
  const tell = (type: HistoryEvent['type'], outcome: number | null) =>
    events.push({
      process: `c${process}`,
      f,
      type,
      value: outcome,
      atMs: town.simulation.nowMs,
    });
  tell('invoke', value);
  const asked = isRead
    ? place.node.read({ consistency: random.chance(1, 2) ? 'lease' : 'linearizable' })
    : place.node.propose(encodeCommand({ type: 'write', value: process }));
  asked.then(
    () => tell('ok', isRead ? (place.register.value ?? null) : value),
    (error: unknown) => {
      if (!(error instanceof RaftError)) throw error;
      tell(error.isDefinite ? 'fail' : 'info', value);
    },
  );
}
