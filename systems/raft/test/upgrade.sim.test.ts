/**
 * Two versions of the code side by side: nodes are upgraded one by one while clients write.
 */
import { openJournal } from '@mangrove/journal';
import { describe, expect, it } from 'vitest';
import { simpleConfiguration } from '../src/index.ts';
import { A, B, C, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';

/** Upgrades `node`, and writes all the while. */
async function upgrade(
  group: NodeGroup,
  node: typeof A,
  values: Iterator<number>,
  version = 2,
): Promise<void> {
  const atMs = group.simulation.nowMs + 1;
  group.simulation.inject({ type: 'upgrade', node, atMs, downMs: 50, version });
  await group.pass(60);
  for (let count = 0; count < 3; count++) {
    expect(await group.write(values.next().value ?? 0)).toEqual(DONE);
  }
  await group.until(() => group.simulation.running(node) !== undefined);
}

/** The versions of the records that a node has in its log, which is read while the node is down. */
async function versionsInLog(group: NodeGroup, node: typeof A): Promise<readonly number[]> {
  let versions: readonly number[] | undefined;
  group.simulation.crash(node, 'kept');
  group.simulation.start(node, async (host) => {
    const journal = await openJournal(host, { directory: 'raft/log' });
    const found: number[] = [];
    while (journal.firstIndex + found.length < journal.nextIndex) {
      const records = await journal.read(journal.firstIndex + found.length);
      // A checksum of four bytes stands in front of it.
      found.push(...records.map(({ bytes }) => bytes[4] ?? 0));
    }
    await journal.close();
    versions = found;
    return { close: async () => {}, [Symbol.asyncDispose]: async () => {} };
  });
  await group.until(() => versions !== undefined);
  group.simulation.crash(node, 'kept');
  group.start(node, { codeVersion: 3, founding: simpleConfiguration(FOUNDERS) });
  return versions ?? [];
}

function* counted(): Generator<number> {
  for (let value = 1; ; value++) yield value;
}

describe('a rolling upgrade', () => {
  for (const seed of [41, 42, 43, 44]) {
    it(`R79: nothing is lost, and the formats change with the last one (${seed})`, async () => {
      const group = new NodeGroup(seed, { codeVersion: 1, snapshotEveryCount: 5 });
      const values = counted();
      for (let count = 0; count < 4; count++) await group.write(values.next().value ?? 0);
      for (const node of [A, B]) {
        await upgrade(group, node, values);
        await group.pass(300);
        const { version, stores } = (await group.elect()).status().configuration;
        expect({ version, stores }).toEqual({ version: 1, stores: [] });
      }
      await upgrade(group, C, values);
      await group.until(() => {
        const nodes = FOUNDERS.map((node) => group.simulation.running(node));
        if (nodes.includes(undefined)) return false;
        return FOUNDERS.every((node) => group.node(node).status().configuration.version === 2);
      });
      expect(
        group
          .node(A)
          .status()
          .configuration.stores.map(({ node }) => node),
      ).toEqual(FOUNDERS);
      await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 13));
      group.simulation.close();
    });
  }

  it('R79: entries are read that were written before and after the change of formats', async () => {
    const group = new NodeGroup(46, { codeVersion: 2, snapshotEveryCount: 1000 });
    const values = counted();
    for (let count = 0; count < 4; count++) await group.write(values.next().value ?? 0);
    for (const node of FOUNDERS) await upgrade(group, node, values, 3);
    await group.until(() => {
      const nodes = FOUNDERS.map((node) => group.simulation.running(node));
      if (nodes.includes(undefined)) return false;
      return FOUNDERS.every((node) => group.node(node).status().configuration.version === 3);
    });
    for (let count = 0; count < 4; count++) await group.write(values.next().value ?? 0);
    for (const node of FOUNDERS) {
      group.simulation.crash(node, 'kept');
      group.start(node, { founding: simpleConfiguration(FOUNDERS), codeVersion: 3 });
    }
    await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 17));
    group.simulation.close();
  });

  it('R79: no record is newer than what all members can read', async () => {
    const group = new NodeGroup(48, { codeVersion: 1, snapshotEveryCount: 1000 });
    const values = counted();
    for (let count = 0; count < 4; count++) await group.write(values.next().value ?? 0);
    for (const node of [A, B]) await upgrade(group, node, values, 3);
    expect(new Set(await versionsInLog(group, A))).toEqual(new Set([1]));
    await upgrade(group, C, values, 3);
    await group.until(() => group.leader?.status().configuration.version === 3);
    for (let count = 0; count < 4; count++) await group.write(values.next().value ?? 0);
    await group.pass(300);
    const versions = await versionsInLog(group, A);
    expect(versions.slice(-4)).toEqual([3, 3, 3, 3]);
    expect(versions).toEqual([...versions].sort());
    group.simulation.close();
  });

  it('R80: code that cannot read the formats of the group is refused, and says why', async () => {
    const group = new NodeGroup(45);
    await group.until(() => group.leader?.status().configuration.version === 3);
    await group.write(1);
    await group.until(() => group.node(C).status().configuration.version === 3);
    group.simulation.crash(C, 'kept');
    group.start(C, { codeVersion: 1, founding: simpleConfiguration(FOUNDERS) });
    await group.until(() => group.simulation.running(C) !== undefined);
    await group.pass(1000);
    const refused = await group.outcome(group.node(C).propose(writing(2)));
    expect(refused).toMatchObject({ code: 'old-version', isDefinite: true });
    expect(await group.write(3)).toEqual(DONE);
    group.simulation.close();
  });
});
