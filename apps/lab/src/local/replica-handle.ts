/**
 * The lab's hold of one replica process: starts it, hurts it by signals, starts it again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { CrashPoint, PlannedAction, PlantedBug, Topology } from '@mangrove/experiment';
import type { NodeId, Reading } from '@mangrove/host';
import { askControl, type ControlRequest, type HostFault } from '@mangrove/host-process/node';
import { checkPlanted, plantedLaunch } from '../planted/planted.ts';
import type { FaultStrike } from '../run-report.ts';
import type { ReplicaNews, ReplicaOrder, ReplicaPlace } from './replica-process.ts';

/** How long a process may take until it is up, or serves, in milliseconds. */
const START_TIMEOUT_MS = 15_000;

/**
 * How long a process may take to answer, in milliseconds: who leads, which a paused one never
 * tells, and what an operator asks for, which may wait for others.
 */
const ANSWER_TIMEOUT_MS = Object.freeze({ leads: 500, acted: 5000 });

/** What is told of a replica that ended by itself. */
export interface ReplicaEnd {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly cause: string;
  readonly code: string | undefined;
  /** Whether it had served in that life. */
  readonly hasServed: boolean;
}

/** One replica, over all of its lives. */
export class ReplicaHandle {
  readonly node: NodeId;
  /** Where its messages go, once it has been up. */
  address = '';
  /** Where it serves clients by byte streams, once it has; the same in every life. */
  clientAddress: string | undefined;
  /** Whether the lab killed the process of the last life; then it may end in the middle of all. */
  isKilled = false;
  private readonly place: ReplicaPlace;
  private readonly bug: PlantedBug | undefined;
  private readonly onEnd: (end: ReplicaEnd) => void;
  private child: ChildProcess | undefined;
  /** Resolves when the process of the last life has ended. */
  private exited: Promise<void> = Promise.resolve();
  private controlPath: string | undefined;
  private readonly wounds = new Set<Wound>();
  /** Resolves as soon as the process is not paused. */
  private awake: Promise<void> = Promise.resolve();
  private wake: () => void = () => {};
  private incarnation = 0;
  /** Of the life that is on. */
  private hasServed = false;
  private toldEnd: Extract<ReplicaNews, { readonly type: 'over' }> | undefined;
  private questionCount = 0;
  /** The moment at which the process is to end itself, and who is told when it has. */
  private armed: { readonly point: CrashPoint; readonly onStrike: () => void } | undefined;

  constructor(place: ReplicaPlace, bug: PlantedBug | undefined, onEnd: (end: ReplicaEnd) => void) {
    this.node = place.node;
    this.place = place;
    this.bug = bug;
    this.onEnd = onEnd;
  }

  get isUp(): boolean {
    return this.child !== undefined;
  }

  /** The process that is up. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts a process and waits until its Host is up. */
  async open(): Promise<void> {
    const port = portOf(this.address);
    const { execArgv, env } = plantedLaunch(this.bug);
    const program = fileURLToPath(new URL('./replica-process.ts', import.meta.url));
    const child = fork(program, [JSON.stringify({ ...this.place, port })], {
      execArgv: [...execArgv],
      env: { ...process.env, ...env },
    });
    this.child = child;
    // Until this life is up there is nobody to ask, and what was in force in the last one is gone.
    this.controlPath = undefined;
    this.isKilled = false;
    this.hasServed = false;
    this.toldEnd = undefined;
    for (const wound of this.wounds) wound.id = undefined;
    this.exited = new Promise((resolve) => {
      child.once('exit', (_code, signal) => {
        if (this.child === child) this.child = undefined;
        if (signal === 'SIGKILL' && !this.isKilled) this.endedAtPoint();
        resolve();
      });
    });
    const news = await next(child, 'up');
    checkPlanted(`process ${this.node}`, this.bug, news.planted);
    this.address = news.address;
    this.controlPath = news.controlPath;
    this.incarnation = news.incarnation;
    child.on('message', (later: ReplicaNews) => {
      if (later.type !== 'over') return;
      this.toldEnd = later;
      const { node, incarnation, hasServed } = this;
      this.onEnd({ node, incarnation, cause: later.cause, code: later.code, hasServed });
    });
    for (const wound of this.wounds) await this.inflict(wound);
    if (this.armed !== undefined) this.order({ type: 'arm', point: this.armed.point });
  }

