/**
 * The seam: everything that a node sees of the machine it runs on.
 *
 * A node is `start(host, config) -> RunningNode`. It reads no global clock, draws no global
 * randomness, opens no socket or file of its own; so the same code runs in the simulator, where
 * every answer is a function of a seed, and as a process, where the answers are true.
 *
 *          shell of a node
 *                |
 *     clock timers random messages streams disk trace metrics
 *                |                         |
 *          @mangrove/sim           @mangrove/host-process
 */
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Incarnation, NodeId } from './ids.ts';
import type { Messages } from './messages.ts';
import type { Metrics } from './metrics.ts';
import type { Random } from './random.ts';
import type { Streams } from './streams.ts';
import type { Timers } from './timers.ts';
import type { Trace } from './trace.ts';

/**
 * The world of one life of one node.
 *
 * - H1: at the end of that life (crash, `fail`, stop) nothing more is called back, and no promise
 *   that the Host owes settles: code of a former life does not wake up.
 * - H2: an error thrown by a callback, or by a task given to `run`, is a broken node: the Host
 *   calls `fail` with it. It never reaches the process that hosts the node.
 * - H3: between two callbacks of a node, all its promise reactions have run.
 */
export interface Host {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly messages: Messages;
  readonly streams: Streams;
  readonly disk: Disk;
  readonly trace: Trace;
  readonly metrics: Metrics;
  /** Runs a background task; no other promise of a node may float. A rejection is `fail` (H2). */
  run(task: () => Promise<void>): void;
  /** Declares this node broken: it stops at once, as in a crash, and the cause is reported. */
  fail(cause: unknown): void;
}

/** A node that runs. Closing it is graceful: it answers or refuses what it owes, then stops. */
export interface RunningNode extends AsyncDisposable {
  close(): Promise<void>;
}

/** How a node is started. Resolves when it serves; rejects when it cannot. */
export type StartNode<Config, Node extends RunningNode = RunningNode> = (
  host: Host,
  config: Config,
) => Promise<Node>;
