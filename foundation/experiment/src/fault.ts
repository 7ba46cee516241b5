/**
 * Faults as data: what can be done to a system, to whom, from when until when.
 *
 * Times are milliseconds of the run's own time, from its start, fractions down to a microsecond.
 * Lists of nodes name both ends of the directed links concerned: every pair of a `from` and a `to`.
 */
import type { NodeId } from '@mangrove/host';

/** From when until when a fault lasts. `untilMs` is beyond `atMs`. */
export interface Window {
  readonly atMs: number;
  readonly untilMs: number;
}

/** The directed links that a network fault concerns. */
export interface Links {
  readonly from: readonly NodeId[];
  readonly to: readonly NodeId[];
}

/** What a crash does to the disk. */
export type DiskFate =
  /** Power loss: what was not synced may vanish, tear or land out of order. */
  | 'unsynced-lost'
  /** `kill -9`: the operating system keeps what was written. */
  | 'kept'
  /** The disk is replaced by an empty one; the node comes back under its old name. */
  | 'wiped';

/** The disk operations that faults and crash points can name. */
export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'sync-directory';

/** A moment inside a node, found by counting. */
export interface CrashPoint {
  readonly operation: DiskOperation | 'send' | 'receive';
  /** Only operations on paths that begin so; of messages, those to, or from, this node. */
  readonly target?: string;
  /** Only messages that the subject describes in words that begin so: `append-entries`. */
  readonly kind?: string;
  /** Which of them, counted from 1 over all lives of the node. */
  readonly nth: number;
  /** Counted from this moment of the run on. Default: from its start. */
  readonly fromMs?: number;
  /**
   * Before it took effect, or after it did and before the node learns of it. `receive` takes effect
   * when the node has reacted to the message.
   */
  readonly when: 'before' | 'after';
}

/** A fault of the network. */
export type NetworkFault =
  /** Nothing passes. Messages are lost, streams stand still. */
  | ({ readonly type: 'cut' } & Window & Links)
  /** Loss, duplicates and long delays, each for so many of a thousand messages. */
  | ({
      readonly type: 'rough-links';
      readonly lossPerMille: number;
      readonly duplicatePerMille: number;
      readonly delayPerMille: number;
      readonly delayMs: number;
    } & Window &
      Links)
  /**
   * So many of a thousand messages arrive with one bit changed. The Host's network does not do this
   * (N1), so only subjects whose messages carry a checksum of their own are to be hurt by it.
   */
  | ({ readonly type: 'corrupt-links'; readonly corruptPerMille: number } & Window & Links)
  /** Every message takes so much longer. */
  | ({ readonly type: 'slow-links'; readonly latencyMs: number } & Window & Links)
  /** Queues hold only so many bytes. */
  | ({ readonly type: 'full-queues'; readonly queueBytes: number } & Window & Links)
  /** Nothing leaves the senders' queues; all of it does when the fault ends. */
  | ({ readonly type: 'stall-links' } & Window & Links)
  /** Byte streams between them are torn down. */
  | ({ readonly type: 'reset-streams'; readonly atMs: number } & Links);

/** A fault of a process. */
export type ProcessFault =
  | ({ readonly type: 'crash'; readonly node: NodeId; readonly disk: DiskFate } & Window)
  | {
      readonly type: 'crash-at';
      readonly node: NodeId;
      readonly point: CrashPoint;
      readonly downMs: number;
      readonly disk: DiskFate;
    }
  /** Nothing runs, then everything that waited does (SIGSTOP, a long collection of garbage). */
  | ({ readonly type: 'pause'; readonly node: NodeId } & Window)
  /** Every callback keeps the node busy for so long. */
  | ({ readonly type: 'slow-node'; readonly node: NodeId; readonly busyMs: number } & Window);

