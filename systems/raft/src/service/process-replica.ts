/**
 * A replica in this process: a Host of its own, on the machine's network and disk.
 */
import { type RunningNode, toNodeId } from '@mangrove/host';
import {
  createProcessHost,
  type ProcessHost,
  type ProcessHostOptions,
} from '@mangrove/host-process/node';
import { findCrc32c } from '@mangrove/wire/node';
import { simpleConfiguration } from '../core/configuration.ts';
import type { RaftNodeConfig } from '../shell/raft-node-config.ts';
import { Replica, startReplica } from '../shell/replica.ts';
import type { MachineDefinition } from '../shell/typed-machine.ts';

/** How a replica in this process is set up. */
export interface ProcessReplicaOptions
  extends Pick<
      RaftNodeConfig<unknown>,
      'options' | 'snapshotEveryBytes' | 'snapshotEveryCount' | 'versionMax'
    >,
    Pick<ProcessHostOptions, 'cluster' | 'host' | 'port' | 'tls' | 'control' | 'trace'> {
  /** The name of this node. */
  readonly node: string;
  /** Where it keeps everything; one process at a time may use it. */
  readonly directory: string;
  /**
   * The founders and where their messages go, this node included: the same for all of them. A node
   * that joins later leaves itself out, and is added with `node.addLearner`.
   */
  readonly peers: Readonly<Record<string, string>>;
}

/** Starts a replica in this process. Rejects with `RaftError` or `HostError`, holding nothing. */
export async function openReplica<State, Command, Result>(
  definition: MachineDefinition<State, Command, Result>,
  options: ProcessReplicaOptions,
): Promise<ProcessReplica<State, Command, Result>> {
  const host = await createProcessHost({
    ...options,
    node: toNodeId(options.node),
    dataDirectory: options.directory,
  });
  return await startOn(host, definition, options);
}

/** Starts a replica on a Host; closes the Host where that fails. */
export async function startOn<State, Command, Result>(
  host: ProcessHost,
  definition: MachineDefinition<State, Command, Result>,
  options: Omit<ProcessReplicaOptions, 'node' | 'directory'>,
): Promise<ProcessReplica<State, Command, Result>> {
  const peers = Object.entries(options.peers).map(([name, address]) => ({
    node: toNodeId(name),
    address,
  }));
  const founders = peers.map(({ node }) => node);
  const { options: raftOptions, cluster, versionMax } = options;
  const { snapshotEveryBytes, snapshotEveryCount } = options;
  try {
    const replica = await startReplica(host, definition, {
      peers,
      ...(founders.includes(host.node) ? { founding: simpleConfiguration(founders) } : {}),
      options: { hasForwarding: true, ...raftOptions },
      crc32c: findCrc32c().crc32c,
      ...(cluster === undefined ? {} : { cluster }),
      ...(snapshotEveryBytes === undefined ? {} : { snapshotEveryBytes }),
      ...(snapshotEveryCount === undefined ? {} : { snapshotEveryCount }),
      ...(versionMax === undefined ? {} : { versionMax }),
    });
    return new ProcessReplica(host, replica);
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** A replica and the Host that it has to itself. */
export class ProcessReplica<State, Command, Result>
  extends Replica<State, Command, Result>
  implements RunningNode
{
  /** Its Host: `ended` tells why it stopped, `metrics` what it counts. */
  readonly host: ProcessHost;

  constructor(host: ProcessHost, replica: Replica<State, Command, Result>) {
    super(replica.node, replica.machine);
    this.host = host;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.host.close();
  }
}
