/**
 * A cluster in one loop, that a seed drives through loss, duplicates, reordering, cuts, crashes
 * that lose what was not synced, pauses, drifting clocks, snapshots, changes of membership and
 * hand-overs; the watchman looks at every event.
 *
 * Which of these a run has, and how much of it, its seed draws: many runs have none of most.
 */
import { type NodeId, type Random, SeededRandom, toNodeId } from '@mangrove/host';
import {
  blankSnapshot,
  type Effect,
  foundingSnapshot,
  type LogIndex,
  type MemberChange,
  type Message,
  nextTimerAt,
  type RaftEvent,
  simpleConfiguration,
  snapshotAt,
  step,
} from '../src/index.ts';
import { AnswersWatch } from './answers-watch.ts';
import type { Happening, Play } from './board.ts';
import { playFormerLife, playGambit, playWideGambit } from './gambits.ts';
import { check, hasWork, Machine, mayTakeSnapshot } from './machine.ts';
import { comeToRest, type QuietBoard } from './quiet-end.ts';
import { drawOptions } from './random-options.ts';
import { drawTrouble, type Trouble } from './trouble.ts';
import { dataOf, Watchman } from './watchman.ts';

/** How a run went. */
export interface RunResult {
  readonly eventCount: number;
  readonly committedCount: number;
  readonly electionCount: number;
  /** How often each kind of thing happened. */
  readonly counts: Readonly<Record<string, number>>;
}

const MACHINE_COUNT = 5;
const PARCELS_MAX = 400;

/** How many steps a run with gambits has for each, on average. */
const STEPS_PER_GAMBIT = 250;

/** A bound of the steps that a run waits for its events: a step in fifty has one in any case. */
const STEPS_PER_EVENT_MAX = 50;

/**
 * Runs one seed for `stepCount` steps, and on until its members have taken in `leastEventCount`
 * events, then a quiet end; throws where an invariant is violated.
 */
export function runSeed(seed: number, stepCount: number, leastEventCount = 0): RunResult {
  const cluster = new RandomCluster(seed);
  const stepCountMax = stepCount + STEPS_PER_EVENT_MAX * leastEventCount;
  for (let count = 0; count < stepCountMax; count++) {
    if (count >= stepCount && cluster.eventCount >= leastEventCount) break;
    cluster.act();
  }
  cluster.calmDown();
  return cluster.result();
}

class RandomCluster implements QuietBoard {
  eventCount = 0;
  private readonly random: Random;
  private trouble: Trouble;
  readonly machines = new Map<NodeId, Machine>();
  private readonly watchman: Watchman;
  private readonly answers = new AnswersWatch();
  parcels: Message[] = [];
  private readonly cuts = new Set<string>();
  private readonly gambits: Random | undefined;
  private readonly lives: Random | undefined;
  private readonly wides: Random | undefined;
  private readonly counts: Record<string, number> = {};
  private now = 0;
  private nextId = 1;

  constructor(seed: number) {
    this.random = new SeededRandom(seed, 'raft cluster');
    this.trouble = drawTrouble(this.random);
    const gambits = new SeededRandom(seed, 'raft gambits');
    this.gambits = gambits.chance(1, 2) ? gambits : undefined;
    const lives = new SeededRandom(seed, 'raft lives');
    this.lives = lives.chance(1, 4) ? lives : undefined;
    const wides = new SeededRandom(seed, 'raft wide gambits');
    this.wides = wides.chance(1, 12) ? wides : undefined;
    const { random } = this;
    const options = drawOptions(random, seed);
    const nodes = Array.from({ length: MACHINE_COUNT }, (_, place) => toNodeId(`n${place + 1}`));
    const founderCount = random.pick([1, 2, 3, 3, 3, 5]);
    const isWide = this.gambits?.chance(1, 3) === true || this.wides !== undefined;
    const founders = nodes.slice(0, isWide ? MACHINE_COUNT : founderCount);
    const founding = foundingSnapshot(simpleConfiguration(founders));
    for (const node of nodes) {
      const snapshot = founders.includes(node) ? founding : blankSnapshot();
      const machine = new Machine(node, options, snapshot);
      if (random.chance(1, 2)) machine.driftPpm = random.between(-50_000, 50_000);
      this.machines.set(node, machine);
    }
    this.watchman = new Watchman(this.machines);
    for (const machine of this.machines.values()) machine.start(0, random.uint32());
  }

