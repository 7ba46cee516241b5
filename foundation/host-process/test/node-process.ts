/**
 * What a test holds of a node process that it started: it tells it what to do, and hurts it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type NodeId, toNodeId } from '@mangrove/host';
import { askControl, type ControlRequest, type HostFault } from '@mangrove/host-process/node';
import type { Arrival, Command, NodeSettings, Told } from './node-program.ts';

/** How long a test waits for what must happen, on a machine that is busy. */
const PATIENCE_MS = 15_000;

/** A node process that was refused its start, or a command that it could not do. */
export class NodeRefusal extends Error {
  override readonly name = 'NodeRefusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Node processes in one directory, ended together. */
export class NodeProcesses {
  readonly directory: string = fs.mkdtempSync(join(tmpdir(), 'mangrove-nodes-'));
  private readonly processes: NodeProcess[] = [];

  /** Starts a process; rejects with `NodeRefusal` where its Host is refused. */
  async start(name: string, settings: Partial<NodeSettings> = {}): Promise<NodeProcess> {
    const dataDirectory = join(this.directory, name);
    const node = await NodeProcess.start({ node: name, dataDirectory, ...settings });
    this.processes.push(node);
    return node;
  }

  /** Kills them all, but for the one that others share. */
  async killAll(shared?: NodeProcess): Promise<void> {
    const doomed = this.processes.filter((node) => node !== shared);
    for (const node of doomed) node.kill('SIGKILL');
    await Promise.all(doomed.map((node) => node.exited));
  }

  async end(): Promise<void> {
    await this.killAll();
    fs.rmSync(this.directory, { recursive: true });
  }
}

/** One node process. */
export class NodeProcess {
  readonly node: NodeId;
  readonly address: string;
  readonly incarnation: number;
  readonly controlPath: string;
  /** Resolves when the process is gone, to its exit code or signal. */
  readonly exited: Promise<number | string>;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (told: Told) => void>();
  private lastId = 0;

  private constructor(
    settings: NodeSettings,
    child: ChildProcess,
    exited: Promise<number | string>,
    ready: Extract<Told, { readonly type: 'ready' }>,
  ) {
    this.node = toNodeId(settings.node);
    this.child = child;
    this.exited = exited;
    this.address = ready.address;
    this.incarnation = ready.incarnation;
    this.controlPath = ready.controlPath;
    child.on('message', (told: Told) => {
      if (told.type !== 'answer' && told.type !== 'error') return;
      this.waiting.get(told.id)?.(told);
      this.waiting.delete(told.id);
    });
  }

  static async start(settings: NodeSettings): Promise<NodeProcess> {
    const path = fileURLToPath(new URL('./node-program.ts', import.meta.url));
    const child = fork(path, [JSON.stringify(settings)]);
    const exited = new Promise<number | string>((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
    const told = await new Promise<Told>((resolve, reject) => {
      child.once('message', resolve);
      void exited.then((how) =>
        reject(new Error(`the process exited before it was ready: ${how}`)),
      );
    });
    if (told.type === 'ready') return new NodeProcess(settings, child, exited, told);
    child.kill('SIGKILL');
    await exited;
    if (told.type === 'refused') throw new NodeRefusal(told.code, told.message);
    throw new Error(`the process said ${told.type} first`);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Has the process do something; rejects with `NodeRefusal` where it could not. */
  ask<Value = unknown>(command: Command): Promise<Value> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise<Value>((resolve, reject) => {
      this.waiting.set(id, (told) => {
        if (told.type === 'answer') resolve(told.value as Value);
        else if (told.type === 'error') reject(new NodeRefusal(told.code, told.text));
      });
      void this.exited.then((how) => reject(new Error(`the process exited: ${how}`)));
      this.child.send({ id, command });
    });
  }

  /** Asks over the control socket, as an operator does. */
  control<Value = unknown>(request: ControlRequest): Promise<Value> {
    return askControl(this.controlPath, request) as Promise<Value>;
  }

  /** Hurts the process until it is healed. Resolves to the number of the fault. */
  async hurt(fault: HostFault): Promise<number> {
    const { fault: id } = await this.control<{ fault: number }>({ do: 'set-fault', fault });
    return id;
  }

  async heal(): Promise<void> {
    await this.control({ do: 'heal' });
  }

  /** Makes the two known to each other. */
  async meet(other: NodeProcess): Promise<void> {
    await this.ask({ do: 'add-peer', peer: other.node, address: other.address });
    await other.ask({ do: 'add-peer', peer: this.node, address: this.address });
    for (const [from, to] of [
      [this, other],
      [other, this],
    ] as const) {
      await until(`${from.node} is linked to ${to.node}`, async () => {
        return (await from.ask({ do: 'link', to: to.node })) === to.incarnation;
      });
    }
  }

  send(to: NodeProcess, ...texts: readonly string[]): Promise<string[]> {
    return this.ask({ do: 'send', to: to.node, texts });
  }

  /** All that came, in order, up to a message that says `text`, which is sent until it comes. */
  async takeUntil(text: string, from: NodeProcess): Promise<Arrival[]> {
    const arrivals: Arrival[] = [];
    await until(`'${text}' has come from ${from.node} to ${this.node}`, async () => {
      await from.send(this, text);
      arrivals.push(...(await this.ask<Arrival[]>({ do: 'take' })));
      return arrivals.some((arrival) => arrival.text === text);
    });
    return arrivals.filter((arrival) => arrival.text !== text);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Waits until `condition` holds; throws when the patience of the test is over. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it is still not so that ${what}`);
    await sleep(5);
  }
}
