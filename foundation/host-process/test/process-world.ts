/**
 * The contract's world of Hosts in this process: real sockets on loopback, real files.
 */
import fs from 'node:fs';
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
export type WorldOptions = Partial<Omit<ProcessHostOptions, 'node'>>;

/** Hosts in this process that know each other. */
export class ProcessWorld implements ContractWorld {
  readonly lacks = new Map<ContractFault['type'], string>([
    ['wall-jump', 'a wall clock of its own: that of a process is the machine’s'],
  ]);
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
    const host = await createProcessHost({ dataDirectory, ...this.options(node), node });
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
    const pin = (node: NodeId, own: HostFault) => void this.hostOf(node).faults.set(own);
    switch (fault.type) {
      case 'cut':
      case 'duplicate':
      case 'stall-link':
        pin(fault.from, onLink(fault.type, fault.to));
        break;
      case 'fail-sync': {
        const { path } = fault;
        const code = 'input-output';
        pin(fault.node, { type: 'disk-error', path, operation: 'sync', code, count: 1 });
        break;
      }
      case 'disk-full':
        pin(fault.node, { type: 'disk-full' });
        break;
      case 'stall-disk':
        pin(fault.node, { type: 'stall-disk', path: '', operation: '*' });
        break;
      case 'pause':
        pauseProcess(fault.durationMs);
        break;
      case 'rot':
        flipBit(join(this.directory, fault.node, 'files', fault.path));
        break;
      case 'wall-jump':
        throw new Error(`this world lacks ${fault.type}`);
    }
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

/** All nodes of the world are guests of this process: whoever stops it stops them. */
function pauseProcess(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** Flips a bit in the middle of a file, behind the back of whoever has it open. */
function flipBit(path: string): void {
  const file = fs.openSync(path, 'r+');
  const place = Math.floor(fs.fstatSync(file).size / 2);
  const byte = new Uint8Array(1);
  fs.readSync(file, byte, 0, 1, place);
  fs.writeSync(file, Uint8Array.of((byte[0] ?? 0) ^ 0x10), 0, 1, place);
  fs.closeSync(file);
}

/** A fault of the contract on what a node sends to `peer`. */
function onLink(type: 'cut' | 'duplicate' | 'stall-link', peer: NodeId): HostFault {
  const direction = 'out';
  if (type === 'duplicate') return { type, peer, direction, perMille: 1000 };
  return { type: type === 'cut' ? 'cut' : 'stall', peer, direction };
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