  /** One random thing happens. */
  act(): void {
    const { random, trouble, gambits, lives, wides } = this;
    if (gambits?.chance(1, STEPS_PER_GAMBIT) === true) this.play(playGambit, gambits);
    if (lives?.chance(1, STEPS_PER_GAMBIT) === true) this.play(playFormerLife, lives);
    if (wides?.chance(1, STEPS_PER_GAMBIT) === true) this.play(playWideGambit, wides);
    const draw = random.below(1000);
    if (draw < 500) for (let count = random.between(1, 4); count > 0; count--) this.deliver();
    else if (draw < 500 + trouble.disk) this.writeSome();
    else if (draw < 750) this.pass(random.between(1, trouble.haste));
    else if (draw < 830) this.propose();
    else if (draw < 880) this.read();
    else if (draw < 960) this.work();
    else this.makeTrouble();
  }

  private play(gambit: (play: Play) => void, random: Random): void {
    gambit({ board: this, random });
    this.count('gambit');
  }

  /** Everything heals; then a leader must stand, commit, and everyone must agree. */
  calmDown(): void {
    this.cuts.clear();
    this.trouble = { ...this.trouble, loss: 0, duplicate: 0, rot: 0 };
    for (const machine of this.machines.values()) {
      machine.pausedUntil = 0;
      if (machine.state === undefined) this.restart(machine);
    }
    comeToRest(this);
  }

  result(): RunResult {
    const { committedCount, electionCount } = this.watchman;
    const { eventCount, counts } = this;
    return { eventCount, committedCount, electionCount, counts };
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  happen(machine: Machine, happening: Happening): void {
    const { state } = machine;
    if (state === undefined) return;
    this.eventCount += 1;
    const now = machine.clock(this.now);
    this.answers.asked(machine, happening);
    const effects = step(state, { ...happening, now: Math.max(now, state.now) } as RaftEvent);
    const heard = happening.type === 'message' ? happening.message : undefined;
    this.watchman.look(machine, state, effects, heard);
    this.answers.answered(machine, effects);
    if (happening.type === 'timer') {
      check(
        nextTimerAt(state) > state.now,
        () => `${machine.node} wants a timer that has just fired`,
      );
    }
    for (const effect of effects) this.perform(machine, effect);
  }

  private perform(machine: Machine, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        machine.pendingWrites.push(effect);
        return;
      case 'send':
        this.send(effect.message);
        return;
      case 'apply':
        checkIdle(machine, effect.type);
        for (const entry of effect.entries) this.watchman.applied(machine, entry);
        machine.isApplyPending = true;
        return;
      case 'apply-stored':
        this.count(effect.type);
        checkIdle(machine, effect.type);
        for (const entry of machine.read(effect.from, effect.to, effect.to)) {
          this.watchman.applied(machine, entry);
        }
        machine.isApplyPending = true;
        return;
      case 'restore':
        this.watchman.restored(machine, effect.snapshot);
        machine.isApplyPending = true;
        this.count('restore');
        return;
      case 'load-entries':
        machine.loads.push(effect);
        return;
      case 'load-chunk':
        machine.chunkLoads.push(effect);
        return;
      case 'write-chunk':
        check(
          machine.pendingChunks.length === 0,
          () => `${machine.node} writes two pieces of snapshots at once`,
        );
        machine.pendingChunks.push(effect);
        this.count(effect.type);
        return;
      case 'forget':
        machine.forget(effect.logIndex, effect.snapshotIndex);
        return;
      case 'refused':
        this.count(`refused ${effect.reason}`);
        return;
      default:
        this.count(effect.type);
        return;
    }
  }

