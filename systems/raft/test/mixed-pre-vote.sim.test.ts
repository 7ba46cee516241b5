/**
 * A group goes over to pre-votes, or back, one member after the other: while some ask before they
 * raise their term and others do not, cuts and crashes leave nobody stuck, and a leader stays once
 * there is one.
 */
import { describe, expect, it } from 'vitest';
import { DONE, FOUNDERS, NodeGroup } from './node-group.ts';

const FAST = { electionTimeoutMs: 150, heartbeatIntervalMs: 30 };
const SEEDS = [91, 92, 93, 94, 95, 96];

/** How long a group may be without a leader that all follow, in milliseconds. */
const SETTLING_MS = 3000;

describe('members with and without pre-vote', () => {
  for (const seed of SEEDS) {
    it(`R4, R7: a leader is elected and stays, seed ${seed}`, async () => {
      // Seeds differ in who is first, and in which way the group goes.
      const order = FOUNDERS.map((_, place) => FOUNDERS[(place + seed) % 3] ?? FOUNDERS[0]);
      const isTurnedOn = seed % 2 === 0;
      const group = new NodeGroup(seed, { options: { ...FAST, hasPreVote: !isTurnedOn } });
      expect(await group.write(1)).toEqual(DONE);
      let value = 1;
      for (const node of order) {
        if (node === undefined) continue;
        group.simulation.crash(node, 'unsynced-lost');
        await group.pass(400);
        group.start(node, { options: { ...FAST, hasPreVote: isTurnedOn } });
        await settle(group);
        // Each in turn is cut off for so long that it raises its term, if it does, then is heard.
        for (const alone of FOUNDERS) {
          const others = FOUNDERS.filter((each) => each !== alone);
          const atMs = group.simulation.nowMs;
          const untilMs = atMs + 1000;
          group.simulation.inject({ type: 'cut', atMs, untilMs, from: [alone], to: others });
          group.simulation.inject({ type: 'cut', atMs, untilMs, from: others, to: [alone] });
          await group.pass(1000);
          await settle(group);
          value += 1;
          expect(await group.write(value)).toEqual(DONE);
        }
      }
      const hasPreVote = FOUNDERS.map((node) => group.node(node).inspect().options.hasPreVote);
      expect(hasPreVote).toEqual(FOUNDERS.map(() => isTurnedOn));
      group.simulation.close();
    });
  }
});

/** Waits until all follow one leader, which then stays for ten election timeouts. */
async function settle(group: NodeGroup): Promise<void> {
  const followed = () => {
    const all = FOUNDERS.map((node) => group.simulation.running(node) && group.node(node).status());
    const [first] = all;
    const isOne = all.every(
      (each) =>
        each?.leader !== undefined && each.leader === first?.leader && each.term === first?.term,
    );
    return isOne && first !== undefined ? `${first.leader} in ${first.term}` : undefined;
  };
  const begunMs = group.simulation.nowMs;
  await group.until(() => followed() !== undefined);
  expect(group.simulation.nowMs - begunMs).toBeLessThan(SETTLING_MS);
  const leader = followed();
  await group.pass(10 * FAST.electionTimeoutMs);
  expect(followed()).toBe(leader);
}
