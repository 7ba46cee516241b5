/**
 * One request at a member, from its gate to its reply.
 *
 *     begun -- done, refused, given up --> over: the gate is left, the reply is told
 *
 * Changes of keys, of which there are many at once, have no promise but that of Raft.
 */
import type { Host, Instant } from '@mangrove/host';
import type { KvReply, KvRequest } from '../core/kv-request.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { Ask } from './ask.ts';
import { isKeyChange, type KeyChange, type RequestDesk, type Served } from './request-desk.ts';
import { RequestFailure, toFailure } from './request-failure.ts';

/** Where requests are served, and what they are told in the end. */
export interface ServingPlace {
  readonly host: Host;
  readonly desk: RequestDesk;
  /** A request of so many bytes is over. */
  readonly leave: (sizeBytes: number) => void;
  readonly replyTo: (served: Served) => KvReply;
  readonly refusalFor: (failure: RequestFailure) => KvReply;
}

/** A request under way. What comes after its end changes nothing. */
export class Serving {
  private readonly place: ServingPlace;
  private readonly ask: Ask;
  private readonly sizeBytes: number;
  private readonly beganAtMs: Instant;
  private isOver = false;

  /** @param sizeBytes what the gate let in */
  constructor(place: ServingPlace, ask: Ask, sizeBytes: number) {
    this.place = place;
    this.ask = ask;
    this.sizeBytes = sizeBytes;
    this.beganAtMs = place.host.clock.now();
  }

  /** Serves `request`; its reply may come within this call. */
  begin(request: KvRequest): void {
    try {
      if (isKeyChange(request)) this.change(request);
      else this.serve(request);
    } catch (error) {
      this.refuse(error);
    }
  }

  private serve(request: KvRequest): void {
    this.place.desk.serve(request, this.ask).then(
      (served) => this.done(served),
      (error: unknown) => this.refuse(error),
    );
  }

  private change(request: KeyChange): void {
    const { ask, place } = this;
    if (ask.isGivenUp) throw new RequestFailure('aborted', true);
    ask.onGivenUp = () => this.refuse(new RequestFailure('aborted', false));
    place.desk.change(request, ask).then(
      (applied) => this.applied(applied),
      (error: unknown) => this.refuse(error),
    );
  }

  private applied(applied: Applied): void {
    try {
      this.done(this.place.desk.taken(applied, this.beganAtMs, this.ask.answer));
    } catch (error) {
      this.refuse(error);
    }
  }

  private done(served: Served): void {
    try {
      if (!this.isOver) this.end(this.place.replyTo(served));
    } catch (error) {
      this.refuse(error);
    }
  }

  private refuse(error: unknown): void {
    const { host, refusalFor } = this.place;
    try {
      const failure = toFailure(error);
      if (!this.isOver) this.end(refusalFor(failure));
    } catch (broken) {
      // It is none of the request's.
      host.fail(broken);
    }
  }

  private end(reply: KvReply): void {
    this.isOver = true;
    this.ask.onGivenUp = undefined;
    this.place.leave(this.sizeBytes);
    this.ask.reply(reply);
  }
}
