/**
 * The contract's world of simulated Hosts: virtual time runs on its own while a story is told.
 */
import type { Fault } from '@mangrove/experiment';
import { type Host, type NodeId, toNodeId } from '@mangrove/host';
import type { ContractFault, ContractWorld } from '@mangrove/host/contract';
import { type DrainMode, idleNode, Simulation } from '@mangrove/sim';

/** Long enough to be for ever. */
const FOR_EVER_MS = 1e12;

/** How far virtual time goes between two looks whether the story is over. */
const STEP_MS = 5;

/** Simulated Hosts that know each other. The story plays the nodes, so globals are not trapped. */
export class SimulatedWorld implements ContractWorld {
  readonly lacks = new Map<ContractFault['type'], string>();
  private readonly simulation: Simulation;
  private readonly hosts = new Map<NodeId, Host>();
  private isOver = false;
  private readonly pumping: Promise<void>;

  constructor(seed: number, drain: DrainMode) {
    const nodes = ['n1', 'n2', 'n3'].map(toNodeId);
    this.simulation = new Simulation({ seed, nodes, drain, isTrapping: false });
    this.pumping = this.pump();
  }

  async start(node: NodeId): Promise<Host> {
    if (this.simulation.isUp(node)) throw new Error(`${node} is up`);
    const host = await new Promise<Host>((resolve) => {
      this.simulation.start(node, async (started) => {
        resolve(started);
        return idleNode();
      });
    });
    for (const [peer, other] of this.hosts) {
      if (peer === node) continue;
      other.messages.addPeer(node, node);
      host.messages.addPeer(peer, peer);
    }
    this.hosts.set(node, host);
    return host;
  }

  async crash(node: NodeId): Promise<void> {
    this.simulation.crash(node, 'unsynced-lost');
  }

  inject(fault: ContractFault): void {
    this.simulation.inject(toFault(fault, this.simulation.nowMs));
  }

  heal(): void {
    this.simulation.heal();
  }

  failureOf(node: NodeId): unknown {
    return this.simulation.ends.findLast((end) => end.node === node)?.cause;
  }

  pass(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.simulation.at(this.simulation.nowMs + durationMs, resolve);
    });
  }

  async close(): Promise<void> {
    this.isOver = true;
    await this.pumping;
    this.simulation.close();
  }

  private async pump(): Promise<void> {
    while (!this.isOver) await this.simulation.run(this.simulation.nowMs + STEP_MS);
  }
}

/** A fault of the contract in the words of experiments, from now on until it is healed. */
function toFault(fault: ContractFault, atMs: number): Fault {
  const window = { atMs, untilMs: FOR_EVER_MS };
  switch (fault.type) {
    case 'cut':
      return { type: 'cut', ...window, from: [fault.from], to: [fault.to] };
    case 'stall-link':
      return { type: 'stall-links', ...window, from: [fault.from], to: [fault.to] };
    case 'duplicate': {
      const links = { from: [fault.from], to: [fault.to] };
      const rates = { lossPerMille: 0, duplicatePerMille: 1000, delayPerMille: 0, delayMs: 5 };
      return { type: 'rough-links', ...window, ...links, ...rates };
    }
    case 'fail-sync': {
      const { node, path } = fault;
      return { type: 'disk-error', ...window, node, operation: 'sync', path, count: 1 };
    }
    case 'rot':
      return { type: 'bit-rot', node: fault.node, atMs, path: fault.path, positionPerMille: 500 };
    case 'pause':
      return { type: 'pause', node: fault.node, atMs, untilMs: atMs + fault.durationMs };
    case 'wall-jump':
      return { type: 'wall-jump', node: fault.node, atMs, byMs: fault.byMs };
    default:
      return { type: fault.type, ...window, node: fault.node };
  }
}
