/**
 * The log of a node stays within its bound of bytes, however large commands are and however few,
 * also over a restart, and a follower that missed what is gone gets on.
 */
import { expect, it } from 'vitest';
import { A, DONE, FOUNDERS, NodeGroup } from './node-group.ts';

const EVERY_BYTES = 20_000;
const COMMAND_BYTES = 1000;

it('R120: a few large commands leave no more log than the bound of bytes', async () => {
  const stateMachine = {
    apply: () => DONE,
    snapshot: () => new Uint8Array(1),
    restore: () => undefined,
  };
  const bounds = { snapshotEveryBytes: EVERY_BYTES, trailingCount: 1000 };
  const group = new NodeGroup(61, { stateMachine, ...bounds });
  const write = async (count: number, up = FOUNDERS) => {
    for (let nth = 0; nth < count; nth++) {
      const leader = await group.elect();
      expect(await group.outcome(leader.propose(new Uint8Array(COMMAND_BYTES)))).toEqual(DONE);
      for (const node of up) {
        const { log } = group.node(node).inspect();
        // What may trail, what lies between two snapshots, and what comes while one is written.
        const bytes = (log.lastIndex - log.baseIndex) * COMMAND_BYTES;
        expect(bytes).toBeLessThanOrEqual(3 * EVERY_BYTES);
      }
    }
  };
  await write(150);
  for (const node of FOUNDERS) expect(group.node(node).status().snapshotIndex).toBeGreaterThan(70);
  group.simulation.crash(A, 'unsynced-lost');
  await group.pass(500);
  await write(
    150,
    FOUNDERS.filter((node) => node !== A),
  );
  group.simulation.restart(A);
  const { commitIndex } = (await group.elect()).status();
  await group.until(
    () =>
      group.simulation.running(A) !== undefined &&
      group.node(A).status().appliedIndex >= commitIndex,
  );
  await write(50);
  group.simulation.close();
});
