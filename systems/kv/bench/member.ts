/**
 * A member of its own, as a process with files, with a million keys of 100 bytes and values of 256:
 * how long it takes to start, what it holds, and how long its loop stands still meanwhile.
 *
 *     fill, write some of it again -> compact -> a snapshot of that -> kill -9 -> start -> read all
 *
 * A loop has 5 ms for what is done at once, and heartbeats wait for it. What it is late is told
 * beside that: without the pauses of the collector, which have a bound of their own, and as CPU of
 * its thread, which a machine that is busy with other things does not make longer.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { type KvClient, op } from '@mangrove/kv';
import { connectKv, createCluster, MEMBER_FLAGS } from '@mangrove/kv/node';
import { rowsOf } from './bounded-row.ts';
import { endOf } from './end-process.ts';
import type { LoopReport } from './loop-watch.ts';

const KEY_COUNT = 1_000_000;
/** How many of them are written while code is compiled, which is told apart. */
const FIRST_COUNT = 10_000;
/** How many of them are written again, before a compaction. */
const AGAIN_COUNT = 250_000;
const MIB = 1_048_576;
const CONTENT_MIB = (KEY_COUNT * 356) / MIB;
/** How the store is filled: so many puts at once, so many times at once. */
const PUTS_PER_TXN = 100;
const WIDTH = 16;
/** What the process of a member may take for that. */
const MEMORY_MIB_MAX = 1024;
const START_MS_MAX = 15_000;
const PATIENCE_MS = 120_000;
const POLL_MS = 100;
const NAME = 'kv-member';
const toRow = rowsOf(NAME);
/** How long a loop may work at a stretch. */
const WORK_MS_MAX = 5;
const PROGRAM = fileURLToPath(new URL('./watched-process.ts', import.meta.url));

/** What the log gets until a snapshot is due: values of so many bytes, so many to a compaction. */
const FILLING_BYTES = 65_536;
const FILLING_COUNT = 32;

/** The benchmark. */
export const bench: Bench = {
  name: NAME,
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const data = join(directory, 'kv');
    const { members } = await createCluster(data, { nodes: 1, clientPort: 0 });
    let member = open(data);
    const endpoints = members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
    const client = connectKv({ endpoints, timeoutMs: PATIENCE_MS });
    let pauseMs = 0;
    const tell = async (what: string) => {
      const loop = await loopOf(member);
      pauseMs = Math.max(pauseMs, loop.pauseMs);
      const name = `longest work of its loop, beside its longest stall: ${what}`;
      report(toRow(name, loop.workMs, loop.stallMs, 'ms', WORK_MS_MAX));
      return loop;
    };
    try {
      await putFirst(client, FIRST_COUNT, 0);
      await tell('the first 10,000 keys are written');
      await putFirst(client, KEY_COUNT, 0);
      await tell('it is filled');
      await putFirst(client, AGAIN_COUNT, 1);
      await noSnapshotUnderWay(data);
      await loopOf(member);
      await compactAll(client);
      await tell('250,000 versions are swept');
      await newSnapshot(client, data);
      await tell('a snapshot is written');
      await endOf(member, 'SIGKILL');
      const startedAt = performance.now();
      member = open(data);
      await client.get('any');
      const tookMs = performance.now() - startedAt;
      const loop = await tell('it starts');
      report(toRow('from its start to its first answer', tookMs, START_MS_MAX, 'ms', START_MS_MAX));
      report(memoryRow('memory then', loop.rssBytes));
      report(memoryRow('the most until then', loop.rssBytesMost));
      await client.count({ prefix: '' });
      await tell('a million keys are counted');
      let count = 0;
      for await (const _ of client.entries({ prefix: '' })) count += 1;
      if (count < KEY_COUNT) throw new Error(`it gave ${count} keys of ${KEY_COUNT}`);
      await tell('a million keys are read page by page');
      report(toRow('longest pause of its garbage collector', pauseMs, 50, 'ms', 50));
    } finally {
      await client.close();
      await endOf(member, 'SIGKILL');
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function open(data: string): ChildProcess {
  return fork(PROGRAM, [data, 'n1'], { execArgv: [...MEMBER_FLAGS] });
}

function memoryRow(name: string, bytes: number): BenchRow {
  const label = `${name}, beside keys and values`;
  return toRow(label, bytes / MIB, CONTENT_MIB, 'MiB', MEMORY_MIB_MAX);
}

/** What the loop of a member did since it was asked last. */
async function loopOf(member: ChildProcess): Promise<LoopReport> {
  const told = once(member, 'message');
  member.send('loop');
  return ((await told) as [LoopReport])[0];
}

async function putFirst(client: KvClient, count: number, round: number): Promise<void> {
  const value = new Uint8Array(256).fill(round);
  let index = 0;
  const worker = async () => {
    while (index < count) {
      const from = index;
      index += PUTS_PER_TXN;
      const puts = Array.from({ length: PUTS_PER_TXN }, (_, nth) =>
        op.put(keyOf(from + nth), value),
      );
      await client
        .txn()
        .then(...puts)
        .commit();
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}

// A million keys in no order, as a hash would give them.
function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(100);
  new DataView(key.buffer).setUint32(0, Math.imul(index, 0x9e37_79b1) >>> 0);
  return key;
}

/** Compacts up to now, and waits until what was overwritten is given back. */
async function compactAll(client: KvClient): Promise<void> {
  const before = await client.status();
  await client.compact(before.revision);
  for (let last = before.sizeBytes; ; await sleep(POLL_MS)) {
    const { sizeBytes } = await client.status();
    if (sizeBytes === last && sizeBytes < before.sizeBytes) return;
    last = sizeBytes;
  }
}

/**
 * Writes large values under one key until the log is long enough for a snapshot, and waits until
 * that is there. They are compacted on the way, so that nearly nothing of them is in it.
 */
async function newSnapshot(client: KvClient, data: string): Promise<void> {
  const had = await snapshotsIn(data);
  const isBegun = async () => {
    const { newest, isUnderWay } = await snapshotsIn(data);
    return isUnderWay || newest !== had.newest;
  };
  const value = new Uint8Array(FILLING_BYTES);
  while (!(await isBegun())) {
    for (let nth = 0; nth < FILLING_COUNT; nth += 1) await client.put('filling', value);
    await client.compact((await client.status()).revision);
  }
  await noSnapshotUnderWay(data);
}

async function noSnapshotUnderWay(data: string): Promise<void> {
  while ((await snapshotsIn(data)).isUnderWay) await sleep(POLL_MS);
}

async function snapshotsIn(
  data: string,
): Promise<{ readonly newest: string; readonly isUnderWay: boolean }> {
  const names = (await readdir(data, { recursive: true })).map((path) => basename(path));
  const whole = names.filter((name) => /^snapshot-\d+$/.test(name)).toSorted();
  return { newest: whole.at(-1) ?? '', isUnderWay: names.some((name) => /^own-\d+/.test(name)) };
}
