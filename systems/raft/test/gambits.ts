/**
 * Orders of events that Raft is known to be sensitive to, and that chance hardly ever plays: a
 * leader that is deposed and does not know it, leaders that follow each other and are heard by few,
 * a lonely leader whose log is replaced by a snapshot while its disk hangs, two candidates of one
 * term.
 *
 * Who takes part, who hears whom and when is still drawn.
 */

import type { NodeId } from '@mangrove/host';
import type { Message } from '../src/index.ts';
import { type Board, type Fate, leaderOf, type Play, playOn } from './board.ts';
import type { Machine } from './machine.ts';

/** Plays one of them, where there is a leader to begin with. */
export function playGambit(play: Play): void {
  const gambits = [shutOut, asleep, handedOver, reborn, rivals, twoTongues, lonelyWriter, deafHeir];
  play.random.pick(gambits)(play);
}

/** A leader is not heard any more, and hears late what was said to it. */
function shutOut(play: Play): void {
  const leader = steadyLeader(play);
  if (leader === undefined) return;
  playOn(play.board, 20 * play.random.below(4), 5, { fateOf: keptFrom(leader) });
  duel(play, leader, 300, apart(leader));
}

/** A leader stands still; when it wakes, what is asked of it comes before its timers. */
function asleep(play: Play): void {
  const { board, random } = play;
  const leader = steadyLeader(play);
  if (leader === undefined) return;
  leader.pausedUntil = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    playOn(board, 20, 5, { fateOf: apart(leader) });
    const heir = leaderOf(board);
    if (heir === undefined || heir === leader) continue;
    board.proposeAt(heir);
    playOn(board, 5, 5, { fateOf: apart(leader) });
    if (random.chance(1, 2)) break;
  }
  leader.pausedUntil = 0;
  duel(play, leader, 10, apart(leader));
}

/** A leader hands over, and hears late of the one that it had campaign. */
function handedOver(play: Play): void {
  const { board, random } = play;
  const leader = steadyLeader(play);
  const voters = leader?.state?.log.configurations.latest.configuration.voters ?? [];
  const targets = voters.filter((voter) => voter !== leader?.node);
  if (leader?.state === undefined || targets.length === 0) return;
  playOn(board, 20, 5, { fateOf: keptFrom(leader) });
  board.transferTo(leader, random.pick(targets));
  const isolated = apart(leader);
  const fateOf = (message: Message) =>
    message.type === 'timeout-now' ? 'heard' : isolated(message);
  duel(play, leader, 80, fateOf);
}

/** Voters forget in a new life to whom they were loyal; one of them could not hear the leader. */
function reborn(play: Play): void {
  const { board, random } = play;
  const leader = steadyLeader(play);
  const others = [...board.machines.values()].filter((each) => each !== leader);
  if (leader === undefined) return;
  const rival = random.pick(others);
  const isBetween = ({ from, to }: Message) =>
    (from === leader.node && to === rival.node) || (from === rival.node && to === leader.node);
  const fateOf = (message: Message): Fate => (isBetween(message) ? 'lost' : 'heard');
  playOn(board, random.between(80, 250), 5, { fateOf });
  for (const each of others) {
    if (each === rival || each.state === undefined) continue;
    each.crash(each.pendingWrites.length);
    board.restart(each);
  }
  duel(play, leader, 120, apart(leader));
}

/** One leads after the other; few vote, and fewer hear what it appends. */
function rivals({ board, random }: Play): void {
  const machines = [...board.machines.values()];
  for (let reign = random.between(3, 6); reign > 0; reign--) {
    for (const each of machines) if (each.state === undefined) board.restart(each);
    const electorate = random.shuffle(machines).slice(0, (machines.length >> 1) + 1);
    if (!rule(board, electorate)) return;
    const leader = leaderOf(board);
    if (leader === undefined) return;
    if (random.chance(3, 4)) board.proposeAt(leader);
    const hearers = random.shuffle(machines).slice(0, random.below(3));
    const isHeard = among([leader, ...hearers], true);
    const fateOf = (message: Message) => (random.chance(4, 5) ? isHeard(message) : 'lost');
    playOn(board, random.between(1, 30), 5, { fateOf });
    if (random.chance(1, 2)) leader.crash(random.below(leader.pendingWrites.length + 1));
  }
}

