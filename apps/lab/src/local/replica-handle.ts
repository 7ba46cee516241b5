/**
 * The lab's hold of one replica process: starts it, hurts it by signals, starts it again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { PlantedBug, Topology } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { askControl, type HostFault } from '@mangrove/host-process/node';
import { checkPlanted, plantedLaunch } from '../planted/planted.ts';
import type { ReplicaNews, ReplicaOrder, ReplicaPlace } from './replica-process.ts';

/** How long a process may take until it is up, or serves, in milliseconds. */
const START_TIMEOUT_MS = 15_000;

/** What is told of a replica that ended by itself. */
export interface ReplicaEnd {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly cause: string;
  readonly code: string | undefined;
}

/** One replica, over all of its lives. */
export class ReplicaHandle {
  readonly node: NodeId;
  /** Where its messages go, once it has been up. */
  address = '';
  private readonly place: ReplicaPlace;
  private readonly bug: PlantedBug | undefined;
  private readonly onEnd: (end: ReplicaEnd) => void;
  private child: ChildProcess | undefined;
  private controlPath: string | undefined;
  private incarnation = 0;

  constructor(place: ReplicaPlace, bug: PlantedBug | undefined, onEnd: (end: ReplicaEnd) => void) {
    this.node = place.node;
    this.place = place;
    this.bug = bug;
    this.onEnd = onEnd;
  }

  get isUp(): boolean {
    return this.child !== undefined;
  }

  /** Starts a process and waits until its Host is up. */
  async open(): Promise<void> {
    const port = Number(this.address.split(':').at(-1) ?? 0);
    const { execArgv, env } = plantedLaunch(this.bug);
    const program = fileURLToPath(new URL('./replica-process.ts', import.meta.url));
    const child = fork(program, [JSON.stringify({ ...this.place, port })], {
      execArgv: [...execArgv],
      env: { ...process.env, ...env },
    });
    this.child = child;
    child.once('exit', () => {
      if (this.child === child) this.child = undefined;
    });
    const news = await next(child, 'up');
    checkPlanted(`process ${this.node}`, this.bug, news.planted);
    this.address = news.address;
    this.controlPath = news.controlPath;
    this.incarnation = news.incarnation;
    child.on('message', (later: ReplicaNews) => {
      if (later.type !== 'over') return;
      const { cause, code } = later;
      this.onEnd({ node: this.node, incarnation: this.incarnation, cause, code });
    });
  }

  /** Tells the process who takes part, and waits until it serves. */
  async serve(topology: Topology): Promise<void> {
    const { child } = this;
    if (child === undefined) throw new Error(`${this.node} is down`);
    const serving = next(child, 'serving');
    child.send({ topology } satisfies ReplicaOrder);
    await serving;
  }

  /** Sends a signal; after SIGKILL it resolves when the process is gone. */
  async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(name);
    if (name === 'SIGKILL') await gone;
  }

  /** Puts a fault in force inside the process; returns how to end it. */
  async hurt(fault: HostFault): Promise<() => Promise<void>> {
    const path = this.controlPath;
    if (path === undefined || !this.isUp) return async () => {};
    const { fault: id } = (await askControl(path, { do: 'set-fault', fault })) as { fault: number };
    const { incarnation } = this;
    return async () => {
      const isSame = this.isUp && this.incarnation === incarnation;
      if (isSame) await askControl(path, { do: 'heal', fault: id });
    };
  }
}

/** The next thing of a kind that a process says; rejects when it ends instead. */
function next<Type extends ReplicaNews['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<ReplicaNews, { readonly type: Type }>> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      child.off('exit', onExit);
      child.off('message', onMessage);
    };
    const onExit = (code: number | null, signal: string | null) => {
      stop();
      reject(new Error(`a replica process ended (${signal ?? code}) before it was ${type}`));
    };
    const onMessage = (news: ReplicaNews) => {
      if (news.type !== type) return;
      stop();
      resolve(news as Extract<ReplicaNews, { readonly type: Type }>);
    };
    const timer = setTimeout(() => {
      stop();
      child.kill('SIGKILL');
      reject(new Error(`a replica process was not ${type} after ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    child.on('exit', onExit);
    child.on('message', onMessage);
  });
}
