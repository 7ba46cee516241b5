/**
 * How long the loop of a member works at a stretch, with 100,000 keys in its store and files under
 * it: whatever concerns all of them is done in slices, with others in between.
 *
 * What counts is the CPU of its thread from one tick of a timer to the next, without the pauses of
 * the collector, so that a busy machine makes nothing longer. The bound is far above the 2 ms of a
 * slice, and far below what any of this takes in one go.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endOf } from '../bench/end-process.ts';
import type { LoopReport } from '../bench/loop-watch.ts';
import { type KvClient, op } from '../src/index.ts';
import { connectKv, createCluster, MEMBER_FLAGS } from '../src/node.ts';

const KEY_COUNT = 100_000;
/** How many of them are written again. */
const AGAIN_COUNT = 50_000;
const PUTS_PER_TXN = 100;
const WORK_MS_MAX = 15;
const ATTEMPTS_MAX = 5;
const PROGRAM = fileURLToPath(new URL('../bench/watched-process.ts', import.meta.url));

let directory: string;
let member: ChildProcess;
let client: KvClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mangrove-loop-'));
  const data = join(directory, 'kv');
  const { members } = await createCluster(data, { nodes: 1, clientPort: 0 });
  member = fork(PROGRAM, [data, 'n1'], { execArgv: [...MEMBER_FLAGS] });
  const endpoints = members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  client = connectKv({ endpoints, timeoutMs: 60_000 });
  await fill(KEY_COUNT, 0);
  await fill(AGAIN_COUNT, 1);
}, 60_000);

afterAll(async () => {
  await client.close();
  await endOf(member, 'SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/**
 * What can be done once more: on a busy machine the collector now and then has a share of its own
 * work done by this thread, which counts; a slice that is too long is so every time.
 */
const REPEATABLE: ReadonlySet<string> = new Set([
  'a read of all keys in one answer',
  'a hash of all',
  'a backup',
]);

// In this order: the deletion comes last, and what it leaves is compacted once more.
const WORK: Readonly<Record<string, () => Promise<unknown>>> = {
  'a read of all keys in one answer': async () => {
    const { entries } = await client.read({ prefix: '' });
    expect(entries.length).toBe(KEY_COUNT);
  },
  'a hash of all': async () => {
    const [endpoint = ''] = client.endpoints;
    expect((await client.hash(endpoint)).hash).toBeGreaterThan(0);
  },
  'a backup': async () => {
    let sizeBytes = 0;
    for await (const chunk of client.snapshot()) sizeBytes += chunk.length;
    expect(sizeBytes).toBeGreaterThan(KEY_COUNT * 100);
  },
  'a compaction, and what it gives back': compactAll,
  'a deletion of all keys': async () => {
    expect((await client.delete({ prefix: '' })).deletedCount).toBe(KEY_COUNT);
  },
  'a compaction that leaves nothing': compactAll,
};

it.each(Object.entries(WORK))(
  'R6, R13, R29, R43, R45: %s stops nobody for long',
  { timeout: 120_000 },
  async (what, work) => {
    const reports: LoopReport[] = [];
    const longest = () => Math.min(...reports.map(({ workMs }) => workMs));
    do {
      await reported();
      await work();
      reports.push(await reported());
    } while (longest() > WORK_MS_MAX && REPEATABLE.has(what) && reports.length < ATTEMPTS_MAX);
    // It was watched: there is none of this without a slice of some length.
    expect(longest()).toBeGreaterThan(0.5);
    expect(longest(), JSON.stringify(reports)).toBeLessThan(WORK_MS_MAX);
  },
);

/** What the loop of the member did since this was asked last. */
async function reported(): Promise<LoopReport> {
  const told = once(member, 'message');
  member.send('loop');
  return ((await told) as [LoopReport])[0];
}

async function fill(count: number, round: number): Promise<void> {
  const value = new Uint8Array(100).fill(round);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const from = next;
      next += PUTS_PER_TXN;
      const puts = Array.from({ length: PUTS_PER_TXN }, (_, nth) => {
        return op.put(`key/${String(((from + nth) * 7919) % KEY_COUNT).padStart(6, '0')}`, value);
      });
      await client
        .txn()
        .then(...puts)
        .commit();
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** Compacts up to now, and waits until what was overwritten is given back. */
async function compactAll(): Promise<void> {
  const before = await client.status();
  await client.compact(before.revision);
  for (let last = before.sizeBytes; ; await sleep(50)) {
    const { sizeBytes } = await client.status();
    if (sizeBytes === last && sizeBytes < before.sizeBytes) return;
    last = sizeBytes;
  }
}