/** Lets `electorate` elect a leader of a new term that nobody hears yet; false if they do not. */
function rule(board: Board, electorate: readonly Machine[]): boolean {
  const termOf = ({ state }: Machine) => state?.term ?? 0;
  const termBefore = Math.max(...[...board.machines.values()].map(termOf));
  const fateOf = among(electorate, false);
  for (let round = 0; round < 80; round++) {
    playOn(board, 5, 5, { fateOf });
    const leader = leaderOf(board);
    if (leader !== undefined && termOf(leader) > termBefore) return true;
  }
  return false;
}

/** Who is in `heard` hears each other; what a leader says only if it `hearsReign`. */
function among(heard: readonly Machine[], hearsReign: boolean) {
  const nodes = heard.map(({ node }) => node);
  return ({ from, to, type }: Message): Fate => {
    const isLeaders = type === 'append-entries' || type === 'heartbeat';
    const isInside = nodes.includes(from) && nodes.includes(to);
    return isInside && (hearsReign || !isLeaders) ? 'heard' : 'lost';
  };
}

/**
 * A leader that is alone goes on to append; the others come to a snapshot that takes the place of
 * its log. While its disk still writes that snapshot it hears of yet another leader.
 */
function lonelyWriter(play: Play): void {
  const { board, random } = play;
  const lonely = steadyLeader(play);
  if (lonely === undefined) return;
  for (let count = random.between(8, 20); count > 0; count--) board.proposeAt(lonely);
  for (let round = 0; round < 60; round++) {
    playOn(board, 5, 5, { fateOf: apart(lonely, 'lost') });
    const heir = leaderOf(board);
    if (heir !== undefined && heir !== lonely && round % 10 === 9) board.proposeAt(heir);
  }
  const others = [...board.machines.values()].filter((each) => each !== lonely);
  for (const each of others) board.snapshotOf(each, 0);
  for (let round = 0; round < 30 && lonely.pendingChunks.length === 0; round++) {
    playOn(board, 5, 5, { noChunk: lonely });
  }
  const heir = leaderOf(board);
  const voters = heir?.state?.log.configurations.latest.configuration.voters ?? [];
  const next = voters.find((voter) => voter !== heir?.node && voter !== lonely.node);
  if (heir === undefined || next === undefined) return;
  board.transferTo(heir, next);
  playOn(board, 20, 5, { fateOf: keptFrom(lonely), noLog: lonely, noChunk: lonely });
  hearLate(board, lonely);
  board.completeChunks(lonely);
  for (let round = 0; round < 12; round++) {
    if (random.chance(1, 3)) board.completeWrites(lonely, 1);
    hearLate(board, lonely);
    playOn(board, 2, 2, { fateOf: keptFrom(lonely), noLog: lonely, noChunk: lonely });
  }
}

/**
 * A proposal of a leader reaches one ally; another leader's entry takes its place in the first
 * one's log and reaches no one else; then the ally leads.
 */
function twoTongues(play: Play): void {
  const { board, random } = play;
  const first = steadyLeader(play);
  if (first === undefined) return;
  const [ally, second, ...rest] = random.shuffle(
    [...board.machines.values()].filter((each) => each !== first),
  );
  if (ally === undefined || second === undefined) return;
  board.proposeAt(first);
  playOn(board, 5, 5, { fateOf: among([first, ally], true) });
  if (!rule(board, [second, ...rest])) return;
  const rival = leaderOf(board);
  if (rival === undefined) return;
  board.proposeAt(rival);
  playOn(board, 30, 5, { fateOf: among([rival, first], true) });
  rival.crash(rival.pendingWrites.length);
  rule(board, [ally, ...[second, ...rest].filter((each) => each !== rival)]);
  playOn(board, 50, 5);
}

