/**
 * The invariants of Raft, looked at after every event of a whole group, from outside.
 *
 * It sees what `RaftNode.inspect` shows of the nodes that run, and remembers what the others had on
 * their disks when they were last seen. It is for simulations: it sees all nodes at one moment.
 *
 * Source: Raft figure 3; thesis 3.6, 4.1.
 */
import type { NodeId } from '@mangrove/host';
import type { Configuration } from '../core/configuration.ts';
import type { Entry } from '../core/entry.ts';
import type { LogIndex, Term } from '../core/positions.ts';
import type { RaftState } from '../core/state.ts';
import { haveDisjointQuorums } from './disjoint-quorums.ts';
import { LogMirror } from './log-mirror.ts';
import { QuorumsInForce } from './quorums-in-force.ts';

/** What is watched of one node. */
export interface WatchedNode {
  /** Tells the lives of a node apart. */
  readonly life: object;
  readonly state: Readonly<RaftState>;
  /** Up to which command the state machine has come, how many those were, and their digest. */
  readonly machine: {
    readonly lastIndex: number;
    readonly appliedCount: number;
    readonly digest: number;
  };
}

/** What a node looked like after an event. */
interface Sight {
  readonly life: object;
  readonly term: Term;
  readonly isLeader: boolean;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly configurationIndex: LogIndex;
  readonly machine: WatchedNode['machine'];
}

/** What a node has promised to keep. */
interface Promised {
  term: Term;
  votedFor: NodeId | undefined;
}

/**
 * Watches one run; `look` throws an `Error` that says which invariant does not hold.
 *
 * It is called after every event. A node that crashes in the middle of one is not seen as it was
 * then: what it may have done unseen is believed, and asked of it when it is back.
 */
export class RaftWatch {
  private readonly sights = new Map<NodeId, Sight>();
  private readonly mirrors = new Map<NodeId, LogMirror>();
  private readonly promises = new Map<NodeId, Promised>();
  private readonly leaders = new Map<Term, NodeId>();
  /** What stands at a place of any log: the term before it and its content. */
  private readonly places = new Map<string, string>();
  private readonly committed = new Map<number, Term>();
  private highestCommitted = 0;
  private highestCommitTerm = 0;
  private readonly machines = new Map<number, { appliedCount: number; digest: number }>();
  private readonly quorums = new QuorumsInForce();
  private readonly forgiven: ReadonlySet<NodeId>;
  /** What nodes that are down must have on disk, since a quorum was only one with them. */
  private readonly presumed = new Map<NodeId, { index: LogIndex; term: Term }[]>();
  private running: ReadonlyMap<NodeId, WatchedNode> = new Map();

  /** @param forgiven nodes whose disks were damaged: they may have forgotten what they promised */
  constructor(forgiven: ReadonlySet<NodeId> = new Set()) {
    this.forgiven = forgiven;
  }

  /** Looks at the nodes that run. */
  look(nodes: ReadonlyMap<NodeId, WatchedNode>): void {
    this.running = nodes;
    for (const [node, watched] of nodes) this.lookAt(node, watched);
    this.lookAtQuorums();
  }

  private lookAt(node: NodeId, { life, state, machine }: WatchedNode): void {
    const before = this.sights.get(node);
    const isSameLife = before?.life === life;
    const mirror = this.mirrorOf(node);
    if (!isSameLife) this.lookAtRecovery(node, state, mirror);
    const last = isSameLife ? before : undefined;
    this.lookAtLog(node, state, mirror, last);
    this.lookAtPromises(node, state);
    const isLeader = state.role.type === 'leader';
    if (last !== undefined) lookAtOrder(node, state, last);
    const isNewLeader = isLeader && !(last?.isLeader === true && last.term === state.term);
    if (isNewLeader) this.lookAtLeader(node, state);
    // A leader that was removed commits that and steps down in one step.
    const hasLed = isLeader || (last?.isLeader === true && last.term === state.term);
    this.lookAtCommits(node, state, last?.commitIndex ?? mirror.baseIndex, hasLed);
    this.lookAtMachine(node, state, machine, last);
    const { term, commitIndex, appliedIndex } = state;
    const configurationIndex = state.log.configurations.latest.index;
    const { lastIndex, appliedCount, digest } = machine;
    this.sights.set(node, {
      ...{ life, term, isLeader, commitIndex, appliedIndex, configurationIndex },
      machine: { lastIndex, appliedCount, digest },
    });
  }

  private mirrorOf(node: NodeId): LogMirror {
    const known = this.mirrors.get(node);
    if (known !== undefined) return known;
    const mirror = new LogMirror();
    this.mirrors.set(node, mirror);
    return mirror;
  }

