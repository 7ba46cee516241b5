/**
 * What led to a moment: the chain of messages behind it, and the cone of everything it may have
 * depended on.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';
import type { Message } from './message.ts';

/** A path has no more messages than this; the latest are kept. */
export const MAX_PATH_MESSAGES = 10;

/** Looks for causes in one trace. */
export class Causes {
  private readonly records: readonly TraceRecord[];
  /** Which message ended at a record, by the index of the record. */
  private readonly messageAt: ReadonlyMap<number, number>;
  private readonly messages: readonly Message[];

  /** For each message the one that it answers, -1 where it answers none. */
  private readonly requests: readonly number[];
  private readonly answers: ReadonlyMap<number, readonly number[]>;
  /** The messages that were sent for the same reason, by the index of that record. */
  private readonly broadcasts: ReadonlyMap<number, readonly number[]>;

  constructor({ records }: Pick<RunTrace, 'records'>, messages: readonly Message[]) {
    this.records = records;
    this.messages = messages;
    const arrived = messages.map((each, index) => [each.endIndex, index] as const);
    this.messageAt = new Map(arrived.filter(([endIndex]) => endIndex !== -1));
    this.requests = messages.map((each) => this.requestOf(each));
    const all = messages.map((_, index) => index);
    this.answers = groupBy(all, (index) => this.requests[index] ?? -1);
    this.broadcasts = groupBy(all, (index) => this.reasonOf(index));
  }

  /**
   * The messages that led to the record at `index`, as positions in the story's messages, in order
   * of time.
   *
   * A trace knows one cause of each record. For what a quorum decided that is the last answer
   * alone, so the answers that came before it are put beside it: those to the other messages of the
   * same broadcast.
   */
  pathTo(index: number, max: number = MAX_PATH_MESSAGES): readonly number[] {
    const path = new Set<number>();
    let at = index;
    while (at >= 0 && path.size < max) {
      const message = this.messageAt.get(at);
      if (message === undefined) {
        at = this.records[at]?.cause ?? -1;
        continue;
      }
      path.add(message);
      for (const sibling of this.siblingsOf(at, message)) {
        if (path.size < max) path.add(sibling);
      }
      at = this.messages[message]?.sendIndex ?? -1;
    }
    return [...path].sort((a, b) => a - b);
  }

  /** Messages whose arrival may have mattered to any of `indexes`: the union of their cones. */
  coneOf(indexes: readonly number[]): ReadonlySet<number> {
    const cone = new Set<number>();
    const seen = new Set<number>();
    const open = [...indexes];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at < 0 || seen.has(at)) continue;
      seen.add(at);
      const message = this.messageAt.get(at);
      if (message === undefined) {
        open.push(this.records[at]?.cause ?? -1);
        continue;
      }
      cone.add(message);
      for (const sibling of this.siblingsOf(at, message)) {
        cone.add(sibling);
        open.push(this.messages[sibling]?.sendIndex ?? -1);
      }
      open.push(this.messages[message]?.sendIndex ?? -1);
    }
    return cone;
  }

  /** The earlier answers to the broadcast that the message at `arrival` is an answer to. */
  private siblingsOf(arrival: number, message: number): readonly number[] {
    const request = this.requests[message] ?? -1;
    const reason = request === -1 ? -1 : this.reasonOf(request);
    if (reason === -1) return [];
    const siblings: number[] = [];
    for (const asked of this.broadcasts.get(reason) ?? []) {
      if (asked === request) continue;
      for (const answer of this.answers.get(asked) ?? []) {
        const { fate, endIndex } = this.messages[answer] ?? { fate: 'lost', endIndex: -1 };
        if (fate === 'delivered' && endIndex < arrival) siblings.push(answer, asked);
      }
    }
    return siblings;
  }

  private reasonOf(message: number): number {
    return this.records[this.messages[message]?.sendIndex ?? -1]?.cause ?? -1;
  }

  /** The message that `answer` answers: it came from where the answer goes. */
  private requestOf(answer: Message): number {
    let at = this.records[answer.sendIndex]?.cause ?? -1;
    // Between a request and its answer stand a few records of the node itself: storing, syncing.
    for (let hop = 0; hop < 8 && at >= 0; hop += 1) {
      const message = this.messageAt.get(at) ?? -1;
      const request = this.messages[message];
      if (request !== undefined) {
        return request.from === answer.to && request.to === answer.from ? message : -1;
      }
      at = this.records[at]?.cause ?? -1;
    }
    return -1;
  }
}

function groupBy(
  indexes: readonly number[],
  keyOf: (index: number) => number,
): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const index of indexes) {
    const key = keyOf(index);
    const group = groups.get(key);
    if (key === -1) continue;
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return groups;
}
