/**
 * A client of the durable register: each operation is one or two rounds at a majority.
 *
 * A write asks what there is and writes with a higher stamp; a read writes back what it saw, so
 * that no later read sees less. Source: Attiya, Bar-Noy and Dolev (1995); Lynch and Shvartsman
 * (1997) for many writers.
 */
import type { Operation, Outcome, SubjectClient, Topology } from '@mangrove/experiment';
import type { Host, NodeId } from '@mangrove/host';
import {
  decodeMessage,
  encodeMessage,
  isNewer,
  type Kept,
  type RegisterMessage,
  readValue,
  toKept,
} from './register-message.ts';

/** How long a round waits before it asks again those who are silent, in milliseconds. */
const PATIENCE_MS = 40;

/** What a majority has: the newest, and whether all of it has that. */
interface Seen {
  readonly newest: Kept | undefined;
  readonly isAgreed: boolean;
}

/** A round under way. */
interface Round {
  readonly id: number;
  readonly answers: Map<NodeId, Kept | undefined>;
  /** Called with what a majority has, or with `abandoned` when the next operation begins. */
  readonly end: (outcome: Seen | 'abandoned') => void;
}

/** Opens a client of the replicas in `topology`. */
export async function openRegisterClient(
  host: Host,
  { replicas }: Topology,
): Promise<SubjectClient> {
  for (const { node, address } of replicas) host.messages.addPeer(node, address);
  return new RegisterClient(
    host,
    replicas.map(({ node }) => node),
  );
}

class RegisterClient implements SubjectClient {
  private readonly host: Host;
  private readonly replicas: readonly NodeId[];
  private roundCount = 0;
  private round: Round | undefined;
  /** A write that was given up must not share its stamp with the next one. */
  private stampCount = 0;

  constructor(host: Host, replicas: readonly NodeId[]) {
    this.host = host;
    this.replicas = replicas;
    host.messages.onMessage(({ from, bytes }) => this.take(from, decodeMessage(bytes)));
  }

  async invoke({ f, key = '', value }: Operation): Promise<Outcome> {
    // The driver may have given the operation before this one up.
    this.round?.end('abandoned');
    const seen = await this.ask((id) => ({ type: 'ask', id, key }));
    if (seen === 'abandoned') return { type: 'fail', error: seen };
    const { newest, isAgreed } = seen;
    const toKeep = f === 'write' ? this.stamped(newest, Number(value)) : newest;
    // What a whole majority has already need not be written back.
    if (toKeep !== undefined && (f === 'write' || !isAgreed)) {
      const done = await this.ask((id) => ({ type: 'keep', id, key, kept: toKeep }));
      if (done === 'abandoned') return { type: 'info', error: done };
    }
    if (f === 'write') return { type: 'ok' };
    return { type: 'ok', value: newest === undefined ? null : readValue(newest) };
  }

  private stamped(newest: Kept | undefined, value: number): Kept {
    this.stampCount = Math.max(this.stampCount, newest?.stamp.count ?? 0) + 1;
    return toKept({ count: this.stampCount, writer: this.host.node }, value);
  }

  /** A majority, another one each time. */
  private majority(turn: number): readonly NodeId[] {
    const { length } = this.replicas;
    const rotated = this.replicas.map((_, at) => this.replicas[(at + turn) % length] as NodeId);
    return rotated.slice(0, Math.floor(length / 2) + 1);
  }

  /**
   * Sends a request to a majority, later to all, until a majority has answered; resolves to the
   * newest that it has. Asking no more than are needed leaves no copies that would hide a loss.
   */
  private ask(requestOf: (id: number) => RegisterMessage): Promise<Seen | 'abandoned'> {
    return new Promise((resolve) => {
      this.roundCount += 1;
      const id = this.roundCount;
      const request = encodeMessage(requestOf(id));
      const answers = new Map<NodeId, Kept | undefined>();
      const sendTo = (nodes: readonly NodeId[]) => {
        for (const node of nodes) {
          if (!answers.has(node)) this.host.messages.send(node, request);
        }
      };
      const insist = () => {
        sendTo(this.replicas);
        timer = this.host.timers.after(PATIENCE_MS, insist);
      };
      let timer = this.host.timers.after(PATIENCE_MS, insist);
      const end: Round['end'] = (outcome) => {
        timer.cancel();
        this.round = undefined;
        resolve(outcome);
      };
      this.round = { id, answers, end };
      sendTo(this.majority(id));
    });
  }

  private take(from: NodeId, message: RegisterMessage | undefined): void {
    const { round } = this;
    if (message?.type !== 'have' || round === undefined || message.id !== round.id) return;
    round.answers.set(from, message.kept);
    if (round.answers.size <= this.replicas.length / 2) return;
    let newest: Kept | undefined;
    for (const kept of round.answers.values()) {
      if (kept !== undefined && isNewer(kept, newest)) newest = kept;
    }
    const isNewest = (kept: Kept | undefined) => newest === undefined || !isNewer(newest, kept);
    round.end({ newest, isAgreed: [...round.answers.values()].every(isNewest) });
  }
}