/** Leadership is handed to one that does not hear of it. */
function deafHeir(play: Play): void {
  const { board, random } = play;
  const leader = steadyLeader(play);
  if (leader?.state === undefined) return;
  const { voters } = leader.state.log.configurations.latest.configuration;
  const targets = voters.filter((voter) => voter !== leader.node);
  if (targets.length === 0) return;
  board.transferTo(leader, random.pick(targets));
  const fateOf = ({ type }: Message): Fate => (type === 'timeout-now' ? 'lost' : 'heard');
  playOn(board, 30, 5, { fateOf });
}

/**
 * A follower asks its leader, dies before it has the answer, and asks for another thing in its next
 * life; there it hears the former answer, and of what was committed meanwhile nothing.
 */
export function playFormerLife({ board, random }: Play): void {
  const leader = steadyLeader({ board, random });
  const others = [...board.machines.values()].filter((each) => each !== leader);
  if (leader === undefined) return;
  const asker = random.pick(others);
  const isProposing = random.chance(1, 2);
  const ask = () => {
    if (isProposing) board.proposeAt(asker);
    else board.readAt(asker, 'read-index');
  };
  const isAnswer = ({ to, type }: Message) =>
    to === asker.node && (type === 'read-index-response' || type === 'forward-response');
  const fateOf = (message: Message): Fate => (isAnswer(message) ? 'kept' : 'heard');
  ask();
  playOn(board, 20, 5, { fateOf });
  asker.crash(asker.pendingWrites.length);
  board.restart(asker);
  playOn(board, 40, 5, { fateOf });
  board.proposeAt(leader);
  const isLost = ({ to }: Message) => to === asker.node;
  playOn(board, 20, 5, {
    fateOf: (message) => (isLost(message) && !isAnswer(message) ? 'lost' : fateOf(message)),
  });
  ask();
  const late = board.parcels.filter(isAnswer);
  board.parcels = board.parcels.filter((message) => !isAnswer(message));
  for (const message of late) board.hand(message);
  board.workOff(asker);
}

/** Plays one of those that only five voters can play. */
export function playWideGambit(play: Play): void {
  play.random.pick([oldVote, staleMembers])(play);
}

/**
 * Two campaign in one term, since a leader hands over twice and both hear it late. The winner's
 * links to the loser and to another one break, and the loser asks for the next term: one of those
 * who are asked voted for it before, and hears the winner; what that one says to the winner is
 * late. Clients read from the winner.
 */
function oldVote(play: Play): void {
  const { board, random } = play;
  const giver = wideLeader(play);
  const others = random.shuffle([...board.machines.values()].filter((each) => each !== giver));
  const [winner, loser, voter, deaf] = others;
  if (giver === undefined || winner === undefined || loser === undefined) return;
  for (const heir of [loser, winner]) {
    board.transferTo(giver, heir.node);
    // Each ends after an election timeout.
    playOn(board, 130, 5, { fateOf: ({ type }) => (type === 'timeout-now' ? 'kept' : 'heard') });
  }
  const isTorn = ({ type, from, to }: Message) =>
    type === 'request-vote' && (from === loser.node) !== (to === voter?.node);
  playOn(board, 50, 5, { fateOf: (message) => (isTorn(message) ? 'lost' : 'heard') });
  const apartFrom = [loser.node, deaf?.node];
  const fateOf = ({ from, to, term }: Message): Fate => {
    const peer = from === winner.node ? to : from;
    if ((from === winner.node || to === winner.node) && apartFrom.includes(peer)) return 'lost';
    return to === winner.node && term > (winner.state?.term ?? 0) ? 'kept' : 'heard';
  };
  for (let round = 0; round < 50 && winner.state?.role.type === 'leader'; round++) {
    playOn(board, 5, 5, { fateOf });
    const heir = leaderOf(board);
    if (heir === undefined || heir === winner) continue;
    board.proposeAt(heir);
    playOn(board, 5, 5, { fateOf });
    board.readAt(winner, 'lease');
    board.workOff(winner);
  }
}

/**
 * A leader that is alone begins to change the members. The others take two of themselves out, and
 * come to a snapshot that takes the place of its log: its own change would now let it lead by those
 * who are gone.
 */
