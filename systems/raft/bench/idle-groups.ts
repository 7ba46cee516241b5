/**
 * Idle groups: what a thousand of them cost in memory, time and messages, asleep and awake.
 *
 * Three nodes in this process, over real TCP and files, with a thousand registers each. Idle and
 * asleep they are held against the same groups that never sleep, in the same run: CPU and messages
 * of all three nodes over some seconds. Memory is held against a kibibyte.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage, memoryUsage } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { type Host, toNodeId } from '@mangrove/host';
import { createProcessHost, type ProcessHost } from '@mangrove/host-process/node';
import {
  type RaftGroups,
  RegisterMachine,
  simpleConfiguration,
  startRaftGroups,
} from '../src/index.ts';

const GROUP_COUNT = 1000;
const WATCHED_MS = 5000;
const NODES = ['a', 'b', 'c'].map(toNodeId);
const TIMES = { electionTimeoutMs: 3000, heartbeatIntervalMs: 300 };

/** What one kind of town costs. */
interface Cost {
  readonly bytesPerGroup: number;
  readonly cpuPercent: number;
  readonly messagesPerSecond: number;
}

/** The benchmark. */
export const bench: Bench = {
  name: 'raft-idle-groups',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const asleep = await measure(1000);
    const awake = await measure(0);
    const name = `${GROUP_COUNT} groups on 3 nodes`;
    const row = (what: string, ours: number, reference: number, unit: string) =>
      report({
        bench: 'raft-idle-groups',
        case: `${name}: ${what}`,
        ours,
        reference,
        unit,
        ratio: ours / reference,
        goal: '',
        met: true,
      });
    row('CPU asleep, beside awake', asleep.cpuPercent, awake.cpuPercent, '% of a core');
    row('messages asleep, beside awake', asleep.messagesPerSecond, awake.messagesPerSecond, '1/s');
    row('heap of a group on one node', asleep.bytesPerGroup, 1024, 'bytes');
  },
};

/** Founds the groups, waits until they are led and at rest, and watches them. */
async function measure(quiesceAfterMs: number): Promise<Cost> {
  const directory = await mkdtemp(join(tmpdir(), 'mangrove-idle-groups-'));
  const hosts = await Promise.all(
    NODES.map((node) => createProcessHost({ node, dataDirectory: join(directory, node) })),
  );
  const sent = { count: 0 };
  const before = heapBytes();
  const nodes = await Promise.all(hosts.map((host) => begin(host, hosts, quiesceAfterMs, sent)));
  try {
    await atRest(nodes, quiesceAfterMs > 0, sent);
    const bytesPerGroup = (heapBytes() - before) / GROUP_COUNT / NODES.length;
    sent.count = 0;
    const cpuBefore = cpuUsage();
    await sleep(WATCHED_MS);
    const { user, system } = cpuUsage(cpuBefore);
    return {
      bytesPerGroup,
      cpuPercent: (user + system) / 10 / WATCHED_MS,
      messagesPerSecond: (sent.count * 1000) / WATCHED_MS,
    };
  } finally {
    for (const node of nodes) await node.close();
    for (const host of hosts) await host.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function begin(
  host: ProcessHost,
  hosts: readonly ProcessHost[],
  quiesceAfterMs: number,
  sent: { count: number },
): Promise<RaftGroups> {
  const peers = hosts.map(({ node, messageAddress }) => ({ node, address: messageAddress }));
  const groups = await startRaftGroups(counted(host, sent), {
    peers,
    options: { ...TIMES, quiesceAfterMs },
  });
  for (let first = 0; first < GROUP_COUNT; first += 50) {
    const some = Array.from({ length: 50 }, (_, place) => `group-${first + place}`);
    await Promise.all(
      some.map((name) => {
        const founding = simpleConfiguration(NODES);
        return groups.open(name, { stateMachine: new RegisterMachine(), founding });
      }),
    );
  }
  return groups;
}

/** Waits until every group is asleep, or, where none sleeps, until no more than beats is sent. */
async function atRest(
  nodes: readonly RaftGroups[],
  isAsleep: boolean,
  sent: { count: number },
): Promise<void> {
  for (let quietCount = 0; quietCount < 3; ) {
    sent.count = 0;
    await sleep(1000);
    const asleepCount = nodes.reduce((sum, { asleepCount }) => sum + asleepCount, 0);
    const isQuiet = isAsleep ? asleepCount === GROUP_COUNT * NODES.length : sent.count < 200;
    quietCount = isQuiet ? quietCount + 1 : 0;
  }
}

/** The Host, with a count of the messages that leave. */
function counted(host: Host, sent: { count: number }): Host {
  const { messages } = host;
  const send: Host['messages']['send'] = (to, bytes, lane) => {
    sent.count += 1;
    return messages.send(to, bytes, lane);
  };
  const bound = <Thing extends object>(thing: Thing, own: Partial<Thing>): Thing =>
    new Proxy(thing, {
      get: (target, key) => {
        if (key in own) return Reflect.get(own, key);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return bound(host, { messages: bound(messages, { send }) });
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return memoryUsage().heapUsed;
}