  /**
   * Tells the process who takes part, and waits until it serves. Resolves to the reason where its
   * node ended instead, which `onEnd` was told too.
   */
  async serve(topology: Topology): Promise<string | undefined> {
    const { child } = this;
    if (child === undefined) throw new Error(`${this.node} is down`);
    const serving = next(child, 'serving');
    this.order({ type: 'serve', topology, clientPort: portOf(this.clientAddress) });
    try {
      this.clientAddress = (await serving).clientAddress;
      this.hasServed = true;
      return undefined;
    } catch (error) {
      if (this.toldEnd !== undefined) return this.toldEnd.cause;
      throw error;
    }
  }

  /** The term in which the node leads; undefined where it does not, or does not answer. */
  async leads(): Promise<number | undefined> {
    const id = this.nextQuestion();
    const news = await this.question({ type: 'leads', id }, 'leads', id);
    return news?.term;
  }

  /** What its node has counted of itself in this life; nothing where it does not answer. */
  async readings(): Promise<readonly Reading[]> {
    return ((await this.ask({ do: 'metrics' })) ?? []) as readonly Reading[];
  }

  /** Has the node do what an operator asks; resolves to how that ended, as far as it was told. */
  async act(action: PlannedAction): Promise<Pick<FaultStrike, 'outcome' | 'reason'>> {
    const id = this.nextQuestion();
    const news = await this.question({ type: 'act', id, action }, 'acted', id);
    if (news === undefined) return {};
    const { refusal: reason } = news;
    return reason === undefined ? { outcome: 'done' } : { outcome: 'refused', reason };
  }

  /**
   * Has the process end itself at a message, counted from now on, and in a later life from its
   * start. `onStrike` is called when it has.
   */
  arm(point: CrashPoint, onStrike: () => void): void {
    this.armed = { point, onStrike };
    this.order({ type: 'arm', point });
  }

  /** Ends the watch for a message that did not come. */
  disarm(): void {
    if (this.armed === undefined) return;
    this.armed = undefined;
    this.order({ type: 'arm' });
  }

  private endedAtPoint(): void {
    const { armed } = this;
    if (armed === undefined) return;
    this.isKilled = true;
    this.armed = undefined;
    armed.onStrike();
  }

  private nextQuestion(): number {
    this.questionCount += 1;
    return this.questionCount;
  }

  private order(order: ReplicaOrder): void {
    this.child?.send(order, () => {
      // Where the process is gone, its exit tells so.
    });
  }

  /** What the process answers; undefined where it is down, goes down, or takes too long. */
  private question<Type extends 'leads' | 'acted'>(
    order: ReplicaOrder,
    type: Type,
    id: number,
  ): Promise<Extract<ReplicaNews, { readonly type: Type }> | undefined> {
    const { child } = this;
    if (child === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (news?: ReplicaNews) => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(news as Extract<ReplicaNews, { readonly type: Type }> | undefined);
      };
      const onMessage = (news: ReplicaNews) => {
        if (news.type === type && news.id === id) end(news);
      };
      const onExit = () => end();
      const timer = setTimeout(onExit, ANSWER_TIMEOUT_MS[type]);
      child.on('message', onMessage);
      child.once('exit', onExit);
      this.order(order);
    });
  }

  /** Resolves when the process of the last life has ended. */
  whenDown(): Promise<void> {
    return this.exited;
  }

  /** Sends a signal; after SIGKILL it resolves when the process is gone. */
  async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    if (name === 'SIGKILL') this.isKilled = true;
    child.kill(name);
    if (name === 'SIGSTOP') this.sleep();
    else this.wake();
    if (name === 'SIGKILL') await this.exited;
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
    const { controlPath, exited } = this;
    if (!this.isUp || controlPath === undefined) return undefined;
    try {
      return await askControl(controlPath, request);
    } catch (error) {
      // A connection breaks before the end of its process is told.
      if (await endsSoon(exited)) return undefined;
      throw error;
    }
  }
}

/** The port of an address; any free one where there is none yet. */
function portOf(address: string | undefined): number {
  return Number(address?.split(':').at(-1) ?? 0);
}

/** A fault that the node is to have, and its number in the life that is on. */
interface Wound {
  readonly fault: HostFault;
  id: number | undefined;
}

/**
 * How long the end of a process is waited for once its connection is broken, in milliseconds. A
 * node that fails first frees all that it holds, and its disk may be slow.
 */
const GONE_MS = 10_000;

/** Whether a process ends in time. */
function endsSoon(exited: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), GONE_MS);
    void exited.then(() => {
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
      const fail = () =>
        reject(new Error(`a replica process ended (${signal ?? code}) before it was ${type}`));
      // What it said last is heard before it counts as gone.
      if (child.connected) child.once('disconnect', fail);
      else fail();
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
