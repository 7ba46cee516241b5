/**
 * Nothing that was acknowledged is lost: real processes write numbers into a list, and are killed,
 * stopped and started again. At the end every replica has every acknowledged number, once, in one
 * order. A register would show a lost write only until the next one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@mangrove/host-process/node';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('number-writer.ts', import.meta.url));
/** Numbers of one life of a process lie this far from those of the next. */
const LIFE = 1_000_000;

// Both at once: they wait most of the time.
it.concurrent.each([3, 5])(
  'R53: %i processes that are killed and stopped lose no acknowledged number',
  { timeout: 120_000 },
  async (count) => {
    await using group = await Group.start(count);
    const { writers } = group;
    const minority = Math.floor((count - 1) / 2);
    await group.progress();
    await group.restart([group.follower()]);
    await group.restart([group.leader()]);
    const paused = group.leader();
    paused.signal('SIGSTOP');
    await sleep(900);
    paused.signal('SIGCONT');
    await group.progress();
    await group.restart(writers.slice(0, minority + 1));
    await group.restart(writers);
    // A storm: each is killed again as soon as it may be back, and all of them overlap.
    for (let round = 0; round < 8; round += 1) {
      const writer = writers[round % count] as Writer;
      await writer.kill();
      writer.start();
      await sleep(150);
    }
    await group.progress();
    const { acknowledged, refused } = group;
    const lists = await group.lists();
    const [list = []] = lists;
    expect(lists).toEqual(writers.map(() => list));
    const held = new Set(list);
    expect(held.size).toBe(list.length);
    expect(acknowledged.filter((number) => !held.has(number))).toEqual([]);
    expect(refused.filter((number) => held.has(number))).toEqual([]);
    // Each of the group's trials was under load.
    expect(acknowledged.length).toBeGreaterThan(count * 7 * 5);
  },
);

/** All processes of one group. */
class Group implements AsyncDisposable {
  readonly writers: readonly Writer[];
  private readonly directory: string;

  private constructor(writers: readonly Writer[], directory: string) {
    this.writers = writers;
    this.directory = directory;
  }

  static async start(count: number): Promise<Group> {
    const ports = await freePorts(count);
    const peers = Object.fromEntries(
      ports.map((port, place) => [`n${place + 1}`, `127.0.0.1:${port}`]),
    );
    const directory = mkdtempSync(join(tmpdir(), 'mangrove-raft-'));
    const writers = ports.map((port, place) => {
      return new Writer({ directory, port, peers, place, step: count });
    });
    for (const writer of writers) writer.start();
    return new Group(writers, directory);
  }

  get acknowledged(): readonly number[] {
    return this.writers.flatMap(({ told }) => told.ok);
  }

  get refused(): readonly number[] {
    return this.writers.flatMap(({ told }) => told.no);
  }

  leader(): Writer {
    const leader = this.writers.find(({ leads }) => leads);
    if (leader === undefined) throw new Error('nobody leads, although all make progress');
    return leader;
  }

  follower(): Writer {
    return this.writers.find(({ leads }) => !leads) as Writer;
  }

  /** Kills all of `some` at once, then starts them again and waits until everybody gets on. */
  async restart(some: readonly Writer[]): Promise<void> {
    await Promise.all(some.map((writer) => writer.kill()));
    await sleep(200);
    for (const writer of some) writer.start();
    await this.progress();
  }

  /** Resolves when each process has had five numbers more acknowledged, and one of them leads. */
  async progress(): Promise<void> {
    const goals = this.writers.map(({ told }) => told.ok.length + 5);
    const isThere = () =>
      this.writers.every(({ told }, place) => told.ok.length >= (goals[place] ?? 0)) &&
      this.writers.some(({ leads }) => leads);
    while (!isThere()) await sleep(20);
  }

  /** What each holds, once nobody proposes any more. */
  async lists(): Promise<readonly (readonly number[])[]> {
    for (const writer of this.writers) writer.order('stop');
    // What was proposed last is acknowledged, or given up.
    while (!this.writers.every(({ hasStopped }) => hasStopped)) await sleep(20);
    const lists = [];
    for (const writer of this.writers) lists.push(await writer.list());
    return lists;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One process, through all its lives. */
class Writer {
  readonly told = { ok: [] as number[], no: [] as number[], doubt: [] as number[] };
  leads = false;
  hasStopped = false;
  private readonly orders: {
    /** Of the whole group. */
    readonly directory: string;
    readonly port: number;
    readonly peers: Readonly<Record<string, string>>;
    readonly place: number;
    readonly step: number;
  };
  private life = 0;
  private child: ChildProcess | undefined;
  private listed: ((list: readonly number[]) => void) | undefined;

  constructor(orders: Writer['orders']) {
    this.orders = orders;
  }

  start(): void {
    const { place, directory, ...rest } = this.orders;
    const node = `n${place + 1}`;
    const first = this.life * LIFE + place;
    this.life += 1;
    const orders = { ...rest, node, directory: join(directory, node), first };
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(orders)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.hear(line));
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** Resolves when the process is gone and all that it said was heard. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.child = undefined;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
    this.leads = false;
  }

  order(order: 'stop' | 'list'): void {
    this.child?.stdin?.write(`${order}\n`);
  }

  list(): Promise<readonly number[]> {
    return new Promise((resolve) => {
      this.listed = resolve;
      this.order('list');
    });
  }

  private hear(line: string): void {
    const [word = '', rest = ''] = line.split(' ');
    if (word === 'leads' || word === 'follows') this.leads = word === 'leads';
    else if (word === 'stopped') this.hasStopped = true;
    else if (word === 'list') this.listed?.(JSON.parse(rest) as number[]);
    else this.told[word as 'ok' | 'no' | 'doubt'].push(Number(rest));
  }
}
