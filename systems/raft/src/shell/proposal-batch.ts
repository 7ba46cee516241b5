/**
 * Gathers what callers propose in one go, so that the core takes it in as one event: one write, and
 * one message a follower, for all of it.
 *
 * A proposal waits for no timer. Whoever was just answered proposes again within a few rounds of
 * promise reactions; so long, and not longer, the batch stays open.
 */
import type { Host, Instant } from '@mangrove/host';
import type { Proposal } from '../core/event.ts';
import type { TimelessEvent } from './core-loop.ts';

/** How many rounds of promise reactions a batch stays open. */
const GATHER_ROUNDS = 3;

/** A batch that holds more bytes than this goes at once. */
export const BATCH_BYTES_MAX = 1_048_576;

/** The batch of one node. */
export class ProposalBatch {
  private readonly host: Host;
  private readonly dispatch: (event: TimelessEvent) => void;
  private proposals: Proposal[] = [];
  private sizeBytes = 0;
  private isGathering = false;
  private openedAt: Instant;

  constructor(host: Host, dispatch: (event: TimelessEvent) => void) {
    this.host = host;
    this.dispatch = dispatch;
    this.openedAt = host.clock.now();
  }

  /** When the batch was opened into which the next proposal goes; now, where that opens one. */
  get beginsAt(): Instant {
    if (this.proposals.length === 0) this.openedAt = this.host.clock.now();
    return this.openedAt;
  }

  /** Takes a proposal in; it reaches the core soon, or within this call where the batch is full. */
  readonly add = (proposal: Proposal): void => {
    this.proposals.push(proposal);
    this.sizeBytes += proposal.data.length;
    if (this.sizeBytes >= BATCH_BYTES_MAX) this.flush();
    else if (!this.isGathering) this.host.run(() => this.gather());
  };

  /** Gives the core what waits. What is dispatched next comes behind it. */
  flush(): void {
    const { proposals } = this;
    if (proposals.length === 0) return;
    this.proposals = [];
    this.sizeBytes = 0;
    this.dispatch({ type: 'propose-batch', proposals });
  }

  private async gather(): Promise<void> {
    this.isGathering = true;
    for (let round = 0; round < GATHER_ROUNDS; round++) await undefined;
    this.isGathering = false;
    this.flush();
  }
}
