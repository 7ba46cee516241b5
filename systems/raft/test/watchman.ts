/**
 * The invariants of Raft (figure 3), checked at every event of every member.
 *
 * It sees all machines at once, their disks included, and keeps what was ever committed.
 */
import type { NodeId } from '@mangrove/host';
import type { Effect, Entry, Message, RaftState, SnapshotMetadata, Term } from '../src/index.ts';
import { haveDisjointQuorums } from '../src/subject/disjoint-quorums.ts';
import { QuorumsInForce } from '../src/subject/quorums-in-force.ts';
import { ContactWatch } from './contact-watch.ts';
import { check, hashAfter, type Machine } from './machine.ts';

/** What stands at a place of the log, wherever it stands. */
interface Place {
  readonly previousTerm: Term | undefined;
  readonly hash: number;
}

/** What is committed at an index. */
interface Committed {
  readonly term: Term;
  /** The lowest term in which a leader is known to have committed it. */
  readonly inTerm: Term;
}

/** What a member looked like before the event. */
interface Before {
  readonly incarnation: number;
  readonly term: Term;
  readonly isLeader: boolean;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly configurationIndex: number;
}

/** Beyond any index of a run: with it a place is one number. */
const INDEXES_MAX = 2 ** 32;

/** Watches all machines of a run. */
export class Watchman {
  /** The highest index whose commit, or effect, a client has seen. */
  seenIndex = 0;
  committedCount = 0;
  electionCount = 0;
  private readonly machines: ReadonlyMap<NodeId, Machine>;
  private readonly leaders = new Map<Term, NodeId>();
  private readonly places = new Map<number, Place>();
  private readonly committed = new Map<number, Committed>();
  private highestCommitted = 0;
  /** The state machine's hash behind each index. */
  private readonly hashes = new Map<number, number>([
    [0, 0],
    [1, 0],
  ]);
  private readonly before = new Map<NodeId, Before>();
  private readonly refusedForGood = new Set<number>();
  /** Where the entry of each proposal stands. */
  private readonly appliedAt = new Map<number, number>();
  private readonly reported = new Set<number>();
  private readonly proposed = new Map<number, Uint8Array>();
  private readonly readFloors = new Map<number, number>();
  private readonly quorums = new QuorumsInForce();
  private readonly contacts = new ContactWatch();

  constructor(machines: ReadonlyMap<NodeId, Machine>) {
    this.machines = machines;
  }

  /** A client proposes `data`, or begins a read. */
  began(id: number, data?: Uint8Array): void {
    if (data === undefined) this.readFloors.set(id, this.seenIndex);
    else this.proposed.set(id, data);
  }

  /** Looks at `machine` after an event, and at what it wants done; `heard` came with the event. */
  look(machine: Machine, state: RaftState, effects: readonly Effect[], heard?: Message): void {
    const before = this.before.get(machine.node);
    const isLeader = state.role.type === 'leader';
    if (before !== undefined && before.incarnation === machine.incarnation) {
      lookAtOrder(state, before);
      if (before.isLeader && isLeader && before.term === state.term) {
        lookAtAppends(state, before, effects);
      }
    }
    if (isLeader && !(before?.isLeader && before.term === state.term)) this.lookAtLeader(state);
    const known = before?.incarnation === machine.incarnation ? before.commitIndex : 0;
    // A leader that was removed commits that and steps down in one step.
    const hasLed = isLeader || (before?.isLeader === true && before.term === state.term);
    this.lookAtCommit(state, known, hasLed);
    if (isLeader && before?.isLeader === true && state.commitIndex > before.commitIndex) {
      const { term, commitIndex, log } = state;
      const at = () => `${machine.node} leads ${term} and commits ${commitIndex}`;
      check(log.termAt(commitIndex) === term, () => `${at()}, of term ${log.termAt(commitIndex)}`);
    }
    // What is acknowledged is looked at once it is known what is committed.
    for (const effect of effects) this.lookAtEffect(machine, state, effect);
    lookAtOwnVote(machine, state);
    lookAtConfiguration(state, before);
    this.contacts.look(state, heard);
    this.lookAtQuorums(state);
    this.before.set(machine.node, {
      incarnation: machine.incarnation,
      term: state.term,
      isLeader,
      lastIndex: state.log.lastIndex,
      commitIndex: state.commitIndex,
      appliedIndex: state.appliedIndex,
      configurationIndex: state.log.configurations.latest.index,
    });
  }

