/**
 * One of three processes that run a Raft node each, on real disks and connections.
 *
 * The state machine counts what it is given: what is measured is the log. Followers hear of commits
 * with the next append, or 10 ms later; a snapshot is taken every 200,000 entries. Forked with its
 * place, a directory and a port; the one that is elected says so.
 */
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { onOrder, runLoad, tell } from '@mangrove/test-kit/node';
import { findCrc32c } from '@mangrove/wire/node';
import { RaftError, type RaftNode, simpleConfiguration, startRaftNode } from '../src/index.ts';

const [place = '0', directory = '', port = '0'] = process.argv.slice(2);
const host = await createProcessHost({
  node: toNodeId(`n${place}`),
  dataDirectory: `${directory}/raft-${place}`,
  port: Number(port),
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
    return;
  }
  if (node === undefined) return;
  if (order.type === 'propose') {
    tell({ type: 'outcome', id: order.id, isCommitted: await isCommitted(node) });
    return;
  }
  const leader = node;
  const propose = (data: Uint8Array) => leader.propose(data);
  tell({ type: 'done', report: await runLoad(order.load, propose, syncCount) });
});
tell({ type: 'ready', address: host.messageAddress });

function start(addresses: readonly string[]): Promise<RaftNode<number>> {
  const peers = addresses.map((address, nth) => ({ node: toNodeId(`n${nth}`), address }));
  const founding = simpleConfiguration(peers.map((peer) => peer.node));
  return startRaftNode(host, {
    stateMachine: new Counter(),
    founding,
    peers,
    options: { commitNoticeMs: 10 },
    crc32c: findCrc32c().crc32c,
    snapshotEveryCount: 200_000,
    trailingCount: 10_000,
  });
}

/** Proposes once; whatever refuses it, it is not committed yet. */
async function isCommitted(own: RaftNode<number>): Promise<boolean> {
  try {
    await own.propose(new Uint8Array(1));
    return true;
  } catch (error) {
    if (error instanceof RaftError) return false;
    throw error;
  }
}

/** Tells when this node leads and has committed, each time that it comes to lead. */
async function tellOfLead(own: RaftNode<number>): Promise<void> {
  let isLeading = false;
  for (;;) {
    const { role } = own.status();
    if (role !== 'leader') isLeading = false;
    else if (!isLeading && (await isCommitted(own))) {
      isLeading = true;
      tell({ type: 'leading' });
    }
    await host.timers.sleep(20);
  }
}

/** How many syncs the disk of this process has done. */
function syncCount(): number {
  const readings = host.metrics.snapshot();
  return readings.find(({ name }) => name === 'host_disk_sync')?.value ?? Number.NaN;
}
