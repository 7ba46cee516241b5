/**
 * The state of every node at a moment, found fast: a full picture is kept every so many changes,
 * and from the nearest one only the changes in between are applied.
 */
import type { Change, Fields } from './lifeline.ts';

/** What is known about a node at a moment. */
export interface NodeState {
  readonly status: 'up' | 'down' | 'paused';
  /** Which life it is in; `''` where the trace does not say. */
  readonly life: string;
  /** What it last told of itself in this life, or before it went down. */
  readonly fields: Fields;
  /** When that was, ms; -1 where it told nothing yet. */
  readonly sinceMs: number;
}

/** A full picture is kept after this many changes. */
export const CHECKPOINT_INTERVAL = 200;

/** Answers what state the nodes were in. */
export class StateIndex {
  private readonly changes: readonly Change[];
  /** The picture before change `i * CHECKPOINT_INTERVAL`. */
  private readonly checkpoints: readonly ReadonlyMap<string, NodeState>[];
  private readonly nodes: readonly string[];

  /** @param changes in order of time */
  constructor(nodes: readonly string[], changes: readonly Change[]) {
    this.nodes = nodes;
    this.changes = changes;
    const states = new Map(nodes.map((node) => [node, UNKNOWN] as const));
    const checkpoints: ReadonlyMap<string, NodeState>[] = [];
    for (const [index, change] of changes.entries()) {
      if (index % CHECKPOINT_INTERVAL === 0) checkpoints.push(new Map(states));
      applyTo(states, change);
    }
    this.checkpoints = checkpoints;
  }

  /** The state of each node after everything that happened until `atMs`, that moment included. */
  at(atMs: number): ReadonlyMap<string, NodeState> {
    const count = this.countUntil(atMs);
    const checkpoint = Math.max(0, Math.ceil(count / CHECKPOINT_INTERVAL) - 1);
    const states = new Map(
      this.checkpoints[checkpoint] ?? this.nodes.map((node) => [node, UNKNOWN] as const),
    );
    for (let index = checkpoint * CHECKPOINT_INTERVAL; index < count; index += 1) {
      const change = this.changes[index];
      if (change !== undefined) applyTo(states, change);
    }
    return states;
  }

  /** How many changes happened until `atMs`. */
  private countUntil(atMs: number): number {
    let low = 0;
    let high = this.changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.changes[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const UNKNOWN: NodeState = { status: 'up', life: '', fields: {}, sinceMs: -1 };

function applyTo(states: Map<string, NodeState>, change: Change): void {
  const before = states.get(change.node);
  if (before !== undefined) states.set(change.node, next(before, change));
}

function next(before: NodeState, { type, fields = {}, note = '', atMs }: Change): NodeState {
  switch (type) {
    case 'state':
      return { ...before, fields, sinceMs: atMs };
    case 'start':
      return { status: 'up', life: note, fields: {}, sinceMs: -1 };
    case 'down':
      return { ...before, status: 'down' };
    case 'pause':
      return { ...before, status: 'paused' };
    case 'resume':
      return { ...before, status: 'up' };
  }
}
