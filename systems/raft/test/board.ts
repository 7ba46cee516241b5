/**
 * What directed play may do with the cluster of a run: the moves that a seed makes by chance, each
 * by itself.
 */
import type { NodeId, Random } from '@mangrove/host';
import type { MemberChange, Message, RaftEvent } from '../src/index.ts';
import type { Machine } from './machine.ts';

/** An event without its time, which the machine's clock gives. */
export type Happening = RaftEvent extends infer Each
  ? Each extends RaftEvent
    ? Omit<Each, 'now'>
    : never
  : never;

/** The cluster, as one who plays sees it. */
export interface Board {
  readonly machines: ReadonlyMap<NodeId, Machine>;
  /** Messages under way, oldest first. */
  parcels: Message[];
  happen(machine: Machine, happening: Happening): void;
  /** Lets time pass; timers that are due fire, but for those of machines that are paused. */
  pass(ms: number): void;
  hand(message: Message): void;
  /** Completes the oldest `count` writes of a machine. */
  completeWrites(machine: Machine, count: number): void;
  /** Completes the parts of snapshots that a machine writes. */
  completeChunks(machine: Machine): void;
  /** Does all that a machine's shell has to do. */
  workOff(machine: Machine): void;
  proposeAt(machine: Machine): void;
  readAt(machine: Machine, mode: 'lease' | 'read-index'): void;
  transferTo(machine: Machine, target: NodeId): void;
  changeAt(machine: Machine, changes: readonly MemberChange[]): void;
  snapshotOf(machine: Machine, keptCount: number): void;
  restart(machine: Machine): void;
}

/** What becomes of a message under way. */
export type Fate = 'heard' | 'kept' | 'lost';

/** How a stretch of play goes. */
export interface Rules {
  /** What becomes of a message; all are heard where it is missing. */
  readonly fateOf?: (message: Message) => Fate;
  /** A machine that writes no log. */
  readonly noLog?: Machine;
  /** A machine that writes no part of a snapshot. */
  readonly noChunk?: Machine;
}

/** Plays for `ms`, in steps of `stepMs`: what may be heard and written is, at once. */
export function playOn(board: Board, ms: number, stepMs: number, rules: Rules = {}): void {
  const { fateOf = () => 'heard', noLog, noChunk } = rules;
  for (let passed = 0; passed < ms; passed += stepMs) {
    board.pass(stepMs);
    for (let round = 0; round < 4; round++) {
      const under = board.parcels;
      const fates = under.map(fateOf);
      board.parcels = under.filter((_, place) => fates[place] === 'kept');
      const heard = under.filter((_, place) => fates[place] === 'heard');
      for (const message of heard) board.hand(message);
      for (const machine of board.machines.values()) {
        board.workOff(machine);
        if (machine !== noChunk) board.completeChunks(machine);
        if (machine !== noLog) board.completeWrites(machine, machine.pendingWrites.length);
      }
    }
  }
}

/** The machine that leads the highest term; `undefined` where none does. */
export function leaderOf({ machines }: Board): Machine | undefined {
  const leaders = [...machines.values()].filter(({ state }) => state?.role.type === 'leader');
  return leaders.sort((a, b) => (b.state?.term ?? 0) - (a.state?.term ?? 0))[0];
}

/** One who plays: it draws from a stream of its own, so that what it does shifts no other draw. */
export interface Play {
  readonly board: Board;
  readonly random: Random;
}