function staleMembers(play: Play): void {
  const { board, random } = play;
  const lonely = wideLeader(play);
  const others = random.shuffle([...board.machines.values()].filter((each) => each !== lonely));
  const [staying] = others;
  if (lonely === undefined || staying === undefined) return;
  for (let count = random.between(5, 8); count > 0; count--) board.proposeAt(lonely);
  board.changeAt(lonely, [{ type: 'demote', node: staying.node }]);
  playOn(board, 350, 5, { fateOf: apart(lonely, 'lost') });
  const heir = leaderOf(board);
  const leaving = others.filter((each) => each !== staying && each !== heir).slice(0, 2);
  if (heir === undefined || heir === lonely) return;
  board.changeAt(
    heir,
    leaving.map(({ node }) => ({ type: 'remove', node })),
  );
  playOn(board, 60, 5, { fateOf: apart(lonely, 'lost') });
  for (let count = random.between(5, 15); count > 0; count--) board.proposeAt(heir);
  playOn(board, 40, 5, { fateOf: apart(lonely, 'lost') });
  for (const each of others) board.snapshotOf(each, 0);
  playOn(board, random.between(50, 150), 5);
}

/** The leader of all machines as voters; `undefined` where it does not come to that soon. */
function wideLeader(play: Play): Machine | undefined {
  const { board } = play;
  const nodes = [...board.machines.keys()];
  let leader = steadyLeader(play);
  for (let round = 0; round < 60; round++) {
    const { latest } = leader?.state?.log.configurations ?? {};
    if (leader?.state !== undefined && latest !== undefined) {
      const { voters, outgoing, learners } = latest.configuration;
      const missing = nodes.filter((node) => !voters.includes(node));
      const isDone = missing.length + outgoing.length === 0;
      if (isDone && latest.index <= leader.state.commitIndex) return leader;
      const type = (node: NodeId) => (learners.includes(node) ? 'promote' : 'add-learner');
      board.changeAt(
        leader,
        missing.map((node) => ({ type: type(node), node })),
      );
    }
    playOn(board, 10, 5);
    leader = leaderOf(board);
  }
  return undefined;
}

/** The leader, after a while in which all goes well; `undefined` where there is none. */
function steadyLeader({ board, random }: Play): Machine | undefined {
  for (const each of board.machines.values()) {
    each.pausedUntil = 0;
    if (each.state === undefined) board.restart(each);
  }
  playOn(board, random.between(20, 60), 5);
  return leaderOf(board);
}

/** All is heard but what is said to `leader`, which waits. */
function keptFrom(leader: Machine) {
  return ({ to }: Message): Fate => (to === leader.node ? 'kept' : 'heard');
}

/** Nobody hears `leader`; what is said to it waits, or is lost. */
function apart(leader: Machine, toLeader: Fate = 'kept') {
  return ({ from, to }: Message): Fate => {
    if (from === leader.node) return 'lost';
    return to === leader.node ? toLeader : 'heard';
  };
}

/**
 * The others go on without `leader` and take clients' proposals, while clients read from it and it
 * hears one thing now and then.
 */
function duel(
  { board, random }: Play,
  leader: Machine,
  ms: number,
  fateOf: (message: Message) => Fate,
): void {
  const stepMs = random.pick([1, 2, 5]);
  for (let passed = 0; passed < ms; passed += stepMs) {
    playOn(board, stepMs, stepMs, { fateOf });
    const heir = leaderOf(board);
    if (heir !== undefined && heir !== leader && random.chance(1, 3)) {
      board.proposeAt(heir);
      playOn(board, stepMs, stepMs, { fateOf });
    }
    if (random.chance(1, 4)) hearLate(board, leader);
    if (random.chance(1, 3)) board.readAt(leader, random.pick(['lease', 'read-index']));
    board.workOff(leader);
  }
}

/** The oldest message to `machine` reaches it. */
function hearLate(board: Board, machine: Machine): void {
  const place = board.parcels.findIndex(({ to }) => to === machine.node);
  const [message] = place < 0 ? [] : board.parcels.splice(place, 1);
  if (message !== undefined) board.hand(message);
}