  private send(message: Message): void {
    const { from, to } = message;
    if (this.cuts.size > 0 && this.cuts.has(`${from}>${to}`)) return;
    if (this.random.below(1000) < this.trouble.loss) return;
    this.parcels.push(message);
    if (this.random.below(1000) < this.trouble.duplicate) this.parcels.push(message);
    if (this.parcels.length > PARCELS_MAX) {
      this.parcels.splice(this.random.below(this.parcels.length), 1);
    }
  }

  private deliver(): void {
    const { random, parcels } = this;
    if (parcels.length === 0) return;
    // Mostly in order, so that things get on; sometimes any.
    const place = random.chance(3, 4) ? 0 : random.below(parcels.length);
    const [message] = parcels.splice(place, 1);
    if (message === undefined) return;
    const target = this.machines.get(message.to);
    if (target?.state === undefined) return;
    if (target.pausedUntil > this.now) parcels.push(message);
    else this.happen(target, { type: 'message', message });
  }

  private writeSome(): void {
    const machine = this.anyUp(
      ({ pendingWrites, pendingChunks }) => pendingWrites.length + pendingChunks.length > 0,
    );
    const count = this.random.between(1, 3);
    if (machine === undefined) return;
    if (this.random.chance(1, 2)) this.completeChunk(machine);
    this.completeWrites(machine, count);
  }

  private completeChunk(machine: Machine): void {
    const chunk = machine.pendingChunks.shift();
    if (chunk === undefined) return;
    const event = machine.completeChunk(chunk);
    if (!event.isIntact) this.count('chunk rotted');
    this.happen(machine, event);
    const { incoming } = machine.platter;
    // A bit rots: the checksum of the whole must tell.
    const isRotting = incoming !== undefined && incoming.bytes.length < incoming.image.sizeBytes;
    if (isRotting && this.random.below(1000) < this.trouble.rot) {
      const place = this.random.below(incoming.bytes.length);
      incoming.bytes[place] = (incoming.bytes[place] ?? 0) ^ 1;
    }
  }

  completeWrites(machine: Machine, count: number): void {
    const done = machine.pendingWrites.splice(0, count);
    for (const write of done) machine.complete(write);
    const sequence = done.at(-1)?.sequence;
    if (sequence !== undefined) this.happen(machine, { type: 'persisted', sequence });
  }

  pass(ms: number): void {
    this.now += ms;
    for (const machine of this.machines.values()) {
      const { state } = machine;
      if (state === undefined || machine.pausedUntil > this.now) continue;
      // Whoever runs an idle group watches its leader's process; here, chance does.
      if (state.isAsleep && this.random.chance(1, 100)) this.happen(machine, { type: 'wake' });
      if (nextTimerAt(state) > machine.clock(this.now)) continue;
      this.happen(machine, { type: 'timer', random: this.random.uint32() });
    }
  }

  private propose(): void {
    const machine = this.random.chance(4, 5) ? this.anyLeader() : this.anyUp();
    if (machine === undefined) return;
    const proposals = Array.from({ length: 1 + this.random.below(3) }, () => {
      const id = this.nextId++;
      return { id, data: dataOf(id) };
    });
    for (const { id, data } of proposals) this.watchman.began(id, data);
    this.happen(machine, { type: 'propose-batch', proposals });
  }

  takeId(): number {
    return this.nextId++;
  }

  owedBy(members: readonly Machine[]): ReturnType<AnswersWatch['owedBy']> {
    return this.answers.owedBy(members);
  }

  hasCommitted(id: number): boolean {
    return this.watchman.hasCommitted(id);
  }

  proposeToLeader(): number | undefined {
    const machine = this.anyLeader();
    return machine === undefined ? undefined : this.proposeAt(machine);
  }

  proposeAt(machine: Machine): number {
    const id = this.nextId++;
    const data = dataOf(id);
    this.watchman.began(id, data);
    this.happen(machine, { type: 'propose', id, data });
    return id;
  }

  readAt(machine: Machine, mode: 'lease' | 'read-index'): number {
    const id = this.nextId++;
    this.watchman.began(id);
    this.happen(machine, { type: 'read', id, mode });
    return id;
  }