  /** Any two quorums in force meet. */
  private lookAtQuorums(state: RaftState): void {
    const members: RaftState[] = [];
    for (const machine of this.machines.values()) if (machine.state) members.push(machine.state);
    const rival = this.quorums.rivalOf(state, members);
    check(
      rival === undefined,
      () => `${state.self} and ${rival?.self} could lead by quorums that do not meet`,
    );
  }

  /** Whether a proposal was reported as committed. */
  hasCommitted(id: number): boolean {
    return this.reported.has(id);
  }

  /** A state machine has taken in `entry`. */
  applied(machine: Machine, entry: Entry): void {
    const at = () => `${machine.node} applies ${entry.index}/${entry.term}`;
    check(entry.index === machine.machineIndex + 1, () => `${at()} after ${machine.machineIndex}`);
    const committed = this.committed.get(entry.index);
    check(committed?.term === entry.term, () => `${at()}, committed is term ${committed?.term}`);
    machine.machineIndex = entry.index;
    machine.machineHash = hashAfter(machine.machineHash, entry);
    this.lookAtHash(machine);
    if (entry.type !== 'command') return;
    const id = idOf(entry.data);
    if (!this.proposed.has(id)) return;
    check(!this.refusedForGood.has(id), () => `${at()}: proposal ${id} was refused for good`);
    const known = this.appliedAt.get(id);
    const isOnce = known === undefined || known === entry.index;
    check(isOnce, () => `${at()}: proposal ${id} stands at ${known} too`);
    this.appliedAt.set(id, entry.index);
  }

  /** A state machine is made that of a snapshot: it never goes back. */
  restored(machine: Machine, { index }: SnapshotMetadata): void {
    const { node, machineIndex } = machine;
    check(index > machineIndex, () => `${node} restores ${index}, and has applied ${machineIndex}`);
    machine.machineIndex = index;
    machine.machineHash = machine.platter.snapshotHash;
    this.lookAtHash(machine);
  }

  private lookAtHash({ node, machineIndex, machineHash }: Machine): void {
    const known = this.hashes.get(machineIndex);
    if (known === undefined) this.hashes.set(machineIndex, machineHash);
    else check(known === machineHash, () => `the state of ${node} differs at ${machineIndex}`);
  }

