/**
 * One put, and a thousand watchers that hear of it: events a second, beside etcd.
 *
 * All watchers are of one client and watch one key. The next put follows when every watcher has
 * heard of the one before. Ours hands each event to an iterator; etcd's are counted as they come.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { freePorts } from '@mangrove/host-process/node';
import { connectKv } from '@mangrove/kv/node';
import { findEtcd, startEtcd } from '@mangrove/test-kit/node';
import { EtcdConnection, putMessage, watchMessage } from './etcd-connection.ts';
import { startMembers } from './kv-members.ts';
import { median } from './load.ts';

const WATCHER_COUNT = 1000;
const PUT_COUNT = 20;
const ROUND_COUNT = 5;

/** A store whose watchers hear of puts. */
interface FanOut {
  /** Puts so often, each time once all have heard; resolves to the milliseconds that it took. */
  round(): Promise<number>;
  close(): Promise<void>;
}

/** The benchmark. */
export const bench: Bench = {
  name: 'kv-watch',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const stores: FanOut[] = [];
    try {
      stores.push(await openOurs(join(directory, 'kv')));
      const program = findEtcd();
      if (program === undefined) {
        process.stderr.write('skipped: etcd (needs etcd, Debian package etcd-server)\n');
        return;
      }
      stores.push(await openEtcd(program, join(directory, 'etcd')));
      const figures = stores.map((): number[] => []);
      for (let round = 0; round < ROUND_COUNT; round += 1) {
        for (const [nth, store] of stores.entries()) figures[nth]?.push(await store.round());
      }
      const [ours = Number.NaN, reference = Number.NaN] = figures.map(
        (each) => (1000 * WATCHER_COUNT * PUT_COUNT) / median(each),
      );
      report({
        ...{ bench: 'kv-watch', case: `a put to ${WATCHER_COUNT} watchers, beside etcd: events` },
        ...{ ours, reference, unit: '1/s', ratio: ours / reference, goal: '', met: true },
      });
    } finally {
      for (const store of stores) await store.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Counts what was heard, and tells when it is all of it. */
class Hearing {
  private count = 0;
  private wanted = 0;
  private resolve: () => void = () => {};

  readonly hear = (): void => {
    this.count += 1;
    if (this.count === this.wanted) this.resolve();
  };

  /** Resolves when so many more have been heard. */
  whenHeard(count: number): Promise<void> {
    this.wanted = this.count + count;
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

async function rounds(hearing: Hearing, put: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  for (let nth = 0; nth < PUT_COUNT; nth += 1) {
    const heard = hearing.whenHeard(WATCHER_COUNT);
    await put();
    await heard;
  }
  return performance.now() - startedAt;
}

async function openOurs(directory: string): Promise<FanOut> {
  const members = await startMembers(directory);
  const client = connectKv({ endpoints: members.endpoints });
  const hearing = new Hearing();
  const watches = Array.from({ length: WATCHER_COUNT }, () => client.watch('key'));
  const listening = watches.map(async (watch) => {
    for await (const _event of watch) hearing.hear();
  });
  await Promise.all(watches.map((watch) => watch.started));
  return {
    round: () => rounds(hearing, () => client.put('key', 'x')),
    close: async () => {
      await client.close();
      await Promise.all(listening);
      await members.close();
    },
  };
}

async function openEtcd(program: string, directory: string): Promise<FanOut> {
  const members = await startEtcd(program, directory, freePorts);
  const connection = await EtcdConnection.connect(members.endpoints[0] ?? '');
  const hearing = new Hearing();
  const send = connection.stream('Watch/Watch', hearing.hear);
  const created = hearing.whenHeard(WATCHER_COUNT);
  for (let nth = 0; nth < WATCHER_COUNT; nth += 1) send(watchMessage(Buffer.from('key')));
  await created;
  const message = putMessage(Buffer.from('key'), Buffer.from('x'));
  return {
    round: () => rounds(hearing, () => connection.call('KV/Put', message)),
    close: async () => {
      connection.close();
      await members.close();
    },
  };
}
