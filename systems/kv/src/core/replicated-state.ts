/**
 * The state that all members hold alike: the store, the sessions in which changes are applied once,
 * alarms, and where clients reach members.
 */
import type { NodeId } from '@mangrove/host';
import { AlarmTable } from './alarms.ts';
import { applyPut, type Command, type CommandResult, commandWork } from './command.ts';
import type { KvErrorCode } from './kv-error-code.ts';
import type { SessionPlace } from './kv-request.ts';
import type { LogCommand } from './log-command.ts';
import type { Answer } from './request.ts';
import { resultBytes } from './result-bytes.ts';
import type { Revision } from './revision.ts';
import { SessionWindows } from './session-windows.ts';
import { KvStore } from './store.ts';
import { isWork, type Soon, type Work } from './work.ts';

/** What became of a command of the log. */
export type Applied =
  | {
      readonly type: 'done';
      /** Of the store, behind the command. */
      readonly revision: Revision;
      readonly result: CommandResult | { readonly type: 'session'; readonly session: number };
    }
  | {
      readonly type: 'failed';
      readonly revision: Revision;
      readonly code: KvErrorCode;
      /** Whether it did not happen and never will. */
      readonly isDefinite: boolean;
    };

/** The state of one member. */
export class ReplicatedState {
  readonly store: KvStore;
  readonly sessions: SessionWindows<Applied> = new SessionWindows({
    countMax: SESSIONS_MAX,
    bytesMax: ANSWERS_BYTES_MAX,
    bytesOf: answerBytes,
  });
  readonly alarms: AlarmTable = new AlarmTable();
  /** Where clients reach members; some of them may have left. */
  readonly clientAddresses: Map<NodeId, string> = new Map();

  constructor(store: KvStore = new KvStore()) {
    this.store = store;
  }

  /** Takes in the command of the entry at `index` of `term`: a put at once, others in pieces. */
  apply(command: LogCommand, index: number, term: number): Soon<Applied> {
    switch (command.type) {
      case 'open-session':
        this.sessions.open(index);
        return this.done({ type: 'session', session: index });
      case 'change': {
        const { place } = command;
        if (place === undefined) return this.change(command.command, term);
        return this.changeOnce(place, command.command, term);
      }
      case 'raise-alarm':
        this.alarms.raise(command.alarm, command.member);
        return this.done({ type: 'applied' });
      case 'disarm-alarm':
        this.alarms.disarm(command.alarm);
        return this.done({ type: 'applied' });
      case 'announce':
        this.announce(command.member, command.clientAddress);
        return this.done({ type: 'applied' });
      case 'take-digest':
        return this.done({ type: 'applied' });
    }
  }

  private change(command: Command, term: number): Soon<Applied> {
    const alarm = this.alarms.refusalOf(command);
    if (alarm !== undefined) return this.failed(alarm, true);
    if (command.type === 'operation' && command.operation.type === 'put') {
      return this.appliedOf(applyPut(this.store, command.operation));
    }
    return this.changeInPieces(command, term);
  }

  private *changeInPieces(command: Command, term: number): Work<Applied> {
    return this.appliedOf(yield* commandWork(this.store, command, term));
  }

  private changeOnce(place: SessionPlace, command: Command, term: number): Soon<Applied> {
    const outcome = this.sessions.look(place);
    switch (outcome.type) {
      case 'new': {
        const applied = this.change(command, term);
        if (isWork(applied)) return this.rememberLater(place, applied);
        return this.remember(place, applied);
      }
      case 'applied':
        return outcome.answer;
      case 'superseded':
        return this.failed('superseded', false);
      case 'expired':
        // This one was not applied. Who had sent it before does not know of that.
        return this.failed('session-expired', true);
      case 'too-far-ahead':
        return this.failed('too-many-requests', true);
    }
  }

  private *rememberLater(place: SessionPlace, work: Work<Applied>): Work<Applied> {
    return this.remember(place, yield* work);
  }

  private remember(place: SessionPlace, applied: Applied): Applied {
    this.sessions.remember(place, keptOf(applied));
    return applied;
  }

  private announce(member: NodeId, clientAddress: string): void {
    this.clientAddresses.delete(member);
    this.clientAddresses.set(member, clientAddress);
    if (this.clientAddresses.size <= ADDRESSES_MAX) return;
    for (const oldest of this.clientAddresses.keys()) {
      this.clientAddresses.delete(oldest);
      return;
    }
  }

  private done(result: (Applied & { type: 'done' })['result']): Applied {
    return { type: 'done', revision: this.store.revision, result };
  }

  private appliedOf(answer: Answer<CommandResult>): Applied {
    switch (answer.type) {
      case 'done':
        return answer;
      case 'untold':
        return this.failed('answer-too-large', false);
      case 'refused':
        return this.failed(answer.refusal, true);
    }
  }

  private failed(code: KvErrorCode, isDefinite: boolean): Applied {
    return { type: 'failed', revision: this.store.revision, code, isDefinite };
  }
}

/** The most sessions; beyond it the least recently used is closed. */
export const SESSIONS_MAX = 10_000;

/** The most addresses of members, those that left included; beyond it the oldest goes. */
export const ADDRESSES_MAX = 128;

/** The most bytes of results that sessions keep; beyond it the least recently used is closed. */
const ANSWERS_BYTES_MAX = 67_108_864;

/** What a result takes beside its keys and values. */
const ANSWER_OVERHEAD_BYTES = 256;

function answerBytes(applied: Applied): number {
  const sizeBytes = applied.type === 'done' ? resultBytes(applied.result) : 0;
  return ANSWER_OVERHEAD_BYTES + sizeBytes;
}

/** The most bytes of a result that a session keeps for the case that its change comes again. */
const KEPT_BYTES_MAX = 8_192;

// What a session keeps: ten thousand large results would be more than the store.
function keptOf(applied: Applied): Applied {
  if (applied.type !== 'done' || resultBytes(applied.result) <= KEPT_BYTES_MAX) return applied;
  return { type: 'failed', revision: applied.revision, code: 'result-lost', isDefinite: false };
}
