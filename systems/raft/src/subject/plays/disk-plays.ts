/**
 * Orders of faults in which a node loses what it had, while others count on it.
 */
import { bothWays, cut, type Fault, OTHERS } from '@mangrove/experiment';
import { type Attempt, during } from './attempt.ts';

/**
 * A voter that has what is committed loses its disk, or its log rots, while the leader is cut off;
 * with the third one, which was behind, it would be a majority that knows less.
 */
export function damagedVoter({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [damaged = first, behind = first] = others;
  const turnedAt = atMs + 400;
  // Near the beginning: most of a segment is room that is not used yet.
  const place = { path: 'raft/log/segment', positionPerMille: random.pick([0, 0, 1, 3]) };
  const isWiped = random.chance(1, 2);
  const rot: readonly Fault[] = isWiped
    ? []
    : [{ type: 'bit-rot', node: damaged, atMs: turnedAt - 5, ...place }];
  return [
    ...cut(bothWays([behind], [OTHERS]), during(atMs, 430)),
    ...rot,
    { type: 'crash', node: damaged, disk: isWiped ? 'wiped' : 'kept', ...during(turnedAt, 20) },
    ...cut(bothWays([first], [OTHERS]), during(turnedAt, 1200)),
  ];
}

/**
 * One follower is cut off; of the two others, one has a slow disk and loses its power, and the
 * other is cut off at that moment. What both had said to have must be with the one that is left.
 */
export function losesPower({ random, first, others, atMs }: Attempt): readonly Fault[] {
  const [ally = first, behind = first] = others;
  const [loser = first, keeper = first] = random.shuffle([first, ally]);
  const turnedAt = atMs + 400;
  return [
    ...cut(bothWays([behind], [OTHERS]), during(atMs, 430)),
    { type: 'slow-disk', node: loser, latencyMs: 80, ...during(atMs + 150, 250) },
    { type: 'crash', node: loser, disk: 'unsynced-lost', ...during(turnedAt, 20) },
    ...cut(bothWays([keeper], [OTHERS]), during(turnedAt, 1100)),
  ];
}
