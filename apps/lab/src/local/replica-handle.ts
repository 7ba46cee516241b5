/**
 * The lab's hold of one replica process: starts it, hurts it by signals, starts it again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { PlantedBug, Topology } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { askControl, type ControlRequest, type HostFault } from '@mangrove/host-process/node';
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
  private lastChild: ChildProcess | undefined;
  private lastKilled: ChildProcess | undefined;
  private controlPath: string | undefined;
  private readonly wounds = new Set<Wound>();
  /** Resolves as soon as the process is not paused. */
  private awake: Promise<void> = Promise.resolve();
  private wake: () => void = () => {};
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

  /** Whether the process that was started last was killed by this lab. */
  get isKilled(): boolean {
    return this.lastChild !== undefined && this.lastKilled === this.lastChild;
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
    this.lastChild = child;
    // Until this life is up there is nobody to ask, and what was in force in the last one is gone.
    this.controlPath = undefined;
    for (const wound of this.wounds) wound.id = undefined;
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
    for (const wound of this.wounds) await this.inflict(wound);
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
    if (name === 'SIGKILL') this.lastKilled = child;
    child.kill(name);
    if (name === 'SIGSTOP') this.sleep();
    else this.wake();
    if (name === 'SIGKILL') await gone;
  }

  /**
   * Has the node hurt itself, in this life and, until that is ended, in later ones. Waits while the
   * process is paused. Returns how to end it.
   */
  async hurt(fault: HostFault): Promise<() => Promise<void>> {
    const wound: Wound = { fault, id: undefined };
    this.wounds.add(wound);
    await this.inflict(wound);
    return async () => {
      this.wounds.delete(wound);
      if (wound.id !== undefined) await this.ask({ do: 'heal', fault: wound.id });
    };
  }

  private sleep(): void {
    const before = this.wake;
    this.awake = new Promise((resolve) => {
      this.wake = () => {
        before();
        resolve();
      };
    });
  }

  private async inflict(wound: Wound): Promise<void> {
    const answer = await this.ask({ do: 'set-fault', fault: wound.fault });
    wound.id = (answer as { readonly fault: number } | undefined)?.fault;
    const isEnded = !this.wounds.has(wound);
    if (isEnded && wound.id !== undefined) await this.ask({ do: 'heal', fault: wound.id });
  }

  /** Asks the control channel; undefined where the process is down or goes down meanwhile. */
  private async ask(request: ControlRequest): Promise<unknown> {
    await this.awake;
    const { child, controlPath } = this;
    if (child === undefined || controlPath === undefined) return undefined;
    try {
      return await askControl(controlPath, request);
    } catch (error) {
      // A connection breaks before the end of its process is told.
      if (await isGone(child)) return undefined;
      throw error;
    }
  }
}

/** A fault that the node is to have, and its number in the life that is on. */
interface Wound {
  readonly fault: HostFault;
  id: number | undefined;
}

/** How long the end of a process is waited for once its connection is broken, in milliseconds. */
const GONE_MS = 1000;

/** Whether a process has ended, or ends in a moment. */
function isGone(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), GONE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
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
