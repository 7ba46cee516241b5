/**
 * Puts of 256 bytes and reads, on three processes with sync, beside etcd and the replication floor.
 *
 * One client process drives each store over one connection to its leader: ours by its client, etcd
 * by hand-written gRPC that decodes nothing. Rounds take turns; each figure is the median of its
 * rounds. Where there is no etcd that is printed, and puts stand beside the floor alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { freePorts } from '@mangrove/host-process/node';
import type { KvClient } from '@mangrove/kv';
import { connectKv } from '@mangrove/kv/node';
import { FLOOR, findEtcd, ReplicaGroup, startEtcd } from '@mangrove/test-kit/node';
import { EtcdConnection, putMessage, rangeMessage } from './etcd-connection.ts';
import { type KvMembers, type Members, startMembers } from './kv-members.ts';
import { type LoadReport, medianOf, runLoad } from './load.ts';

const ROUND_COUNT = 5;
const ROUND_MS = 1500;
/**
 * How many puts are in flight, and how long that is so before it counts. Code of ours is compiled
 * while it runs, that of etcd was before: each width has a beginning, which is told apart. With one
 * put in flight compilers are busy for the first 25,000 of them, and in the way of the others.
 */
const WIDTHS: readonly (readonly [width: number, beginningMs: number])[] = [
  [1, 20_000],
  [64, 5000],
  [1000, 5000],
];
/** Reads are compared at one width: what they cost beside puts shows there. */
const READ_WIDTH = 64;
const KEY_COUNT = 10_000;
const VALUE_BYTES = 256;
const NAME = 'kv-etcd';

