/**
 * The state of one member: what it remembers between events, and how it begins.
 *
 *                 times out         majority says yes       majority votes
 *     follower ------------> pre-candidate ------> candidate ------> leader
 *        ^                        |                    |                |
 *        +------------------------+--------------------+----------------+
 *             a leader is heard, a higher term is seen, a quorum is out of reach
 */
import type { Incarnation, Instant, NodeId } from '@mangrove/host';
import { assert, NumberMap } from '@mangrove/host';
import type { Effect, HardState, RefusalReason } from './effect.ts';
import type { Entry } from './entry.ts';
import type { RequestId } from './event.ts';
import type { ForwardMemory, Forwards } from './forwarding.ts';
import type { MemberIdentity } from './identity.ts';
import { RaftLog } from './log.ts';
import type { Message } from './message.ts';
import type { RaftOptions } from './options.ts';
import { type LogIndex, NO_TERM, type Term } from './positions.ts';
import type { Progress } from './progress.ts';
import type { PartialSnapshot, SnapshotMetadata } from './snapshot-metadata.ts';

/** A read that waits for its round, on the leader. */
export interface LeaderRead {
  readonly index: LogIndex;
  /** The first round that was not yet sent when the read came in. */
  readonly round: number;
  readonly origin: ReadOrigin;
}

/** Who asked for a read. */
export type ReadOrigin =
  | { readonly type: 'local'; readonly id: RequestId }
  | { readonly type: 'peer'; readonly node: NodeId; readonly context: string };

/** A hand-over of leadership. */
export interface Transfer {
  readonly id: RequestId;
  readonly target: NodeId;
  readonly untilMs: number;
  /** The target has the whole log and was told to campaign. */
  isTold: boolean;
}

/** What only a leader has; it is thrown away when it steps down. */
export interface Leadership {
  readonly type: 'leader';
  readonly progress: Map<NodeId, Progress>;
  /** The index of its no-op: it may not read or change members before that is committed. */
  readonly firstIndex: LogIndex;
  /** The last heartbeat round that was sent; rounds count from 1. */
  round: number;
  /** When each of the last rounds was sent, at `round % ROUNDS_KEPT`. */
  readonly roundSentAt: number[];
  heartbeatAt: number;
  /** When it last had something to do. */
  busyAt: number;
  /** When followers are told of a commit that no append has told them of; infinite without one. */
  noticeAt: number;
  uncommittedBytes: number;
  /** The index of the configuration that `progress` was made for. */
  progressIndex: LogIndex;
  /** The index of the configuration that has all that is known of its members; 0 for none. */
  boundIndex: LogIndex;
  /** What became of proposals that other members handed over. */
  readonly forwarded: Map<NodeId, ForwardMemory>;
  /** Reads from before the first commit of the term. */
  earlyReads: ReadOrigin[];
  /** Reads that wait for a round, oldest first. */
  reads: LeaderRead[];
  transfer: Transfer | undefined;
  /** When the next chunk of a snapshot may leave. */
  chunkAt: number;
  /** Someone was told to campaign: from then on this term has no lease. */
  hasHandedOver: boolean;
}

/** What a member is. */
export type Role =
  | { readonly type: 'follower' }
  | { readonly type: 'pre-candidate'; readonly votes: Map<NodeId, boolean> }
  | { readonly type: 'candidate'; readonly votes: Map<NodeId, boolean> }
  | Leadership;

/** A write that was asked for and is not done. */
export interface PendingWrite {
  readonly sequence: number;
  readonly askedAt: number;
  /** Up to here the log on disk is the log in memory once it is done. Truncation lowers it. */
  upToIndex: LogIndex;
  readonly snapshot: SnapshotMetadata | undefined;
}

/** A message of this step that has not left. */
export interface ProducedMessage {
  readonly message: Message;
  /** What must be durable before it leaves: the term and vote, or all that was written. */
  readonly waitsFor: 'term' | 'log';
}

/** A message that waits for a write. */
export interface DeferredMessage {
  readonly message: Message;
  readonly sequence: number;
}

