/**
 * A place in a recorded run, which moves forward and back, and what every member is at that place.
 *
 * The run was made once and recorded, so each move is a look-up: a replay that is stepped through
 * never runs again, and never another way.
 */
import type { Plan, RunTrace } from '@mangrove/experiment';
import { type Fields, operationWords, wordsOf } from './record-words.ts';

/** One thing that happened. */
export interface ReplayEvent {
  readonly atMs: number;
  readonly node: string;
  readonly words: string;
  /** Its place in the trace. */
  readonly recordIndex: number;
}

/** What a member is at a moment. */
export interface MemberState {
  readonly node: string;
  readonly status: 'up' | 'down' | 'paused' | 'not started' | 'client';
  /** Which life of the node it is; 0 before the first, and for clients. */
  readonly incarnation: number;
  /** What the node last told of itself, in this life or before it went down. */
  readonly fields: Fields;
  /** What a client waits for. */
  readonly operation?: string;
}

/** A move of the cursor. */
export type Move =
  | 'next'
  | 'back'
  | 'next-page'
  | 'back-page'
  | 'first'
  | 'last'
  /** To a moment that tells the story. */
  | 'next-step'
  | 'back-step'
  /** To where it goes wrong. */
  | 'decisive';

/** A moment that tells the story. */
export interface StoryMoment {
  readonly atMs: number;
  /** What happens then, in a sentence. */
  readonly text: string;
}

/** A run that can be stepped through. */
export interface ReplayedRun {
  readonly trace: RunTrace;
  readonly plan: Plan;
  /** The moments that tell the story, in order, and the one at which it goes wrong. */
  readonly steps: readonly StoryMoment[];
  readonly decisiveMs: number | undefined;
}

/** How many events a page moves. */
const PAGE = 20;

/** The cursor. It begins at the first event. */
export class ReplayCursor {
  /** Everything that happened, in order. */
  readonly events: readonly ReplayEvent[];
  /** The place in `events`. */
  position = 0;
  private readonly run: ReplayedRun;
  private readonly changes: ReadonlyMap<string, readonly Change[]>;

  constructor(run: ReplayedRun) {
    const { records } = run.trace;
    this.run = run;
    this.events = records.flatMap((record, recordIndex) => {
      const words = wordsOf(record, { records, plan: run.plan });
      const { atMs, node } = record;
      return words === undefined ? [] : [{ atMs, node, words, recordIndex }];
    });
    this.changes = readChanges(run);
  }

  /** Moves; stays at the first or last event where there is nothing beyond it. */
  move(move: Move): void {
    const last = this.events.length - 1;
    this.position = Math.max(0, Math.min(last, this.target(move)));
  }

  /** Which moment of the story has come last, from 1, of how many; 0 before the first. */
  storyMoment(): { readonly number: number; readonly count: number; readonly text: string } {
    const { steps } = this.run;
    const number = steps.filter(({ atMs }) => this.placeOf(atMs) <= this.position).length;
    return { number, count: steps.length, text: steps[number - 1]?.text ?? '' };
  }

  /** Every member, nodes first, after the event at the cursor. */
  members(): readonly MemberState[] {
    const { replicas, clients } = this.run.trace;
    const recordIndex = this.events[this.position]?.recordIndex ?? -1;
    return [...replicas, ...clients].map((node) => this.memberAt(node, recordIndex));
  }

  private memberAt(node: string, recordIndex: number): MemberState {
    const changes = this.changes.get(node) ?? [];
    let [low, high] = [0, changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((changes[middle]?.recordIndex ?? Number.POSITIVE_INFINITY) <= recordIndex) {
        low = middle + 1;
      } else high = middle;
    }
    const status = isClientOf(this.run.trace, node) ? 'client' : 'not started';
    return changes[low - 1]?.state ?? { node, status, incarnation: 0, fields: {} };
  }

  private target(move: Move): number {
    const { position, events } = this;
    switch (move) {
      case 'next':
        return position + 1;
      case 'back':
        return position - 1;
      case 'next-page':
        return position + PAGE;
      case 'back-page':
        return position - PAGE;
      case 'first':
        return 0;
      case 'last':
        return events.length - 1;
      case 'next-step':
        return this.stepPlaces().find((place) => place > position) ?? position;
      case 'back-step':
        return this.stepPlaces().findLast((place) => place < position) ?? position;
      case 'decisive': {
        const { decisiveMs } = this.run;
        return decisiveMs === undefined ? position : this.placeOf(decisiveMs);
      }
    }
  }

  private stepPlaces(): readonly number[] {
    return this.run.steps.map(({ atMs }) => this.placeOf(atMs)).sort((a, b) => a - b);
  }

  /** The last event that is not after `atMs`. */
  private placeOf(atMs: number): number {
    return this.events.findLastIndex((event) => event.atMs <= atMs + 1e-6);
  }
}

/** A member from a record on. */
interface Change {
  readonly recordIndex: number;
  readonly state: MemberState;
}

function readChanges({
  trace,
  plan,
}: Pick<ReplayedRun, 'trace' | 'plan'>): ReadonlyMap<string, readonly Change[]> {
  const changes = new Map<string, Change[]>();
  for (const [recordIndex, record] of trace.records.entries()) {
    const { node } = record;
    const own = changes.get(node) ?? [];
    changes.set(node, own);
    const status = isClientOf(trace, node) ? 'client' : 'up';
    const before = own.at(-1)?.state ?? { node, status, incarnation: 0, fields: {} };
    const state = stateAfter(before, record, { trace, plan });
    if (state !== undefined) own.push({ recordIndex, state });
  }
  return changes;
}

/** Undefined where the record changes nothing of its member. */
function stateAfter(
  before: MemberState,
  record: RunTrace['records'][number],
  { trace, plan }: Pick<ReplayedRun, 'trace' | 'plan'>,
): MemberState | undefined {
  const { node } = before;
  const whenUp = isClientOf(trace, node) ? 'client' : 'up';
  switch (record.type) {
    case 'start':
      return { node, status: whenUp, incarnation: record.incarnation, fields: {} };
    case 'down':
      return { ...before, status: 'down' };
    case 'pause':
      return { ...before, status: 'paused' };
    case 'resume':
      return { ...before, status: whenUp };
    case 'state':
      return { ...before, fields: record.fields };
    case 'invoke': {
      return { ...before, operation: operationWords(plan.operations[record.operation]) };
    }
    case 'return': {
      const { operation: _operation, ...rest } = before;
      return rest;
    }
    default:
      return undefined;
  }
}

function isClientOf({ clients }: RunTrace, node: string): boolean {
  return clients.some((client) => client === node);
}
