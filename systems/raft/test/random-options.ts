/**
 * The options of a run of the random cluster, the same for all its members.
 */
import { type Random, SeededRandom } from '@mangrove/host';
import { type RaftOptions, toRaftOptions } from '../src/index.ts';

/** Draws them: from `random`, and what came later from streams of the seed, each its own. */
export function drawOptions(random: Random, seed: number): RaftOptions {
  return toRaftOptions({
    electionTimeoutMs: 100,
    heartbeatIntervalMs: 20,
    hasPreVote: random.chance(3, 4),
    hasCheckQuorum: random.chance(3, 4),
    clockDriftPpmMax: 50_000,
    appendBytesMax: random.pick([40, 100, 400]),
    inflightCountMax: random.pick([1, 3, 20]),
    inflightBytesMax: random.pick([100, 1000]),
    uncommittedBytesMax: random.pick([200, 2000]),
    cacheBytesMax: random.pick([1, 200, 5000]),
    applyBytesMax: random.pick([40, 400]),
    deferredCountMax: random.pick([3, 200]),
    readCountMax: random.pick([2, 50]),
    diskStallMs: random.pick([150, 1000]),
    promotionLagMax: 5,
    quiesceAfterMs: random.pick([0, 0, 40]),
    snapshotChunkBytesMax: random.pick([5, 20, 1000]),
    snapshotBytesPerSecondMax: random.pick([2000, 1_000_000]),
    snapshotHoldCountMax: random.pick([1, 10, 1000]),
    commitNoticeMs: new SeededRandom(seed, 'raft notice').pick([0, 0, 7]),
    hasForwarding: new SeededRandom(seed, 'raft forwarding').chance(1, 2),
  });
}
