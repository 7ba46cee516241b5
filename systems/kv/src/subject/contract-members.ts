/**
 * The members as the contract's client sees them: a line to each, opened when it is needed, and
 * requests that are sent until one is answered or their turn is over.
 */
import { type Host, type NodeId, StreamError } from '@mangrove/host';
import type { ReadConsistency } from '../core/consistency.ts';
import type { KvReply, KvRequest, SessionPlace } from '../core/kv-request.ts';
import type { Operation } from '../core/request.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';
import { ContractLine, type LineListener } from './contract-line.ts';

/** How long it waits before it asks the next one, in milliseconds. */
const PAUSE_MS = 20;

const SILENT: LineListener = { onWatch: () => {}, onLost: () => {} };

/** A reply that says that it is done. */
export type Done = Extract<KvReply, { readonly type: 'done' }>;

/** Why there is no such reply: `isDefinite` says that nothing happened and nothing will. */
export interface Refused {
  readonly type: 'refused';
  readonly code: string;
  readonly isDefinite: boolean;
  /** The oldest revision that can be read, where the code is `compacted`. */
  readonly compactRevision: Revision;
}

/** Lines to all members. */
export class ContractMembers {
  readonly nodes: readonly NodeId[];
  private readonly host: Host;
  private readonly addressOf: (node: NodeId) => string;
  private readonly home: number;
  private readonly patienceMs: number;
  private readonly lines = new Map<NodeId, ContractLine>();
  private leader: NodeId | undefined;
  private seen = 0;
  private session: number | undefined;
  private sequence = 0;
  private turns = 0;

  constructor(
    host: Host,
    nodes: readonly NodeId[],
    how: {
      readonly addressOf: (node: NodeId) => string;
      /** Which of the nodes it reads from first. */
      readonly home: number;
      /** How long it waits for a member, in milliseconds. */
      readonly patienceMs: number;
    },
  ) {
    this.host = host;
    this.nodes = nodes;
    this.addressOf = how.addressOf;
    this.home = how.home;
    this.patienceMs = how.patienceMs;
  }

  /** The latest revision that it was told of: its token for reads of its session. */
  get token(): Revision {
    return this.seen as Revision;
  }

  /** Begins a turn; whatever a former turn still asks ends. */
  begin(): number {
    this.turns += 1;
    return this.turns;
  }

  /** Whether `turn` is the one that goes on. */
  isCurrent(turn: number): boolean {
    return turn === this.turns;
  }

  /** The member that is asked first, `skip` places on. */
  homeNode(skip = 0): NodeId {
    return this.nodes[(this.home + skip) % this.nodes.length] as NodeId;
  }

  /** Reads by `consistency` at one member after the other, its own first. */
  async read(
    turn: number,
    operation: Operation,
    consistency: ReadConsistency = { type: 'linearizable' },
  ): Promise<Done | Refused> {
    const request: KvRequest = { type: 'operation', operation, consistency, place: undefined };
    for (let attempt = 0; this.isCurrent(turn); attempt += 1) {
      const reply = await this.ask(this.homeNode(attempt), request);
      if (reply?.type === 'done') return this.note(reply);
      if (reply !== undefined && FINAL.has(reply.code)) {
        return refused(reply.code, true, reply.compactRevision);
      }
      await this.host.timers.sleep(PAUSE_MS);
    }
    return refused('abandoned', true);
  }

  /** Asks `node` once; `undefined` where it does not answer in time. */
  async ask(node: NodeId, request: KvRequest): Promise<KvReply | undefined> {
    const line = await this.lineTo(node);
    if (line === undefined) return undefined;
    return new Promise((resolve) => {
      // Whoever does not answer is left: what waits on its line would be lost to others too.
      const timer = this.host.timers.after(this.patienceMs, () => {
        line.close();
        resolve(undefined);
      });
      this.host.run(async () => {
        const reply = await line.ask(request);
        timer.cancel();
        resolve(reply);
      });
    });
  }