  hand(message: Message): void {
    const target = this.machines.get(message.to);
    if (target !== undefined) this.happen(target, { type: 'message', message });
  }

  completeChunks(machine: Machine): void {
    while (machine.pendingChunks.length > 0) this.completeChunk(machine);
  }

  workOff(machine: Machine): void {
    while (hasWork(machine)) this.workOnce(machine);
  }

  private read(): void {
    const machine = this.random.chance(1, 2) ? this.anyLeader() : this.anyUp();
    if (machine === undefined) return;
    const id = this.readAt(machine, this.random.chance(1, 2) ? 'lease' : 'read-index');
    if (this.random.chance(1, 20)) this.happen(machine, { type: 'cancel-read', id });
  }

  /** What the shell of a machine does when it gets to it. */
  private work(): void {
    const machine = this.anyUp(hasWork);
    if (machine !== undefined) this.workOnce(machine);
  }

  private workOnce(machine: Machine): void {
    if (machine.isApplyPending) {
      machine.isApplyPending = false;
      this.happen(machine, { type: 'applied', index: machine.machineIndex as LogIndex });
    }
    const chunkLoad = machine.chunkLoads.shift();
    if (chunkLoad !== undefined) {
      const event = machine.loadChunk(chunkLoad);
      this.happen(machine, this.random.chance(1, 20) ? { ...event, chunk: undefined } : event);
    }
    const load = machine.loads.shift();
    if (load === undefined) return;
    const entries = this.random.chance(1, 10) ? [] : machine.read(load.from, load.to, 2);
    this.happen(machine, { type: 'entries-loaded', peer: load.peer, entries });
    this.count('load-entries');
  }

  private makeTrouble(): void {
    const { trouble, random } = this;
    if (random.below(1000) < trouble.crash) this.crash();
    if (random.below(1000) < trouble.cut) this.cut();
    if (random.below(1000) < trouble.pause) this.pause();
    if (random.below(1000) < trouble.member) this.changeMembers();
    if (random.below(1000) < trouble.transfer) this.transfer();
    if (random.below(1000) < trouble.snapshot) this.takeSnapshot();
    if (random.below(1000) < 20) this.breakLink();
    if (random.below(1000) < trouble.lull) this.lull();
    const down = [...this.machines.values()].filter(({ state }) => state === undefined);
    if (down.length > 0 && random.chance(1, 3)) this.restart(random.pick(down));
  }

  private crash(): void {
    const machine = this.random.chance(1, 3) ? this.anyLeader() : this.anyUp();
    if (machine === undefined) return;
    const [chunk] = machine.pendingChunks;
    if (chunk !== undefined && this.random.chance(1, 2)) machine.completeChunk(chunk);
    machine.crash(this.random.below(machine.pendingWrites.length + 1));
    this.count('crash');
  }

  restart(machine: Machine): void {
    const state = machine.start(this.now, this.random.uint32());
    this.watchman.look(machine, state, []);
  }

  private cut(): void {
    const { random } = this;
    if (this.cuts.size > 0 && random.chance(1, 3)) {
      this.cuts.clear();
      return;
    }
    const nodes = [...this.machines.keys()];
    const isOneWay = random.chance(1, 4);
    const leader = this.anyLeader();
    const isLeaderAlone = leader !== undefined && random.chance(1, 2);
    const inside = isLeaderAlone
      ? new Set([leader.node])
      : new Set(nodes.filter(() => random.chance(1, 2)));
    for (const from of nodes) {
      for (const to of nodes) {
        if (inside.has(from) === inside.has(to)) continue;
        if (!isOneWay || inside.has(from)) this.cuts.add(`${from}>${to}`);
      }
    }
    this.count('cut');
  }

  private pause(): void {
    const machine = this.anyUp();
    if (machine === undefined) return;
    machine.pausedUntil = this.now + this.random.between(20, 400);
    this.count('pause');
  }