/** The benchmark. */
export const bench: Bench = {
  name: NAME,
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const open: { close(): void | Promise<void> }[] = [];
    try {
      const members = await startMembers(join(directory, 'kv'));
      open.push(members);
      const ours = new OurStore(connectKv({ ...OURS, endpoints: members.endpoints }));
      open.push(ours);
      const floor = await ReplicaGroup.start(FLOOR, join(directory, 'floor'));
      open.push(floor);
      const etcd = await openEtcd(join(directory, 'etcd'), open);
      await compare(report, ours, etcd, floor);
      await tellCpu(report, members, ours);
    } finally {
      for (const each of open.toReversed()) await each.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** As with etcd's clients: where the outcome is open it is an error, and nothing is repeated. */
const OURS = { exactlyOnce: false, timeoutMs: 20_000 } as const;

/** A store under load. */
interface Store {
  put(nth: number): Promise<unknown>;
  get(nth: number, isSerializable: boolean): Promise<unknown>;
}

class OurStore implements Store {
  private readonly client: KvClient;
  private readonly value = new Uint8Array(VALUE_BYTES);

  constructor(client: KvClient) {
    this.client = client;
  }

  put(nth: number): Promise<unknown> {
    return this.client.put(keyOf(nth), this.value);
  }

  get(nth: number, isSerializable: boolean): Promise<unknown> {
    const consistency = isSerializable ? 'serializable' : 'linearizable';
    return this.client.read(keyOf(nth), { consistency });
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

class EtcdStore implements Store {
  private readonly connection: EtcdConnection;
  private readonly value = Buffer.alloc(VALUE_BYTES);

  constructor(connection: EtcdConnection) {
    this.connection = connection;
  }

  put(nth: number): Promise<unknown> {
    return this.connection.call('KV/Put', putMessage(Buffer.from(keyOf(nth)), this.value));
  }

  get(nth: number, isSerializable: boolean): Promise<unknown> {
    const message = rangeMessage(Buffer.from(keyOf(nth)), isSerializable);
    return this.connection.call('KV/Range', message);
  }

  close(): void {
    this.connection.close();
  }
}

function keyOf(nth: number): string {
  return `key/${nth % KEY_COUNT}`;
}

async function openEtcd(
  directory: string,
  open: { close(): void | Promise<void> }[],
): Promise<EtcdStore | undefined> {
  const program = findEtcd();
  if (program === undefined) {
    process.stderr.write('skipped: etcd (needs etcd, Debian package etcd-server)\n');
    return undefined;
  }
  const members: Members = await startEtcd(program, directory, freePorts);
  open.push(members);
  const endpoint = members.endpoints[await members.leader()] ?? '';
  const store = new EtcdStore(await EtcdConnection.connect(endpoint));
  open.push(store);
  return store;
}

async function compare(
  report: (row: BenchRow) => void,
  ours: Store,
  etcd: Store | undefined,
  floor: ReplicaGroup,
): Promise<void> {
  const stores = etcd === undefined ? [ours] : [ours, etcd];
  for (const [width, durationMs] of WIDTHS) {
    const beginnings: LoadReport[] = [];
    for (const store of stores) {
      beginnings.push(await runLoad(width, durationMs, (nth) => store.put(nth)));
    }
    await floor.load({ width, durationMs });
    const [first, theirFirst] = beginnings;
    if (first !== undefined && theirFirst !== undefined) {
      tell(report, `the first ${durationMs / 1000} s of puts`, width, first, theirFirst, 'etcd');
    }
    const loads = stores.map((store) => (): Promise<LoadReport> => {
      return runLoad(width, ROUND_MS, (nth) => store.put(nth));
    });
    const figures = await takeTurns([...loads, () => loadFloor(floor, width)]);
    tellPuts(report, width, figures, etcd !== undefined);
  }
  if (etcd === undefined) return;
  const mixed = (store: Store) => (nth: number) =>
    nth % 10 === 0 ? store.put(nth) : store.get(nth, false);
  const kinds: readonly (readonly [string, (store: Store) => (nth: number) => Promise<unknown>])[] =
    [
      ['linearizable reads', (store) => (nth) => store.get(nth, false)],
      ['serializable reads', (store) => (nth) => store.get(nth, true)],
      ['9 linearizable reads and a put', mixed],
    ];
  for (const [name, callOf] of kinds) {
    const loads = stores.map((store) => () => runLoad(READ_WIDTH, ROUND_MS, callOf(store)));
    const [own, theirs] = await takeTurns(loads);
    if (own === undefined || theirs === undefined) continue;
    tell(report, name, READ_WIDTH, own, theirs, 'etcd');
  }
}

/** Keeps so many proposals of 256 bytes in flight; the floor's leader is its own client. */
async function loadFloor(floor: ReplicaGroup, width: number): Promise<LoadReport> {
  const report = await floor.load({ width, durationMs: ROUND_MS });
  const { proposalsPerSecond, p50Ms, p99Ms } = report;
  return { callsPerSecond: proposalsPerSecond, p50Ms, p99Ms };
}

/** Who uses how much of the CPU that a put costs, all together. */
async function tellCpu(
  report: (row: BenchRow) => void,
  members: KvMembers,
  store: Store,
): Promise<void> {
  const used = async () => {
    const { user, system } = process.cpuUsage();
    return [user + system, ...(await members.cpuMicros())];
  };
  const leader = await members.leader();
  const before = await used();
  let putCount = 0;
  await runLoad(1000, ROUND_MS, (nth) => {
    putCount = nth;
    return store.put(nth);
  });
  const costs = (await used()).map((each, nth) => (each - (before[nth] ?? 0)) / putCount);
  const total = costs.reduce((sum, each) => sum + each, 0);
  for (const [nth, cost] of costs.entries()) {
    const who = nth === 0 ? 'client' : nth === leader + 1 ? 'leader' : 'a follower';
    const label = `CPU of a put, 1000 in flight: ${who}, of all`;
    report({
      ...{ bench: NAME, case: label, ours: cost, reference: total, unit: 'us' },
      ...{ ratio: cost / total, goal: '', met: true },
    });
  }
}

/** The median figures of each load. */
async function takeTurns(loads: readonly (() => Promise<LoadReport>)[]): Promise<LoadReport[]> {
  const reports = loads.map((): LoadReport[] => []);
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    for (const [nth, load] of loads.entries()) reports[nth]?.push(await load());
  }
  return reports.map(medianOf);
}

function tellPuts(
  report: (row: BenchRow) => void,
  width: number,
  [own, second, third]: readonly LoadReport[],
  hasEtcd: boolean,
): void {
  if (own === undefined || second === undefined) return;
  const floor = hasEtcd ? third : second;
  if (hasEtcd) {
    const least = width === 1000 ? 10 : width === 64 ? 4 : 0;
    const rate = own.callsPerSecond / second.callsPerSecond;
    const goal = least === 0 ? '' : `ratio >= ${least}`;
    tell(report, 'puts', width, own, second, 'etcd', { goal, met: rate >= least });
  }
  if (floor !== undefined) tell(report, 'puts', width, own, floor, 'the floor');
}

function tell(
  report: (row: BenchRow) => void,
  what: string,
  width: number,
  own: LoadReport,
  other: LoadReport,
  beside: string,
  { goal, met } = { goal: '', met: true },
): void {
  const row = (
    name: string,
    key: keyof LoadReport,
    unit: string,
    told = { goal: '', met: true },
  ) => {
    const [ours, reference] = [own[key], other[key]];
    const label = `${what}, ${width} in flight, beside ${beside}: ${name}`;
    const ratio = ours / reference;
    report({ bench: NAME, case: label, ours, reference, unit, ratio, ...told });
  };
  row('a second', 'callsPerSecond', '1/s', { goal, met });
  const isStrict = what === 'puts' && width === 1 && beside === 'etcd';
  const lower = (key: 'p50Ms' | 'p99Ms') =>
    isStrict ? { goal: 'ratio < 1', met: own[key] < other[key] } : { goal: '', met: true };
  row('median', 'p50Ms', 'ms', lower('p50Ms'));
  row('p99', 'p99Ms', 'ms', lower('p99Ms'));
}
