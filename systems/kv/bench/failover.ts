/**
 * From `kill -9` of the leader to the next acknowledged put, beside etcd at equal timeouts.
 *
 * Both have a heartbeat of 100 ms and an election timeout of 1000 ms. A client that knows all three
 * members puts until one put is answered: ours by its own client, which looks for the leader; etcd
 * by puts to both survivors every 10 ms. Then the dead member comes back; the groups take turns.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { freePorts } from '@mangrove/host-process/node';
import { connectKv } from '@mangrove/kv/node';
import { findEtcd, startEtcd } from '@mangrove/test-kit/node';
import { EtcdConnection, putMessage } from './etcd-connection.ts';
import { type Members, startMembers } from './kv-members.ts';
import { median } from './load.ts';

const ROUND_COUNT = 10;
const PUT_EVERY_MS = 10;
const PATIENCE_MS = 15_000;
const ELECTION_TIMEOUT_MS = 1000;

/** How long a group rests before its next leader dies: more than an election timeout. */
const REST_MS = 2500;

type Put = (members: Members, dead: number) => Promise<unknown>;

/** The benchmark. */
export const bench: Bench = {
  name: 'kv-failover',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const groups: { readonly members: Members; readonly put: Put; readonly figures: number[] }[] =
      [];
    try {
      const ours = await startMembers(join(directory, 'kv'));
      groups.push({ members: ours, put: putOurs, figures: [] });
      const program = findEtcd();
      if (program === undefined) {
        process.stderr.write('skipped: etcd (needs etcd, Debian package etcd-server)\n');
      } else {
        const etcd = await startEtcd(program, join(directory, 'etcd'), freePorts);
        groups.push({ members: etcd, put: putEtcd, figures: [] });
      }
      for (let round = 0; round < ROUND_COUNT; round += 1) {
        await sleep(REST_MS);
        for (const { members, put, figures } of groups) figures.push(await failOver(members, put));
      }
      const [own = [], theirs = [ELECTION_TIMEOUT_MS]] = groups.map(({ figures }) => figures);
      const beside = groups.length > 1 ? 'etcd' : 'its election timeout';
      tell(report, `median, beside ${beside}`, median(own), median(theirs));
      const worst = `worst of ${ROUND_COUNT}, beside ${beside}`;
      tell(report, worst, Math.max(...own), Math.max(...theirs));
    } finally {
      for (const { members } of groups) await members.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Kills the leader; resolves to the milliseconds until the next put is acknowledged. */
async function failOver(members: Members, put: Put): Promise<number> {
  const dead = await members.leader();
  members.kill(dead);
  const startedAt = performance.now();
  try {
    await put(members, dead);
    return performance.now() - startedAt;
  } finally {
    await members.restart(dead);
  }
}

async function putOurs(members: Members): Promise<void> {
  const { endpoints } = members;
  await using client = connectKv({ endpoints, timeoutMs: PATIENCE_MS });
  await client.put('failover', 'x');
}

async function putEtcd(members: Members, dead: number): Promise<void> {
  const survivors = members.endpoints.filter((_, nth) => nth !== dead);
  const connections = await Promise.all(survivors.map((each) => EtcdConnection.connect(each)));
  const message = putMessage(Buffer.from('failover'), Buffer.from('x'));
  try {
    await new Promise<void>((resolve, reject) => {
      const startedAt = performance.now();
      const timer = setInterval(() => {
        if (performance.now() - startedAt > PATIENCE_MS) {
          clearInterval(timer);
          reject(new Error(`nothing was acknowledged within ${PATIENCE_MS} ms`));
        }
        for (const connection of connections) {
          // Who has no leader yet refuses or stays silent: the next put will tell.
          connection.call('KV/Put', message).then(
            () => {
              clearInterval(timer);
              resolve();
            },
            () => {},
          );
        }
      }, PUT_EVERY_MS);
    });
  } finally {
    for (const connection of connections) connection.close();
  }
}

function tell(
  report: (row: BenchRow) => void,
  name: string,
  ours: number,
  reference: number,
): void {
  report({
    ...{ bench: bench.name, case: `kill -9 of the leader to the next put, ${name}` },
    ...{ ours, reference, unit: 'ms', ratio: ours / reference, goal: '', met: true },
  });
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