  private lookAtEffect(machine: Machine, state: RaftState, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        for (const entry of effect.entries) this.lookAtEntry(state, entry);
        return;
      case 'send':
        this.lookAtMessage(machine, effect.message);
        return;
      case 'committed':
        this.lookAtAcknowledgement(state, effect);
        return;
      case 'refused':
        if (effect.isDefinite) this.lookAtRefusal(state, effect.id);
        return;
      case 'read-ready': {
        const floor = this.readFloors.get(effect.id) ?? 0;
        const { machineIndex, node } = machine;
        check(
          machineIndex >= floor && machineIndex >= effect.index,
          () =>
            `stale read of ${node}: at ${machineIndex}, index ${effect.index}, ${floor} was seen`,
        );
        this.seenIndex = Math.max(this.seenIndex, machineIndex);
        return;
      }
      default:
        return;
    }
  }

  /** What is told to be committed is, and is what was proposed. */
  private lookAtAcknowledgement(
    { self, log }: RaftState,
    { id, index }: Extract<Effect, { type: 'committed' }>,
  ): void {
    const term = log.termAt(index);
    const committed = this.committed.get(index);
    const at = () => `${self} acknowledges ${id} at ${index}/${term}`;
    check(committed !== undefined, () => `${at()}, and nothing is committed there`);
    check(committed.term === term, () => `${at()}, committed is term ${committed.term}`);
    this.reported.add(id);
    const data = this.proposed.get(id);
    if (data === undefined) return;
    const hash = hashAfter(0, { type: 'command', index, term: committed.term, data });
    const place = this.places.get(placeOf(index, committed.term));
    check(place?.hash === hash, () => `${at()}, where another command stands`);
    this.seenIndex = Math.max(this.seenIndex, index);
  }

  /** What is refused for good was not applied, and never will be. */
  private lookAtRefusal({ self }: RaftState, id: number): void {
    const index = this.appliedAt.get(id);
    check(index === undefined, () => `${self} refuses ${id} for good, and it stands at ${index}`);
    this.refusedForGood.add(id);
  }

  /** Log matching: what stands at (index, term) is the same everywhere, and so is what precedes. */
  private lookAtEntry(state: RaftState, entry: Entry): void {
    const previousTerm = state.log.termAt((entry.index - 1) as Entry['index']);
    const hash = hashAfter(0, entry);
    const key = placeOf(entry.index, entry.term);
    const known = this.places.get(key);
    if (known === undefined) this.places.set(key, { previousTerm, hash });
    else {
      const isSame = known.hash === hash && known.previousTerm === previousTerm;
      check(isSame, () => `logs do not match at ${entry.index}/${entry.term} on ${state.self}`);
    }
  }

  /** Nothing is said that is not durable. */
  private lookAtMessage(
    machine: Machine,
    message: Extract<Effect, { type: 'send' }>['message'],
  ): void {
    const { hardState } = machine.platter;
    const who = () => `${machine.node} says ${message.type} of term ${message.term}`;
    if (message.type === 'request-pre-vote' || message.type === 'pre-vote-response') return;
    check(hardState.term >= message.term, () => `${who()}, durable is ${hardState.term}`);
    if (message.type === 'vote-response' && message.isGranted && hardState.term === message.term) {
      check(
        hardState.votedFor === message.to,
        () => `${who()} to ${message.to}, voted ${hardState.votedFor}`,
      );
    }
    if (message.type === 'append-accepted' && hardState.term === message.term) {
      const isHeld =
        message.index <= machine.platter.snapshot.index ||
        machine.durableTermAt(message.index) !== undefined;
      check(isHeld, () => `${who()}: ${message.index} is not durable`);
    }
  }

  /** Election safety and leader completeness. */
  private lookAtLeader(state: RaftState): void {
    const other = this.leaders.get(state.term);
    check(other === undefined, () => `${state.self} and ${other} lead term ${state.term}`);
    this.leaders.set(state.term, state.self);
    this.electionCount += 1;
    const newest = this.committed.get(this.highestCommitted);
    if (newest === undefined || newest.inTerm >= state.term) return;
    const index = this.highestCommitted as Entry['index'];
    const isThere = index < state.log.baseIndex || state.log.termAt(index) === newest.term;
    check(
      isThere,
      () => `${state.self} leads ${state.term} without committed ${index}/${newest.term}`,
    );
  }

  /** What is committed stays so, and was durable on a quorum when a leader said so first. */
  private lookAtCommit(state: RaftState, known: number, hasLed: boolean): void {
    for (
      let index = Math.max(known, state.log.baseIndex) + 1;
      index <= state.commitIndex;
      index++
    ) {
      const term = state.log.termAt(index as Entry['index']);
      if (term === undefined) continue;
      const committed = this.committed.get(index);
      const at = () => `${state.self} commits ${index}/${term} in ${state.term}`;
      if (committed !== undefined) {
        check(committed.term === term, () => `${at()}, before it was term ${committed.term}`);
        continue;
      }
      check(hasLed, () => `${at()} as the first, and does not lead`);
      this.committed.set(index, { term, inTerm: state.term });
      this.committedCount += 1;
      this.highestCommitted = Math.max(this.highestCommitted, index);
      this.lookAtQuorum(state, index, term, at);
    }
  }

  private lookAtQuorum(state: RaftState, index: number, term: Term, at: () => string): void {
    const { configuration } = state.log.configurations.latest;
    for (const voters of [configuration.voters, configuration.outgoing]) {
      const holders = voters.filter((voter) => this.machines.get(voter)?.holds(index, term));
      const isQuorum = voters.length === 0 || holders.length * 2 > voters.length;
      check(isQuorum, () => `${at()}, durable only on ${holders.join(' ')} of ${voters.join(' ')}`);
    }
  }
}

