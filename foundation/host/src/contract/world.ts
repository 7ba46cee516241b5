/**
 * What the contract suite needs of a world: hosts that it can start and hurt.
 */
import type { Host } from '../host.ts';
import type { NodeId } from '../ids.ts';

/** The faults that the suite asks for. What a world cannot inject it lists in `lacks`. */
export type ContractFault =
  /** Nothing passes from one node to the other, in this direction only. */
  | { readonly type: 'cut'; readonly from: NodeId; readonly to: NodeId }
  /** Every message from one node to the other comes twice. */
  | { readonly type: 'duplicate'; readonly from: NodeId; readonly to: NodeId }
  /** Nothing leaves the sender's queue, which therefore fills. */
  | { readonly type: 'stall-link'; readonly from: NodeId; readonly to: NodeId }
  /** The next sync of this file fails with `input-output`. */
  | { readonly type: 'fail-sync'; readonly node: NodeId; readonly path: string }
  /** Writes get `no-space`. */
  | { readonly type: 'disk-full'; readonly node: NodeId }
  /** Operations of the disk do not finish until the fault is healed. */
  | { readonly type: 'stall-disk'; readonly node: NodeId }
  /** One bit of this file flips, below all caches, and nobody is told. */
  | { readonly type: 'rot'; readonly node: NodeId; readonly path: string }
  /** Nothing of the node runs for so long, from now on; then everything that waited does. */
  | { readonly type: 'pause'; readonly node: NodeId; readonly durationMs: number }
  /** The wall clock of the node jumps by so much, back where it is negative. */
  | { readonly type: 'wall-jump'; readonly node: NodeId; readonly byMs: number };

/**
 * A world under test. Every implementation of the Host gives one; the cases are the same for all.
 *
 * The suite awaits its promises as any node would; a simulated world advances its time on its own
 * while a case runs.
 */
export interface ContractWorld {
  /** Faults that this world cannot inject, with the reason; their cases are skipped and counted. */
  readonly lacks: ReadonlyMap<ContractFault['type'], string>;
  /**
   * Starts a life of `node`, with the disk that its last life left behind. Every node of the world
   * knows every other one that has been started: `messages.addPeer` is done by the world.
   */
  start(node: NodeId): Promise<Host>;
  /** Ends the life of `node` without warning; what was not synced may be lost. */
  crash(node: NodeId): Promise<void>;
  inject(fault: ContractFault): void;
  /** Ends all faults that last. */
  heal(): void;
  /** What the world was told by `fail`, or by a callback or task that threw, of `node`. */
  failureOf(node: NodeId): unknown;
  /** Lets `durationMs` of the world's time pass. */
  pass(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

/** One case: a rule of the contract, and a story that shows it. */
export interface ContractCase {
  /** The rules that it shows, as they are numbered in the docstrings: `N5`, `D2`. */
  readonly rules: readonly string[];
  /** A sentence. */
  readonly title: string;
  /** The faults that it injects. */
  readonly needs: readonly ContractFault['type'][];
  run(world: ContractWorld): Promise<void>;
}
