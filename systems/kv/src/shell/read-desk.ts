/**
 * Serves reads: first the state is made as current as is asked for, then it is read in slices.
 */
import type { Host } from '@mangrove/host';
import type { RaftNode } from '@mangrove/raft';
import type { ReadConsistency } from '../core/consistency.ts';
import type { Freshness } from '../core/freshness.ts';
import type { LogCommand } from '../core/log-command.ts';
import { OperationRead } from '../core/operation-read.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { Operation, OperationResult } from '../core/request.ts';
import type { Revision } from '../core/revision.ts';
import type { Ask } from './ask.ts';
import type { KvMachine } from './kv-machine.ts';
import { type AnswerMeter, NO_ROOM } from './kv-service.ts';
import { RequestFailure, toFailure } from './request-failure.ts';
import type { RevisionQuestions } from './revision-questions.ts';
import { inSlices } from './sliced-work.ts';

/** Without a bound everything would be current enough. */
function refuseBoundless({ stalenessMsMax, revisionLagMax }: Bounded): void {
  if (stalenessMsMax !== undefined || revisionLagMax !== undefined) return;
  throw new RequestFailure('bad-request', true, 'a bounded read names no bound');
}

type Bounded = Extract<ReadConsistency, { readonly type: 'bounded' }>;

/** How many keys are looked at between two looks at the clock. */
const KEYS_PER_STEP = 128;

/** How many such steps one slice has at most. */
const STEPS_MAX = 64;

/** What a read found, and of which revision. */
export interface ReadAnswer {
  readonly revision: Revision;
  readonly result: OperationResult;
}

/** What serves the reads of one member. */
export class ReadDesk {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private readonly freshness: Freshness;
  private readonly questions: RevisionQuestions;
  private readonly answerBytesMax: number;

  constructor(
    host: Host,
    parts: {
      readonly raft: RaftNode<Applied, LogCommand>;
      readonly machine: KvMachine;
      readonly freshness: Freshness;
      readonly questions: RevisionQuestions;
      readonly answerBytesMax: number;
    },
  ) {
    this.host = host;
    this.raft = parts.raft;
    this.machine = parts.machine;
    this.freshness = parts.freshness;
    this.questions = parts.questions;
    this.answerBytesMax = parts.answerBytesMax;
  }

  /** Reads by `operation`, which changes nothing. Rejects with `RequestFailure`. */
  async read(operation: Operation, consistency: ReadConsistency, ask: Ask): Promise<ReadAnswer> {
    await this.freshen(consistency, ask);
    return await this.take(operation, ask);
  }

  /**
   * Resolves when the state is as current as `consistency` says, in the same turn. Rejects with
   * `RequestFailure`.
   */
  async freshen(consistency: ReadConsistency, ask: Ask): Promise<void> {
    switch (consistency.type) {
      case 'serializable':
        return;
      case 'linearizable':
      case 'lease':
        return await this.round(consistency.type, ask);
      case 'bounded': {
        refuseBoundless(consistency);
        if (await this.isWithin(consistency)) return;
        try {
          return await this.round('linearizable', ask);
        } catch (error) {
          const { code, detail } = toFailure(error);
          if (code === 'aborted' || code === 'closed') throw error;
          throw new RequestFailure('too-stale', true, `no round was possible: ${code} ${detail}`);
        }
      }
      case 'session': {
        const { token } = consistency;
        if (this.machine.state.store.revision >= token) return;
        await this.round('linearizable', ask);
        const { revision } = this.machine.state.store;
        if (revision >= token) return;
        // Whoever has such a token has it from another cluster, or from one that lost its data.
        throw new RequestFailure('future-revision', true, `the store is at revision ${revision}`);
      }
    }
  }

  /** Whether the state is known to be as current as a bounded read asks for. */
  private async isWithin({ stalenessMsMax, revisionLagMax }: Bounded): Promise<boolean> {
    const askedAtMs = this.host.clock.now();
    if (stalenessMsMax !== undefined && !this.freshness.admits(askedAtMs, stalenessMsMax)) {
      return false;
    }
    if (revisionLagMax === undefined) return true;
    const present = await this.questions.ask();
    return present !== undefined && present - this.machine.state.store.revision <= revisionLagMax;
  }

  private async round(consistency: 'linearizable' | 'lease', { signal }: Ask): Promise<void> {
    const beganAtMs = this.host.clock.now();
    try {
      await this.raft.read({ consistency, signal });
    } catch (error) {
      throw toFailure(error);
    }
    this.freshness.learned(beganAtMs);
  }

  private async take(operation: Operation, ask: Ask): Promise<ReadAnswer> {
    const { store } = this.machine.state;
    const read = new OperationRead(store, operation);
    const step = () => this.step(read, ask.answer);
    const result = await inSlices(this.host, store, step, { stepsMax: STEPS_MAX, ask });
    return { revision: read.revision, result };
  }

  private step(read: OperationRead, answer: AnswerMeter | undefined): OperationResult | undefined {
    const result = read.step(KEYS_PER_STEP);
    if (typeof result === 'string') throw new RequestFailure(result, true);
    const { foundBytes } = read;
    if (foundBytes > this.answerBytesMax) {
      const bound = `${foundBytes} bytes, where ${this.answerBytesMax} may be`;
      throw new RequestFailure('answer-too-large', true, bound);
    }
    if (answer?.growTo(foundBytes) === false) {
      throw new RequestFailure('too-many-requests', true, NO_ROOM);
    }
    return result;
  }
}