/** A proposal that stands in the log and whose outcome is owed. */
export interface OwedProposal {
  /** Missing where another member is who waits for it. */
  readonly id: RequestId | undefined;
  readonly term: Term;
  readonly sizeBytes: number;
}

/** Reads of a member that does not lead. */
export interface FollowerReads {
  waiting: RequestId[];
  /** The request under way, and the reads that it is for. */
  asked:
    | {
        readonly context: string;
        readonly ids: RequestId[];
        readonly askedAt: number;
        /** After so long without an answer the same is asked once more. */
        readonly retryMs: number;
      }
    | undefined;
  contextCount: number;
}

/** A read whose index is known and not yet applied. */
export interface IndexedRead {
  readonly id: RequestId;
  readonly index: LogIndex;
}

/** A snapshot that a leader is bringing. 0 <= offset <= image.sizeBytes */
export interface IncomingSnapshot extends PartialSnapshot {
  offset: number;
  /** What it says of itself; after a restart, not known until it is sent again. */
  snapshot: SnapshotMetadata | undefined;
  /** A part of it is being written. */
  isWriting: boolean;
  /** The newest term in which it was sent; `NO_TERM` where that was in a former life. */
  sentInTerm: Term;
}

/** A member. Only `step` writes to it. */
export interface RaftState {
  readonly self: NodeId;
  readonly incarnation: Incarnation;
  readonly options: RaftOptions;
  readonly log: RaftLog;
  /** Who this member is; `undefined` where whoever runs the core keeps no stores apart. */
  readonly identity: MemberIdentity | undefined;
  /** All other founders know our store: no other one can vote in our name. */
  isSworn: boolean;
  /** Who the peers are that were let in. */
  readonly peers: Map<NodeId, MemberIdentity>;
  now: Instant;
  /** What the next wait is drawn from: the newest that an event brought, or one after it. */
  random: number;

  term: Term;
  votedFor: NodeId | undefined;
  role: Role;
  leader: NodeId | undefined;
  /** Nothing happens in the group: no heartbeats are sent, and none are waited for. */
  isAsleep: boolean;
  /** When to campaign, while not leading. */
  electionAt: number;
  /** Until when other candidates are refused for the sake of the leader that was heard. */
  loyalUntil: number;

  // appliedIndex <= applyingIndex <= commitIndex <= log.lastIndex
  commitIndex: LogIndex;
  /** Handed to the state machine. */
  applyingIndex: LogIndex;
  /** Taken in by the state machine. */
  appliedIndex: LogIndex;
  /** The state machine is becoming that of a snapshot: what it shows is of no time. */
  isRestoring: boolean;
  /** The newest snapshot on disk. */
  snapshot: SnapshotMetadata;
  /** The snapshot that is arriving, a part of it. */
  incoming: IncomingSnapshot | undefined;
  /** The snapshot that is taking the place of the log and is not durable yet. */
  installing: SnapshotMetadata | undefined;
  /** Up to here the log is not needed by this member itself. */
  compactIndex: LogIndex;
  /** Snapshots before that of this index are forgotten. */
  oldestSnapshotIndex: LogIndex;

  /** The last write that was asked for, the one that holds term and vote, and the last done. */
  writtenSequence: number;
  hardStateSequence: number;
  durableSequence: number;
  isHardStateDirty: boolean;
  writes: PendingWrite[];
  /** What is to be written waits for room. */
  isDiskFull: boolean;
  deferred: DeferredMessage[];

  readonly proposals: NumberMap<LogIndex, OwedProposal>;
  /** A change of members whose begin is committed, and whose end is owed. */
  halfDone: RequestId | undefined;
  readonly forwards: Forwards;
  readonly followerReads: FollowerReads;
  indexedReads: IndexedRead[];
  /** A hand-over whose outcome shows when the next leader is heard. */
  leavingTransfer: Transfer | undefined;

  // What this step has produced so far.
  effects: Effect[];
  produced: ProducedMessage[];
}

/** What a member finds on its disk; where that is empty, how it begins. */
export interface Recovered {
  readonly hardState: HardState;
  /** The newest snapshot; `foundingSnapshot` or `blankSnapshot` where there is none. */
  readonly snapshot: SnapshotMetadata;
  /** What the log has behind the snapshot, without a gap. */
  readonly entries: readonly Entry[];
  /** What had arrived of a snapshot of the leader's. */
  readonly incoming?: PartialSnapshot | undefined;
}

