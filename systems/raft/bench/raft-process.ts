/**
 * One of three processes that run a Raft node each, on real disks and connections.
 *
 * The state machine counts what it is given: what is measured is the log. Forked with its place and
 * a directory; the one that is elected says so.
 */
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { type RaftNode, simpleConfiguration, startRaftNode } from '../src/index.ts';
import { runLoad } from './load.ts';
import { onOrder, tell } from './replica-channel.ts';

const [place = '0', directory = ''] = process.argv.slice(2);
const host = await createProcessHost({
  node: toNodeId(`n${place}`),
  dataDirectory: `${directory}/raft-${place}`,
});
let node: RaftNode<number> | undefined;

/** Counts commands. */
class Counter {
  private count = 0;

  apply(): number {
    this.count += 1;
    return this.count;
  }

  snapshot(): Uint8Array {
    return new TextEncoder().encode(String(this.count));
  }

  restore(bytes: Uint8Array): void {
    this.count = Number(new TextDecoder().decode(bytes));
  }
}

void host.ended.then((end) => {
  if (end.type !== 'failed') return;
  process.stderr.write(`${String(end.cause)}\n`);
  process.exit(1);
});

onOrder(async (order) => {
  if (order.type === 'start') {
    node = await start(order.addresses);
    host.run(() => tellOfLead(node as RaftNode<number>));
  } else if (node !== undefined) {
    const leader = node;
    const propose = (data: Uint8Array) => leader.propose(data);
    tell({ type: 'done', report: await runLoad(order.load, propose, syncCount) });
  }
});
tell({ type: 'ready', address: host.messageAddress });

function start(addresses: readonly string[]): Promise<RaftNode<number>> {
  const peers = addresses.map((address, nth) => ({ node: toNodeId(`n${nth}`), address }));
  const founding = simpleConfiguration(peers.map((peer) => peer.node));
  return startRaftNode(host, {
    stateMachine: new Counter(),
    founding,
    peers,
    snapshotEveryCount: 200_000,
    trailingCount: 10_000,
  });
}

/** Tells when this node leads and has committed; never where another one does. */
async function tellOfLead(own: RaftNode<number>): Promise<void> {
  while (own.status().role !== 'leader') await host.timers.sleep(20);
  await own.propose(new Uint8Array(1));
  tell({ type: 'leading' });
}

/** How many syncs the disk of this process has done. */
function syncCount(): number {
  const readings = host.metrics.snapshot();
  return readings.find(({ name }) => name === 'host_disk_sync')?.value ?? Number.NaN;
}
