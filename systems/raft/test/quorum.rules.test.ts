/**
 * Quorums: what the core makes of votes and values, against counting by hand; and that the
 * watchers see quorums that do not meet.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexAfter } from '../src/core/positions.ts';
import { countVotes, quorumValue } from '../src/core/quorum.ts';
import {
  type Configuration,
  type MemberChange,
  simpleConfiguration,
  type Term,
} from '../src/index.ts';
import { haveDisjointQuorums, isQuorum } from '../src/subject/disjoint-quorums.ts';
import { QuorumsInForce } from '../src/subject/quorums-in-force.ts';
import { lookedAtByRaftWatch } from './raft-watched.ts';
import { Stage } from './stage.ts';

const NODES = 'abcdefgh'.split('').map(toNodeId);

/** One to eight voters, an even number as often as an odd one; joint or simple. */
const configurations: fc.Arbitrary<Configuration> = fc
  .tuple(
    fc.subarray(NODES, { minLength: 1 }),
    fc.oneof(fc.constant([]), fc.subarray(NODES, { minLength: 1 })),
  )
  .map(([voters, outgoing]) => ({ ...simpleConfiguration(voters), outgoing }));

/** For each node a value of few, so that many are equal. */
const values = fc.array(fc.integer({ min: 0, max: 4 }), {
  minLength: NODES.length,
  maxLength: NODES.length,
});

const levelOf = (given: readonly number[]) => (node: NodeId) => given[NODES.indexOf(node)] ?? 0;

/** More than half of each half that there is. */
function hasMajorities({ voters, outgoing }: Configuration, has: (node: NodeId) => boolean) {
  const isMajority = (half: readonly NodeId[]) => {
    let [inside, outside] = [0, 0];
    for (const node of half) {
      if (has(node)) inside += 1;
      else outside += 1;
    }
    return half.length === 0 || inside > outside;
  };
  return isMajority(voters) && isMajority(outgoing);
}

describe('a quorum', () => {
  it('R31: the value of a quorum is the highest that majorities have reached', () => {
    fc.assert(
      fc.property(configurations, values, (configuration, given) => {
        const value = levelOf(given);
        const reached = [0, 1, 2, 3, 4].filter((level) =>
          hasMajorities(configuration, (node) => value(node) >= level),
        );
        expect(quorumValue(configuration, value)).toBe(Math.max(...reached));
      }),
      { numRuns: 2000 },
    );
  });

  it('R3, R31: an election is won by majorities, and lost where they cannot come any more', () => {
    fc.assert(
      fc.property(configurations, values, (configuration, given) => {
        const value = levelOf(given);
        const votes = new Map<NodeId, boolean>();
        for (const node of NODES) if (value(node) < 4) votes.set(node, value(node) < 2);
        const isWon = hasMajorities(configuration, (node) => votes.get(node) === true);
        const mayBeWon = hasMajorities(configuration, (node) => votes.get(node) !== false);
        const wanted = isWon ? 'won' : mayBeWon ? 'pending' : 'lost';
        expect(countVotes(configuration, votes)).toBe(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  it('R31: half of an even number of voters is none', () => {
    const two = simpleConfiguration(['a', 'b'].map(toNodeId));
    const four = simpleConfiguration(['a', 'b', 'c', 'd'].map(toNodeId));
    const isOneOf = (names: string) => (node: NodeId) => (names.includes(node) ? 1 : 0);
    expect(quorumValue(two, isOneOf('a'))).toBe(0);
    expect(quorumValue(four, isOneOf('ab'))).toBe(0);
    expect(quorumValue(four, isOneOf('abc'))).toBe(1);
  });

  it('R31: two quorums of one configuration meet, and those of a joint one both halves', () => {
    fc.assert(
      fc.property(configurations, configurations, (one, other) => {
        expect(haveDisjointQuorums(one, one)).toBe(false);
        const joint = { ...one, outgoing: other.voters };
        expect(haveDisjointQuorums(joint, { ...one, outgoing: [] })).toBe(false);
        expect(haveDisjointQuorums(joint, { ...other, outgoing: [] })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe('those who watch', () => {
  it('R30: see halves that do not meet, where the core would count them as quorums', () => {
    const [ab, cd] = ['ab', 'cd'].map((names) =>
      simpleConfiguration(names.split('').map(toNodeId)),
    );
    const abcd = simpleConfiguration(['a', 'b', 'c', 'd'].map(toNodeId));
    if (ab === undefined || cd === undefined) throw new Error('there are two');
    expect(isQuorum(abcd, (node) => ab.voters.includes(node))).toBe(false);
    expect(haveDisjointQuorums(ab, cd)).toBe(true);
    expect(haveDisjointQuorums(ab, cd, (node) => node !== 'b')).toBe(false);
    expect(haveDisjointQuorums(ab, { ...cd, outgoing: ab.voters })).toBe(false);
  });

  it('R30: see quorums in force that do not meet, on members whose changes lie far apart', () => {
    const stage = new Stage({ voters: ['a', 'b', 'c'], learners: ['d', 'e'] });
    const { look } = lookedAtByRaftWatch(stage);
    stage.elect('a');
    const swap = (promoted: string, removed: string) => {
      const changes: readonly MemberChange[] = [
        { type: 'promote', node: toNodeId(promoted) },
        { type: 'remove', node: toNodeId(removed) },
      ];
      stage.happen('a', { type: 'change-members', id: stage.id(), changes, isAutoLeave: true });
      stage.settle(['b']);
    };
    swap('d', 'b');
    swap('e', 'a');
    const configurationOf = (name: string) =>
      stage.state(name).log.configurations.latest.configuration;
    expect(configurationOf('b').voters).toEqual(['a', 'b', 'c']);
    expect(configurationOf('e').voters).toEqual(['c', 'd', 'e']);
    // The quorums a and b, d and e do not meet. The log of b is what keeps it out.
    const members = [...stage.machines.keys()].map((node) => stage.state(node));
    const watch = new QuorumsInForce();
    const rivals = () => members.map((member) => watch.rivalOf(member, members)?.self);
    expect(rivals()).toEqual(members.map(() => undefined));
    const { log } = stage.state('b');
    log.append([{ type: 'no-op', index: indexAfter(log.lastIndex), term: 9 as Term }]);
    expect(watch.rivalOf(stage.state('e'), members)?.self).toBe('b');
    const words = 'could lead by quorums that do not meet';
    expect(look).toThrow(words);
    expect(() => stage.watchman.look(stage.machine('e'), stage.state('e'), [])).toThrow(words);
  });
});
