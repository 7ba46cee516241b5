/**
 * A group of etcd whose leader the failover benchmark kills.
 */
import { freePorts } from '@mangrove/host-process/node';
import { type EtcdMembers, startEtcd } from '@mangrove/test-kit/node';
import type { Cluster } from './failover.ts';

/** Starts three members in `directory`, and waits until one commits. */
export async function startEtcdCluster(program: string, directory: string): Promise<Cluster> {
  return new EtcdCluster(await startEtcd(program, directory, freePorts));
}

class EtcdCluster implements Cluster {
  private readonly members: EtcdMembers;

  constructor(members: EtcdMembers) {
    this.members = members;
  }

  async killLeader(): Promise<number> {
    const place = await this.members.leader();
    this.members.kill(place);
    return place;
  }

  async put(place: number, signal: AbortSignal): Promise<boolean> {
    const pair = { key: 'aw==', value: 'dg==' };
    const answer = await this.members.ask(place, 'kv/put', pair, signal);
    return answer !== undefined && 'header' in answer;
  }

  restart(place: number): Promise<void> {
    return this.members.restart(place);
  }

  close(): Promise<void> {
    return this.members.close();
  }
}