/** Nothing goes back within a life, and nothing is applied that is not committed. */
function lookAtOrder(state: RaftState, before: Before): void {
  const who = () => `${state.self} in ${state.term}`;
  check(state.term >= before.term, () => `${who()}: term goes back from ${before.term}`);
  check(state.commitIndex >= before.commitIndex, () => `${who()}: commit goes back`);
  check(state.appliedIndex >= before.appliedIndex, () => `${who()}: applied goes back`);
  const { applyingIndex, commitIndex } = state;
  const isLawful = applyingIndex <= commitIndex;
  check(isLawful, () => `${who()}: applies ${applyingIndex}, committed is ${commitIndex}`);
}

/** A leader writes behind the end of its log, and nowhere else. */
function lookAtAppends(state: RaftState, before: Before, effects: readonly Effect[]): void {
  const who = () => `${state.self} leads ${state.term}, its log ends at ${before.lastIndex}`;
  const { lastIndex } = state.log;
  check(lastIndex >= before.lastIndex, () => `${who()}: a leader truncates to ${lastIndex}`);
  for (const effect of effects) {
    if (effect.type !== 'persist') continue;
    check(
      effect.snapshot === undefined,
      () => `${who()}: a leader's log makes room for a snapshot`,
    );
    for (const { index } of effect.entries) {
      check(index > before.lastIndex, () => `${who()}: a leader overwrites ${index}`);
    }
  }
}

/** A candidate counts its own vote only once that is durable. */
function lookAtOwnVote({ node, platter }: Machine, { role, term }: RaftState): void {
  if (role.type !== 'candidate' || !role.votes.has(node)) return;
  const { hardState } = platter;
  const isDurable = hardState.term === term && hardState.votedFor === node;
  check(isDurable, () => `${node} counts its own vote in ${term}, durable is ${hardState.term}`);
}

/** What is in force is in the log; quorums of configurations that follow each other meet. */
function lookAtConfiguration(state: RaftState, before: Before | undefined): void {
  const { log, self, term, role, snapshot } = state;
  const { latest, previous } = log.configurations;
  const { index } = latest;
  check(
    index <= log.lastIndex,
    () => `${self} goes by the members at ${index} of ${log.lastIndex}`,
  );
  const named = snapshot.configurationIndex;
  check(named <= snapshot.index, () => `${self} has a snapshot at ${snapshot.index} of ${named}`);
  if (index === before?.configurationIndex || previous === undefined) return;
  // A node that joins begins without a configuration: it decides nothing.
  if (previous.configuration.voters.length === 0) return;
  const isMeeting = !haveDisjointQuorums(previous.configuration, latest.configuration);
  check(isMeeting, () => `${self}: members at ${previous.index} and ${index} need not meet`);
  if (role.type !== 'leader' || log.termAt(index) !== term) return;
  const change = () => `${self} changes members at ${index} in ${term}`;
  check(
    previous.index <= state.commitIndex,
    () => `${change()}, and ${previous.index} is not committed`,
  );
  check(role.firstIndex <= state.commitIndex, () => `${change()} before its first commit`);
}

/** A place of the log as one number. */
function placeOf(index: number, term: Term): number {
  return term * INDEXES_MAX + index;
}

/** A proposal that tells itself apart from all others. */
export function dataOf(id: number): Uint8Array {
  return new Uint8Array([id & 0xff, (id >> 8) & 0xff, (id >> 16) & 0xff]);
}

/** The id in `dataOf`. */
export function idOf(data: Uint8Array): number {
  return (data[0] ?? 0) | ((data[1] ?? 0) << 8) | ((data[2] ?? 0) << 16);
}