  /** What was durable is there after a restart. */
  private lookAtRecovery(node: NodeId, state: Readonly<RaftState>, mirror: LogMirror): void {
    const promised = this.promises.get(node);
    if (promised !== undefined && !this.forgiven.has(node)) {
      const { term, votedFor } = promised;
      check(state.term >= term, `durable term: ${node} had ${term} and starts in ${state.term}`);
      const keepsVote = state.term > term || votedFor === undefined || state.votedFor === votedFor;
      check(keepsVote, `durable vote: ${node} voted for ${votedFor} in ${term} and forgot it`);
      const lost = mirror.firstLost(state);
      check(lost === undefined, `durable log: ${node} had ${lost} on disk and lost it`);
      for (const { index, term: of } of this.presumed.get(node) ?? []) {
        const isThere = index <= state.log.baseIndex || state.log.termAt(index) === of;
        check(isThere, `durable on a quorum: ${node} lacks ${index}/${of}, which was committed`);
      }
      this.presumed.delete(node);
    }
    if (this.forgiven.has(node)) this.promises.delete(node);
    mirror.forget();
  }

  /** Log matching, leaders that only append, and configurations that follow each other. */
  private lookAtLog(
    node: NodeId,
    state: Readonly<RaftState>,
    mirror: LogMirror,
    last: Sight | undefined,
  ): void {
    const { log } = state;
    const changedFrom = mirror.changedFrom(state);
    if (changedFrom !== undefined) {
      const isSameReign = last?.isLeader === true && last.term === state.term;
      const isAppend = changedFrom > mirror.lastIndex;
      check(!isSameReign || isAppend, `append-only: ${node} leads ${state.term} and truncates`);
      for (let index = changedFrom; index <= log.lastIndex; index++) {
        this.lookAtPlace(node, state, index as LogIndex);
      }
    }
    mirror.take(state);
    this.lookAtConfiguration(node, state, last);
  }

  private lookAtPlace(node: NodeId, { log }: Readonly<RaftState>, index: LogIndex): void {
    const term = log.termAt(index);
    const previousTerm = log.termAt((index - 1) as LogIndex);
    const [entry] = log.cached(index, index, 0);
    if (term === undefined || previousTerm === undefined || entry === undefined) return;
    const key = `${index}/${term}`;
    const content = `${previousTerm} ${contentOf(entry)}`;
    const known = this.places.get(key);
    if (known === undefined) this.places.set(key, content);
    else check(known === content, `log matching: ${node} differs from another at ${key}`);
  }

  /** Any two quorums of configurations that follow each other have a node in common. */
  private lookAtConfiguration(
    node: NodeId,
    state: Readonly<RaftState>,
    last: Sight | undefined,
  ): void {
    const { latest, previous } = state.log.configurations;
    if (latest.index === last?.configurationIndex || previous === undefined) return;
    // A node that joins begins without a configuration: it decides nothing.
    if (previous.configuration.voters.length === 0) return;
    const isMeeting = !haveDisjointQuorums(previous.configuration, latest.configuration);
    const change = `${words(previous.configuration)} and ${words(latest.configuration)}`;
    check(isMeeting, `quorums: ${change}, which follow each other on ${node}, need not meet`);
    if (state.role.type !== 'leader' || state.log.termAt(latest.index) !== state.term) return;
    const isAlone = previous.index <= state.commitIndex;
    const { firstIndex } = state.role;
    const change2 = `${node} changes members at ${latest.index} in ${state.term}`;
    check(isAlone, `one change at a time: ${change2}, ${previous.index} is not committed`);
    const knows = firstIndex <= state.commitIndex;
    check(knows, `one change at a time: ${change2} before its first commit at ${firstIndex}`);
  }

  /** Any two quorums in force have a node in common; a damaged disk's node is in none. */
  private lookAtQuorums(): void {
    const members = [...this.running]
      .filter(([node]) => !this.forgiven.has(node))
      .map(([, { state }]) => state);
    for (const member of members) {
      const rival = this.quorums.rivalOf(member, members);
      check(
        rival === undefined,
        `quorums: ${member.self} and ${rival?.self} could lead by quorums that do not meet`,
      );
    }
  }

  /** Remembers the newest term and vote that are on disk; they never go back. */
  private lookAtPromises(node: NodeId, state: Readonly<RaftState>): void {
    if (state.isHardStateDirty || state.hardStateSequence > state.durableSequence) return;
    const { term, votedFor } = state;
    const promised = this.promises.get(node);
    if (promised === undefined) {
      this.promises.set(node, { term, votedFor });
      return;
    }
    const { term: wasTerm, votedFor: wasVote } = promised;
    check(term >= wasTerm, `durable term: ${node} had ${wasTerm} on disk, then ${term}`);
    const keepsVote = term > wasTerm || wasVote === undefined || votedFor === wasVote;
    check(keepsVote, `durable vote: ${node} votes for ${wasVote} and ${votedFor} in ${term}`);
    promised.term = term;
    promised.votedFor = votedFor;
  }

  /** Election safety and leader completeness. */
  private lookAtLeader(node: NodeId, state: Readonly<RaftState>): void {
    const { term, log } = state;
    const other = this.leaders.get(term);
    const isAlone = other === undefined || other === node;
    check(isAlone, `election safety: ${node} and ${other} lead term ${term}`);
    this.leaders.set(term, node);
    if (this.highestCommitTerm >= term) return;
    for (const [index, committedTerm] of this.committed) {
      const place = index as LogIndex;
      const isThere = index <= log.baseIndex || log.termAt(place) === committedTerm;
      const what = `${node} leads ${term} without ${index}/${committedTerm}`;
      check(isThere, `leader completeness: ${what}, which is committed`);
    }
  }