/** A fault of a disk. `path` is the beginning of the paths concerned; empty is all. */
export type DiskFault =
  | ({
      readonly type: 'disk-error';
      readonly node: NodeId;
      readonly operation: DiskOperation;
      readonly path: string;
      /** How many operations fail at most. */
      readonly count: number;
    } & Window)
  /** What takes room is refused, at the write or at the sync; what is there can be overwritten. */
  | ({ readonly type: 'disk-full'; readonly node: NodeId } & Window)
  /** Every operation takes so much longer. */
  | ({ readonly type: 'slow-disk'; readonly node: NodeId; readonly latencyMs: number } & Window)
  /** No operation ends before the window does. */
  | ({ readonly type: 'stall-disk'; readonly node: NodeId } & Window)
  /** One bit of one file flips, on the platter and in every cache. */
  | {
      readonly type: 'bit-rot';
      readonly node: NodeId;
      readonly atMs: number;
      readonly path: string;
      /** Where in the file, in thousandths of its size. */
      readonly positionPerMille: number;
    };

/** A fault of a clock. */
export type ClockFault =
  /** The wall clock jumps; the monotonic one does not. */
  | {
      readonly type: 'wall-jump';
      readonly node: NodeId;
      readonly atMs: number;
      readonly byMs: number;
    }
  /** Both clocks run fast (> 0) or slow (< 0) by so many parts per million. */
  | ({ readonly type: 'clock-drift'; readonly node: NodeId; readonly ppm: number } & Window);

/** Something that an operator does, at an awkward time. */
export type OperatorAction =
  /** Restarts a node as another version of its code; it stays on it. */
  | {
      readonly type: 'upgrade';
      readonly node: NodeId;
      readonly atMs: number;
      readonly downMs: number;
      readonly version: number;
    }
  /** Asks the subject to act: a membership change, a compaction, a transfer of leadership. */
  | {
      readonly type: 'action';
      readonly name: string;
      readonly atMs: number;
      readonly args: Readonly<Record<string, string | number | boolean>>;
      /** How it has to end, where a run is about that. Default: `done`. */
      readonly outcome?: ActionOutcome;
    };

/** How an action ended: the subject did it, or said that it did not, or cannot tell. */
export type ActionOutcome = 'done' | 'refused';

/** Anything that a plan does to a system. */
export type Fault = NetworkFault | ProcessFault | DiskFault | ClockFault | OperatorAction;

/** When the fault is over, in milliseconds: the end of its window, or its moment. */
export function endOf(fault: Fault): number {
  if (fault.type === 'crash-at') return 0;
  if (fault.type === 'upgrade') return fault.atMs + fault.downMs;
  return 'untilMs' in fault ? fault.untilMs : fault.atMs;
}

/** The moment in a few words: `before its send of append-entries no. 3 from 500 ms on`. */
export function describePoint({ operation, target, kind, nth, fromMs, when }: CrashPoint): string {
  const of = kind === undefined ? '' : ` of ${kind}`;
  const on = target === undefined ? '' : ` ${target}`;
  const from = fromMs === undefined ? '' : ` from ${toTenth(fromMs)} ms on`;
  return `${when} its ${operation}${of}${on} no. ${nth}${from}`;
}

/** The fault in a few words, for people: `crash n2 (unsynced-lost) 412-900 ms`. */
export function describeFault(fault: Fault): string {
  if (fault.type === 'crash-at') {
    return `crash ${fault.node} (${fault.disk}) ${describePoint(fault.point)}`;
  }
  const who =
    'node' in fault
      ? fault.node
      : 'from' in fault
        ? `${fault.from.join(',')} > ${fault.to.join(',')}`
        : fault.name;
  const how = 'disk' in fault ? ` (${fault.disk})` : '';
  const end = endOf(fault);
  const from = toTenth(fault.atMs);
  const span = end === fault.atMs ? from : `${from}-${toTenth(end)}`;
  return `${fault.type} ${who}${how} ${span} ms`;
}

/** A time as people read it: `3833.3`. */
function toTenth(ms: number): string {
  return String(Math.round(ms * 10) / 10);
}