  private changeMembers(): void {
    const leader = this.anyLeader();
    const state = leader?.state;
    if (leader === undefined || state === undefined) return;
    const { voters, learners } = state.log.configurations.latest.configuration;
    const changes: MemberChange[] = [];
    for (const node of this.random.shuffle([...this.machines.keys()]).slice(0, 2)) {
      if (learners.includes(node)) {
        changes.push({ type: this.random.pick(['promote', 'promote', 'remove']), node });
      } else if (voters.includes(node)) {
        changes.push({ type: this.random.pick(['demote', 'remove']), node });
      } else changes.push({ type: 'add-learner', node });
    }
    const isAutoLeave = this.random.chance(4, 5);
    this.changeAt(leader, changes, isAutoLeave);
    if (!isAutoLeave || this.random.chance(1, 4)) {
      this.happen(leader, { type: 'leave-joint', id: this.nextId++ });
    }
  }

  changeAt(leader: Machine, changes: readonly MemberChange[], isAutoLeave = true): void {
    this.happen(leader, { type: 'change-members', id: this.nextId++, changes, isAutoLeave });
    this.count('change-members');
  }

  private transfer(): void {
    const leader = this.anyLeader();
    if (leader === undefined) return;
    this.transferTo(leader, this.random.pick([...this.machines.keys()]));
  }

  transferTo(leader: Machine, target: NodeId): void {
    this.happen(leader, { type: 'transfer-leadership', id: this.nextId++, target });
  }

  private takeSnapshot(): void {
    const machine = this.anyUp();
    if (machine !== undefined && mayTakeSnapshot(machine)) {
      this.snapshotOf(machine, this.random.pick([0, 2, 10]));
    }
  }

  snapshotOf(machine: Machine, keptCount: number): void {
    const { state } = machine;
    if (state === undefined || !mayTakeSnapshot(machine)) return;
    const index = state.appliedIndex;
    machine.keepSnapshot(snapshotAt(state, index));
    const compactTo = Math.max(state.log.baseIndex, index - keptCount) as LogIndex;
    this.happen(machine, { type: 'snapshot-taken', index, compactTo });
    this.count('snapshot');
  }

  /** Nobody wants anything for a while: groups fall asleep. */
  private lull(): void {
    for (let round = 0; round < 20; round++) {
      this.pass(5);
      this.drain();
    }
    this.count('lull');
  }

  private breakLink(): void {
    const [machine, peer] = [this.anyUp(), this.anyUp()];
    if (machine === undefined || peer === undefined) return;
    this.happen(machine, { type: 'unreachable', peer: peer.node });
  }

  /** Delivers and completes everything that is under way. */
  drain(): void {
    for (let round = 0; round < 20; round++) {
      const { parcels } = this;
      const isIdle = ({ pendingWrites, pendingChunks }: Machine) =>
        pendingWrites.length === 0 && pendingChunks.length === 0;
      const machines = [...this.machines.values()];
      if (parcels.length === 0 && machines.every((each) => isIdle(each) && !hasWork(each))) return;
      this.parcels = [];
      for (const message of parcels) this.hand(message);
      for (const machine of this.machines.values()) {
        this.completeWrites(machine, machine.pendingWrites.length);
        this.completeChunks(machine);
        this.workOff(machine);
      }
    }
  }

  private anyUp(isMeant: (machine: Machine) => boolean = () => true): Machine | undefined {
    const up = [...this.machines.values()].filter(
      (machine) => machine.state && machine.pausedUntil <= this.now && isMeant(machine),
    );
    return up.length === 0 ? undefined : this.random.pick(up);
  }

  private anyLeader(): Machine | undefined {
    const leaders = [...this.machines.values()].filter(
      ({ state, pausedUntil }) => state?.role.type === 'leader' && pausedUntil <= this.now,
    );
    return leaders.length === 0 ? undefined : this.random.pick(leaders);
  }
}

/** R24: no batch is given before the last one is taken in. A snapshot may take its place. */
function checkIdle({ node, isApplyPending, machineIndex }: Machine, type: string): void {
  check(!isApplyPending, () => `${node} gets ${type}, and has not taken in ${machineIndex}`);
}