/** How many heartbeat rounds back a leader knows when they were sent. */
export const ROUNDS_KEPT = 64;

/**
 * A member at the start of a life. It may have promised its vote to a leader in the life before, so
 * it refuses candidates for one election timeout: a lease may rest on that promise.
 */
export function createRaft(start: {
  readonly self: NodeId;
  readonly incarnation: Incarnation;
  readonly options: RaftOptions;
  readonly recovered: Recovered;
  readonly now: Instant;
  readonly random: number;
  readonly identity?: MemberIdentity;
}): RaftState {
  const { self, incarnation, options, now, random, identity } = start;
  const { hardState, snapshot, entries, incoming } = start.recovered;
  const log = new RaftLog(snapshot, options.cacheBytesMax);
  log.append(entries);
  log.takeUnwritten();
  log.markStable(log.lastIndex);
  assert(
    log.lastTerm <= hardState.term,
    `${self} recovered term ${hardState.term}, but its log ends in term ${log.lastTerm}`,
  );
  return {
    self,
    incarnation,
    options,
    log,
    identity,
    isSworn: false,
    peers: new Map(),
    now,
    random,
    term: hardState.term,
    votedFor: hardState.votedFor,
    role: { type: 'follower' },
    leader: undefined,
    isAsleep: false,
    electionAt: isNewAndAlone(start) ? now : now + electionWaitMs(options, random),
    loyalUntil: now + options.electionTimeoutMs,
    commitIndex: snapshot.index,
    applyingIndex: snapshot.index,
    appliedIndex: snapshot.index,
    isRestoring: false,
    snapshot,
    incoming: toIncoming(incoming),
    installing: undefined,
    compactIndex: snapshot.index,
    oldestSnapshotIndex: snapshot.index,
    writtenSequence: 0,
    hardStateSequence: 0,
    durableSequence: 0,
    isHardStateDirty: false,
    writes: [],
    isDiskFull: false,
    deferred: [],
    proposals: new NumberMap(),
    halfDone: undefined,
    forwards: { open: new Map(), last: 0, sizeBytes: 0, retryAt: Number.POSITIVE_INFINITY },
    followerReads: { waiting: [], asked: undefined, contextCount: 0 },
    indexedReads: [],
    leavingTransfer: undefined,
    effects: [],
    produced: [],
  };
}

/**
 * Whether the member is the only founder and has done nothing yet, so that it waits for nobody. One
 * that is alone later may have been left so by a leader whose lease rests on its promise.
 */
function isNewAndAlone({
  self,
  recovered: { snapshot, hardState, entries },
}: {
  readonly self: NodeId;
  readonly recovered: Recovered;
}): boolean {
  const { voters } = snapshot.configuration;
  const isNew = snapshot.index === 1 && hardState.term === snapshot.term && entries.length === 0;
  return isNew && hardState.votedFor === undefined && voters.length === 1 && voters[0] === self;
}

function toIncoming(partial: PartialSnapshot | undefined): IncomingSnapshot | undefined {
  if (partial === undefined) return undefined;
  return { ...partial, snapshot: undefined, isWriting: false, sentInTerm: NO_TERM };
}

/** The wait before an election that `random` (32 bits) chooses: one to two election timeouts. */
export function electionWaitMs(options: RaftOptions, random: number): number {
  return options.electionTimeoutMs + (random % options.electionTimeoutMs);
}

/** The random number after `random`, both of 32 bits. Source: Marsaglia, Xorshift RNGs (2003). */
export function randomAfter(random: number): number {
  let next = random ^ (random << 13);
  next ^= next >>> 17;
  next ^= next << 5;
  return next >>> 0;
}

/** Owes nobody an answer to `id` any more: it was refused. */
export function refuse(
  state: RaftState,
  id: RequestId,
  reason: RefusalReason,
  isDefinite: boolean,
): void {
  state.effects.push({ type: 'refused', id, reason, isDefinite, leader: state.leader });
}
