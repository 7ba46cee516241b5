/**
 * Three simulated machines with many groups of a register each, and counts of what they send and
 * sync.
 */
import { type Host, type NodeId, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { expect } from 'vitest';
import {
  type GroupConfig,
  RaftGroups,
  type RaftNode,
  RegisterMachine,
  simpleConfiguration,
  startRaftGroups,
} from '../src/index.ts';
import { outcomeOf } from './outcome.ts';

/** The machines. */
export const NODES: readonly NodeId[] = ['a', 'b', 'c'].map(toNodeId);
const OPTIONS = { electionTimeoutMs: 150, heartbeatIntervalMs: 30 };

/** A place of a group: its node and its register. */
export interface Place {
  readonly node: RaftNode<Uint8Array>;
  readonly register: RegisterMachine;
}

/** Three processes with `groupCount` registers each. */
export class Town {
  readonly simulation: Simulation;
  readonly names: readonly string[];
  readonly places = new Map<string, Place>();
  readonly hosts = new Map<NodeId, Host>();
  /** Groups that machines do not open when they start. */
  readonly unopened = new Set<string>();
  sentCount = 0;
  syncCount = 0;
  private readonly quiesceAfterMs: number;

  constructor(seed: number, groupCount: number, quiesceAfterMs = 200) {
    this.quiesceAfterMs = quiesceAfterMs;
    this.simulation = new Simulation({ seed, nodes: NODES, restartAfterMs: 100 });
    this.names = Array.from({ length: groupCount }, (_, place) => `group-${place}`);
    for (const node of NODES) this.simulation.start(node, (host) => this.begin(host));
  }

  place(node: NodeId, name: string): Place | undefined {
    return this.simulation.running(node) === undefined
      ? undefined
      : this.places.get(`${node} ${name}`);
  }

  leader(name: string): Place | undefined {
    for (const node of NODES) {
      const place = this.place(node, name);
      if (place?.node.status().role === 'leader') return place;
    }
    return undefined;
  }

  get asleepCount(): number {
    return NODES.reduce((sum, node) => {
      const groups = this.simulation.running(node);
      return sum + (groups instanceof RaftGroups ? groups.asleepCount : 0);
    }, 0);
  }

  groups(node: NodeId): RaftGroups {
    const groups = this.simulation.running(node);
    if (!(groups instanceof RaftGroups)) throw new Error(`${node} does not run`);
    return groups;
  }

  /** Opens a group on one machine. */
  async open(
    groups: RaftGroups,
    machine: NodeId,
    name: string,
    config: Partial<GroupConfig<Uint8Array>> = {},
  ): Promise<RaftNode<Uint8Array>> {
    const stateMachine = new RegisterMachine();
    const bounds = { snapshotEveryCount: 8, trailingCount: 2 };
    const node = await groups.open(name, { stateMachine, ...bounds, ...config });
    this.places.set(`${machine} ${name}`, { node, register: stateMachine });
    return node;
  }

  /** Runs until `promise` has ended, and gives its value or error. */
  outcome<Value>(promise: Promise<Value>): Promise<Value | Error> {
    return outcomeOf(promise, (isDone) => this.until(isDone));
  }

  async until(isDone: () => boolean, ms = 10_000): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + ms, isDone);
    expect(isDone()).toBe(true);
  }

  async pass(ms: number): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + ms);
  }

  private async begin(host: Host): Promise<RaftGroups> {
    const groups = await startRaftGroups(this.counted(host), {
      peers: NODES.map((node) => ({ node, address: node })),
      options: { ...OPTIONS, quiesceAfterMs: this.quiesceAfterMs },
    });
    this.hosts.set(host.node, host);
    const founding = simpleConfiguration(NODES);
    const isWanted = (name: string) => !this.unopened.has(name);
    const wanted = this.names.filter(isWanted);
    await Promise.all(wanted.map((name) => this.open(groups, host.node, name, { founding })));
    return groups;
  }

  /** The Host, with a count of what leaves, and of what is synced. */
  private counted(host: Host): Host {
    const { messages, disk } = host;
    const send: Host['messages']['send'] = (to, bytes, lane) => {
      this.sentCount += 1;
      return messages.send(to, bytes, lane);
    };
    const open: Host['disk']['open'] = async (path, mode) => {
      const file = await disk.open(path, mode);
      const sync = () => {
        this.syncCount += 1;
        return file.sync();
      };
      const writeDurably: typeof file.writeDurably = (offset, pieces) => {
        this.syncCount += 1;
        return file.writeDurably(offset, pieces);
      };
      return overlaid(file, { sync, writeDurably });
    };
    return overlaid(host, {
      messages: overlaid(messages, { send }),
      disk: overlaid(disk, { open }),
    });
  }
}

/** `target` with some of its members replaced. */
function overlaid<Target extends object>(target: Target, own: Partial<Target>): Target {
  return new Proxy(target, {
    get: (_, key) => {
      if (key in own) return Reflect.get(own, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
