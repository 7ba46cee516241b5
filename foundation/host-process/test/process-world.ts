/**
 * The contract's world of Hosts in this process: real sockets on loopback, real files.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '@mangrove/host';
import type { ContractFault, ContractWorld } from '@mangrove/host/contract';
import {
  createProcessHost,
  type HostFault,
  type ProcessHost,
  type ProcessHostOptions,
} from '@mangrove/host-process/node';

/** What all Hosts of a world are given, beside their names and directories. */
export type WorldOptions = Partial<Omit<ProcessHostOptions, 'node' | 'dataDirectory'>>;

/** Hosts in this process that know each other. */
export class ProcessWorld implements ContractWorld {
  readonly lacks = new Map<ContractFault['type'], string>();
  readonly directory: string;
  private readonly options: (node: NodeId) => WorldOptions;
  private readonly hosts = new Map<NodeId, ProcessHost>();
  private readonly failures = new Map<NodeId, unknown>();

  private constructor(directory: string, options: (node: NodeId) => WorldOptions) {
    this.directory = directory;
    this.options = options;
  }

  static async create(options: (node: NodeId) => WorldOptions = () => ({})): Promise<ProcessWorld> {
    return new ProcessWorld(await mkdtemp(join(tmpdir(), 'mangrove-world-')), options);
  }

  async start(node: NodeId): Promise<ProcessHost> {
    const former = this.hosts.get(node);
    if (former !== undefined) await former.ended;
    const dataDirectory = join(this.directory, node);
    const host = await createProcessHost({ ...this.options(node), node, dataDirectory });
    this.failures.delete(node);
    void host.ended.then((end) => {
      if (end.type === 'failed') this.failures.set(node, end.cause);
    });
    this.hosts.set(node, host);
    for (const [peer, other] of this.hosts) {
      if (peer === node) continue;
      other.messages.addPeer(node, host.messageAddress);
      host.messages.addPeer(peer, other.messageAddress);
    }
    return host;
  }

  async crash(node: NodeId): Promise<void> {
    await this.hostOf(node).crash();
  }

  inject(fault: ContractFault): void {
    const [node, own] = toHostFault(fault);
    this.hostOf(node).faults.set(own);
  }

  heal(): void {
    for (const host of this.hosts.values()) host.faults.heal();
  }

  failureOf(node: NodeId): unknown {
    return this.failures.get(node);
  }

  async pass(durationMs: number): Promise<void> {
    // The platform's timers may fire a moment early.
    await sleep(Math.ceil(durationMs) + 1);
  }

  async close(): Promise<void> {
    for (const host of this.hosts.values()) await host.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  private hostOf(node: NodeId): ProcessHost {
    const host = this.hosts.get(node);
    if (host === undefined) throw new Error(`${node} was never started`);
    return host;
  }
}

/** Whose board a fault of the contract is pinned to, and as what. */
function toHostFault(fault: ContractFault): [NodeId, HostFault] {
  switch (fault.type) {
    case 'cut':
      return [fault.from, { type: 'cut', peer: fault.to, direction: 'out' }];
    case 'duplicate':
      return [fault.from, { type: 'duplicate', peer: fault.to, direction: 'out', perMille: 1000 }];
    case 'stall-link':
      return [fault.from, { type: 'stall', peer: fault.to, direction: 'out' }];
    case 'fail-sync': {
      const { node, path } = fault;
      const code = 'input-output';
      return [node, { type: 'disk-error', path, operation: 'sync', code, count: 1 }];
    }
    case 'disk-full':
      return [fault.node, { type: 'disk-full' }];
    case 'stall-disk':
      return [fault.node, { type: 'stall-disk', path: '', operation: '*' }];
  }
}

/** A Host of its own for `use`, which is closed and cleaned up afterwards. */
export async function withWorld<Value>(
  use: (world: ProcessWorld) => Promise<Value>,
  options?: (node: NodeId) => WorldOptions,
): Promise<Value> {
  const world = await ProcessWorld.create(options);
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}