  /** What is committed is on the disks of a quorum first, and never changes. */
  private lookAtCommits(
    node: NodeId,
    state: Readonly<RaftState>,
    known: LogIndex,
    hasLed: boolean,
  ): void {
    const { log, commitIndex } = state;
    for (let index = Math.max(known, log.baseIndex) + 1; index <= commitIndex; index++) {
      const term = log.termAt(index as LogIndex);
      if (term === undefined) continue;
      const at = `${node} commits ${index}/${term} in ${state.term}`;
      const committed = this.committed.get(index);
      if (committed !== undefined) {
        check(committed === term, `committed never lost: ${at}, it was term ${committed}`);
        continue;
      }
      const isFirst = hasLed || !this.isSeenLeading(state.term);
      check(isFirst, `leaders commit first: ${at} as the first, and does not lead`);
      this.lookAtQuorum(state, index as LogIndex, term, at);
      this.committed.set(index, term);
      this.highestCommitted = Math.max(this.highestCommitted, index);
      this.highestCommitTerm = Math.max(this.highestCommitTerm, state.term);
    }
  }

  private lookAtQuorum(state: Readonly<RaftState>, index: LogIndex, term: Term, at: string): void {
    const { configuration } = state.log.configurations.latest;
    for (const voters of [configuration.voters, configuration.outgoing]) {
      const holders = voters.filter((voter) => this.mirrors.get(voter)?.holds(index, term));
      const isShort = voters.length > 0 && holders.length * 2 <= voters.length;
      const down = voters.filter((voter) => !holders.includes(voter) && !this.running.has(voter));
      const who = `${holders.join(' ') || 'none'} of ${voters.join(' ')}`;
      const isPossible = !isShort || (holders.length + down.length) * 2 > voters.length;
      check(isPossible, `durable on a quorum: ${at}, which is on the disks of ${who}`);
      // Where one node alone decides it, that node is asked when it is back.
      const [only] = down;
      if (!isShort || only === undefined || down.length > 1) continue;
      this.presumed.set(only, [...(this.presumed.get(only) ?? []), { index, term }]);
    }
  }

  /** Whether the leader of `term` runs and still leads: then its commits were seen. */
  private isSeenLeading(term: Term): boolean {
    const leader = this.leaders.get(term);
    const state = leader && this.running.get(leader)?.state;
    return state?.role.type === 'leader' && state.term === term;
  }

  /** State machines take in what is handed over, in order; those as far have the same state. */
  private lookAtMachine(
    node: NodeId,
    { applyingIndex }: Readonly<RaftState>,
    { lastIndex, appliedCount, digest }: WatchedNode['machine'],
    last: Sight | undefined,
  ): void {
    const before = last?.machine;
    if (before !== undefined) {
      const isOnward = lastIndex >= before.lastIndex && appliedCount >= before.appliedCount;
      const from = `${before.lastIndex} with ${before.appliedCount} commands`;
      check(isOnward, `applied: ${node} goes from ${from} to ${lastIndex} with ${appliedCount}`);
    }
    const isGiven = lastIndex <= applyingIndex;
    check(isGiven, `applied: ${node} has taken in ${lastIndex}, handed over is ${applyingIndex}`);
    const known = this.machines.get(lastIndex);
    if (known === undefined) {
      this.machines.set(lastIndex, { appliedCount, digest });
      return;
    }
    const isSame = known.appliedCount === appliedCount && known.digest === digest;
    const what = `${node} at ${lastIndex} has ${appliedCount} commands, ${known.appliedCount}`;
    check(isSame, `state-machine safety: ${what} before, or others`);
  }
}

/** Nothing goes back within a life. */
function lookAtOrder(node: NodeId, state: Readonly<RaftState>, last: Sight): void {
  const { term, commitIndex, appliedIndex } = state;
  check(term >= last.term, `term: ${node} goes back from ${last.term} to ${term}`);
  const wasCommit = last.commitIndex;
  check(commitIndex >= wasCommit, `commit: ${node} goes back from ${wasCommit} to ${commitIndex}`);
  const wasApplied = last.appliedIndex;
  check(
    appliedIndex >= wasApplied,
    `applied: ${node} goes back from ${wasApplied} to ${appliedIndex}`,
  );
  const isLawful = appliedIndex <= commitIndex;
  check(isLawful, `applied: ${node} has applied ${appliedIndex}, committed is ${commitIndex}`);
}

function contentOf(entry: Entry): string {
  if (entry.type === 'command') return `command ${entry.data.join()}`;
  return entry.type === 'no-op' ? 'no-op' : words(entry.configuration);
}

function words({ voters, outgoing }: Configuration): string {
  const old = outgoing.length === 0 ? '' : ` from ${outgoing.join('+')}`;
  return `${voters.join('+')}${old}`;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