  /**
   * Asks for a change that may be asked for once only: of `first`, or of the leader, where it is
   * known. What is refused for sure is tried again; what is not answered is not.
   */
  async changeOnce(turn: number, request: KvRequest, first?: NodeId): Promise<Done | Refused> {
    for (let attempt = 0; this.isCurrent(turn); attempt += 1) {
      const node = attempt === 0 ? first : undefined;
      const reply = await this.ask(node ?? this.leader ?? this.homeNode(attempt), request);
      if (reply === undefined) {
        this.leader = undefined;
        return refused('no answer', false);
      }
      if (reply.type === 'done') return this.note(reply);
      this.leader = reply.leader;
      const isFinal = FINAL.has(reply.code) || reply.code === 'no-space';
      if (!reply.isDefinite || isFinal) return refused(reply.code, reply.isDefinite);
      await this.host.timers.sleep(PAUSE_MS);
    }
    return refused('abandoned', true);
  }

  /** Does `operation` in a session, so that it may be asked for again and again, of anybody. */
  async change(turn: number, operation: Operation): Promise<Done | Refused> {
    const session = await this.openSession(turn);
    if (session === undefined) return refused('abandoned', true);
    this.sequence += 1;
    const place: SessionPlace = { session, sequence: this.sequence };
    const consistency: ReadConsistency = { type: 'linearizable' };
    const request: KvRequest = { type: 'operation', operation, consistency, place };
    for (let attempt = 0; this.isCurrent(turn); attempt += 1) {
      const reply = await this.ask(this.leader ?? this.homeNode(attempt), request);
      if (reply?.type === 'done') return this.note(reply);
      if (reply !== undefined && LOST.has(reply.code)) {
        this.session = undefined;
        return refused(reply.code, false);
      }
      // What the store refuses in the order of its log is decided; what a member refuses is not,
      // where an earlier attempt may be on its way.
      if (reply !== undefined && FINAL.has(reply.code) && reply.isDefinite) {
        return refused(reply.code, true);
      }
      this.leader = reply?.leader;
      await this.host.timers.sleep(PAUSE_MS);
    }
    return refused('abandoned', false);
  }

  /** Opens a line of its own to `node`; `undefined` where that does not succeed in time. */
  async openLine(node: NodeId, listener: LineListener): Promise<ContractLine | undefined> {
    const giveUp = new AbortController();
    const timer = this.host.timers.after(this.patienceMs, () => giveUp.abort(TOO_LATE));
    try {
      return await ContractLine.open(this.host, this.addressOf(node), listener, giveUp.signal);
    } catch (error) {
      if (error === TOO_LATE || error instanceof StreamError) return undefined;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  private async openSession(turn: number): Promise<number | undefined> {
    if (this.session !== undefined) return this.session;
    for (let attempt = 0; this.isCurrent(turn); attempt += 1) {
      const node = this.leader ?? this.homeNode(attempt);
      const reply = await this.ask(node, { type: 'open-session' });
      if (reply?.type === 'done' && reply.result.type === 'session' && this.isCurrent(turn)) {
        this.session = reply.result.session;
        this.sequence = 0;
        return this.session;
      }
      this.leader = reply?.type === 'failed' ? reply.leader : undefined;
      await this.host.timers.sleep(PAUSE_MS);
    }
    return undefined;
  }

  private async lineTo(node: NodeId): Promise<ContractLine | undefined> {
    const known = this.lines.get(node);
    if (known !== undefined && !known.isOver) return known;
    const line = await this.openLine(node, SILENT);
    const meanwhile = this.lines.get(node);
    if (meanwhile !== undefined && !meanwhile.isOver) {
      line?.close();
      return meanwhile;
    }
    if (line !== undefined) this.lines.set(node, line);
    return line;
  }

  private note(reply: Done): Done {
    this.seen = Math.max(this.seen, reply.header.revision);
    return reply;
  }
}

/** What asking again does not mend. */
const FINAL: ReadonlySet<string> = new Set([
  ...['key-not-found', 'lease-not-found', 'lease-exists', 'compacted', 'future-revision'],
  ...['duplicate-key', 'too-many-operations', 'empty-key', 'bad-request', 'too-stale'],
]);

/** Answers of a session that does not know any more what came of a change. */
const LOST: ReadonlySet<string> = new Set(['session-expired', 'superseded', 'result-lost']);

const TOO_LATE = Object.freeze({ reason: 'no line in time' });

function refused(
  code: string,
  isDefinite: boolean,
  compactRevision: Revision = NO_REVISION,
): Refused {
  return { type: 'refused', code, isDefinite, compactRevision };
}
