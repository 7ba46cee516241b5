/**
 * Mistakes of elections: who votes, when, and how votes are counted.
 *
 * Each is a patch of the core.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs, those of the paper's own rules first. */
export const electionBugs: readonly RaftBug[] = [
  {
    name: 'vote-before-sync',
    file: 'systems/raft/src/core/output.ts',
    find: "waitsFor === 'log' ? state.writtenSequence : state.hardStateSequence",
    replace: "waitsFor === 'log' ? state.writtenSequence : 0",
    breaks: 'R21: term and vote are not durable before an answer leaves.',
    source: 'tikv #1610',
  },
  {
    name: 'vote-lost-at-restart',
    file: 'systems/raft/src/core/state.ts',
    find: 'votedFor: hardState.votedFor,',
    replace: 'votedFor: undefined,',
    breaks: 'R1: a vote is forgotten at a restart, so a voter votes twice in a term.',
    source: 'camunda/zeebe #5356; nebula #2405',
  },
  {
    name: 'answers-counted-not-voters',
    file: 'systems/raft/src/core/election.ts',
    find: 'role.votes.set(message.from, message.isGranted);',
    replace: `const { voters } = state.log.configurations.latest.configuration;
  const counted = voters.find((voter) => !role.votes.has(voter)) ?? message.from;
  role.votes.set(counted, message.isGranted);`,
    breaks: 'R3: answers to a candidate are counted, not voters.',
    source: 'xraft #27',
  },
  {
    name: 'vote-for-a-shorter-log',
    file: 'systems/raft/src/core/election.ts',
    find: 'mayVote && state.log.isUpToDate(message.lastIndex, message.lastTerm)',
    replace: 'mayVote',
    breaks: 'R2: a voter votes for a candidate whose log is behind.',
    source: 'Raft 5.4.1',
  },
  {
    name: 'own-vote-before-sync',
    file: 'systems/raft/src/core/election.ts',
    find:
      'if (state.hardStateSequence > state.durableSequence || ' +
      'state.role.votes.has(state.self)) return;',
    replace: 'if (state.role.votes.has(state.self)) return;',
    breaks: 'R8: a candidate counts its own vote before it is durable.',
    source: 'etcd-io/raft TestCandidateSelfVoteAfterLostElection',
  },
  {
    name: 'unloyal-after-a-restart',
    file: 'systems/raft/src/core/state.ts',
    find: 'loyalUntil: now + options.electionTimeoutMs,',
    replace: 'loyalUntil: now,',
    breaks: 'R5: a voter that restarts elects another while the lease rests on its promise.',
    source: 'thesis 6.4.1',
  },
  {
    name: 'old-vote-breaks-loyalty',
    file: 'systems/raft/src/core/step.ts',
    find: [
      'function isOwn(state: RaftState, { type, from, term }: Message): boolean {',
      '  if (state.leader === from) return true;',
      "  return type === 'request-vote' && term === state.term && state.votedFor === from;",
    ].join('\n'),
    replace: [
      'function isOwn(state: RaftState, { from }: Message): boolean {',
      '  if (state.leader === from) return true;',
      '  return state.votedFor === from;',
    ].join('\n'),
    breaks: 'R5: a voter that hears its leader elects whom it voted for in a former term.',
    source: 'docs/postmortems/2026-11-29-the-vote-that-outlived-its-term.md',
  },
  {
    name: 'higher-term-is-ignored',
    file: 'systems/raft/src/core/step.ts',
    find: "say(state, from, { type: 'heartbeat-response', round: 0 });",
    replace: "if (state.term < 0) say(state, from, { type: 'heartbeat-response', round: 0 });",
    breaks: 'R7: a member in a higher term does not answer its leader and stays outside for ever.',
    source: 'etcd-io/raft TestFreeStuckCandidateWithCheckQuorum',
  },
  {
    name: 'removed-leader-never-campaigns',
    file: 'systems/raft/src/core/election.ts',
    find: 'return isVoter(previous.configuration, state.self);',
    replace: 'return isVoter(latest.configuration, state.self);',
    breaks: 'R9: nobody can lead where a leader died in the middle of its own removal.',
    source: 'thesis 4.2.2; etcd #11038',
  },
  {
    name: 'one-answer-is-a-quorum',
    file: 'systems/raft/src/core/leading.ts',
    find: [
      'return quorumValue(configuration, (voter) =>',
      '    voter === state.self',
      '      ? Number.POSITIVE_INFINITY',
      '      : (lead.progress.get(voter)?.contactAt ?? state.now),',
      '  );',
    ].join('\n'),
    replace: [
      'const others = configuration.voters.filter((voter) => voter !== state.self);',
      '  if (others.length === 0) return Number.POSITIVE_INFINITY;',
      '  const contacts = others.map((voter) => lead.progress.get(voter)?.contactAt ?? state.now);',
      '  return Math.max(...contacts);',
    ].join('\n'),
    breaks: 'R6: a leader stays as long as anybody answers, a quorum or not.',
    source: 'thesis 6.2',
  },
  {
    name: 'transfer-never-ends',
    file: 'systems/raft/src/core/transferring.ts',
    find: 'const untilMs = state.now + state.options.electionTimeoutMs;',
    replace: 'const untilMs = Number.POSITIVE_INFINITY;',
    breaks: 'R48: a hand-over to a node that does not take over blocks proposals for ever.',
    source: 'hashicorp/raft #696; openraft #1747',
  },
];
