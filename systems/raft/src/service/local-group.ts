/**
 * A whole group in this process, over real connections and files: to try things out, and for tests
 * of what is built on it.
 */
import { InvalidArgument, toNodeId } from '@mangrove/host';
import { createProcessHost, type ProcessHost } from '@mangrove/host-process/node';
import type { MachineDefinition } from '../shell/typed-machine.ts';
import { type ProcessReplica, type ProcessReplicaOptions, startOn } from './process-replica.ts';

/** How a group in this process is set up. */
export interface LocalGroupOptions
  extends Omit<ProcessReplicaOptions, 'node' | 'peers' | 'port' | 'tls'> {
  /** The names of its nodes. Default: `n1`, `n2`, `n3`. */
  readonly nodes?: readonly string[];
  /** Mutual TLS: the identity of each node. Default: none. */
  readonly tlsOf?: (node: string) => ProcessReplicaOptions['tls'];
}

/** Starts a group in this process; every node has a directory of its own below `directory`. */
export async function startLocalGroup<State, Command, Result>(
  definition: MachineDefinition<State, Command, Result>,
  options: LocalGroupOptions,
): Promise<LocalGroup<State, Command, Result>> {
  const { nodes = ['n1', 'n2', 'n3'], directory, tlsOf, ...rest } = options;
  const hosts: ProcessHost[] = [];
  try {
    for (const node of nodes) {
      const dataDirectory = `${directory}/${node}`;
      const identity = tlsOf?.(node);
      const tls = identity === undefined ? {} : { tls: identity };
      hosts.push(await createProcessHost({ ...rest, node: toNodeId(node), dataDirectory, ...tls }));
    }
    const peers = Object.fromEntries(hosts.map((host) => [host.node, host.messageAddress]));
    const replicas = hosts.map((host) => startOn(host, definition, { ...rest, peers }));
    return new LocalGroup(await Promise.all(replicas));
  } catch (error) {
    await Promise.all(hosts.map((host) => host.close()));
    throw error;
  }
}

/** The replicas of one group. */
export class LocalGroup<State, Command, Result> implements AsyncDisposable {
  readonly replicas: readonly ProcessReplica<State, Command, Result>[];

  constructor(replicas: readonly ProcessReplica<State, Command, Result>[]) {
    this.replicas = replicas;
  }

  /** The replica called `name`; throws `InvalidArgument` where there is none. */
  replica(name: string): ProcessReplica<State, Command, Result> {
    const found = this.replicas.find(({ host }) => host.node === name);
    if (found !== undefined) return found;
    throw new InvalidArgument('name', name, 'the name of a node of the group');
  }

  /** The replica that leads, as soon as one does. Rejects with `aborted` through `signal`. */
  async leader(signal?: AbortSignal): Promise<ProcessReplica<State, Command, Result>> {
    const [first] = this.replicas;
    if (first === undefined) throw new InvalidArgument('nodes', '[]', 'one name or more');
    for await (const { leader } of first.node.changes(signal === undefined ? {} : { signal })) {
      const found = this.replicas.find(({ host }) => host.node === leader);
      if (found !== undefined) return found;
    }
    throw new InvalidArgument('group', 'closed', 'open');
  }

  /** Closes every replica. */
  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
