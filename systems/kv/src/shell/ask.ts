/**
 * A request as whoever asked holds it: takes the reply, and may give it up before.
 *
 * It stands for an `AbortSignal`, which it makes only where one is asked for: to make one for every
 * put, and to listen to it, would cost as much as to apply the put.
 */
import type { KvReply } from '../core/kv-request.ts';
import type { AnswerMeter } from './kv-service.ts';

/** One request that somebody asked for. */
export class Ask {
  /** Called once, where it is given up before it was replied to. */
  onGivenUp: (() => void) | undefined;
  /** Is told how large the answer has become. Without one nothing holds it back. */
  readonly answer: AnswerMeter | undefined;
  private readonly onReply: (reply: KvReply) => void;
  private isUnwanted = false;
  private controller: AbortController | undefined;

  /** @param onReply is called once with what became of it, maybe within the call that asks */
  constructor(onReply: (reply: KvReply) => void, answer?: AnswerMeter) {
    this.onReply = onReply;
    this.answer = answer;
  }

  /** Whether nobody wants the answer any more. */
  get isGivenUp(): boolean {
    return this.isUnwanted;
  }

  /** Is aborted where it is given up. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isUnwanted) this.controller.abort();
    }
    return this.controller.signal;
  }

  /** Tells what became of it. */
  reply(reply: KvReply): void {
    this.onReply(reply);
  }

  /** Wants no answer any more: what was asked for may happen all the same. */
  giveUp(): void {
    if (this.isUnwanted) return;
    this.isUnwanted = true;
    this.controller?.abort();
    this.onGivenUp?.();
  }
}
