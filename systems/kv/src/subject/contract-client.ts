/**
 * A client that is written against the contract alone: `KvRequest` and `KvReply` in frames of the
 * native protocol. It knows nothing of the client library and has its own ways to do everything.
 *
 * A client does what its plan says, so it may play any part: reader and writer, holder of leases
 * and locks, watcher, scribe.
 */
import type { Operation, Outcome, SubjectClient, Topology, Value } from '@mangrove/experiment';
import type { Host, NodeId } from '@mangrove/host';
import { singleKey } from '../core/key-range.ts';
import type { Operation as KvOperation } from '../core/request.ts';
import { readAll } from '../core/request.ts';
import { FIRST_REVISION, type Revision } from '../core/revision.ts';
import { transact } from './contract-lists.ts';
import { ContractLocks } from './contract-locks.ts';
import { ContractMembers, type Done, type Refused } from './contract-members.ts';
import { ContractScribe } from './contract-scribe.ts';
import { ContractUpkeep } from './contract-upkeep.ts';
import { ContractWatch } from './contract-watch.ts';
import { clientAddresses, FOUNDER_COUNT } from './kv-replica.ts';
import { found, fromBytes, fromKey, get, put, single, toBytes, toKey, under } from './words.ts';

/** How long a watcher waits for something to come, in milliseconds. */
const WATCH_PATIENCE_MS = 40;

/** How long a watcher tries to catch up: less than an operation may take. */
const CATCH_UP_MS = 500;

/** How long a client waits for a member, in milliseconds. */
const PATIENCE_MS = 200;

/** Opens a client of the members in `topology`, which waits so long for each. */
export async function openContractClient(
  host: Host,
  topology: Topology,
  patienceMs: number = PATIENCE_MS,
): Promise<SubjectClient> {
  const addresses = clientAddresses(topology);
  const nodes = [...addresses.keys()];
  const place = topology.clients.findIndex(({ node }) => node === host.node);
  // One of them reads at a member that may only be one later; the others at the founders.
  const home = place === 2 ? nodes.length - 1 : place % Math.min(nodes.length, FOUNDER_COUNT);
  const addressOf = (node: NodeId) => addresses.get(node) ?? '';
  return new ContractClient(
    host,
    new ContractMembers(host, nodes, { addressOf, home, patienceMs }),
  );
}

class ContractClient implements SubjectClient {
  private readonly host: Host;
  private readonly members: ContractMembers;
  private readonly locks: ContractLocks;
  private readonly scribe: ContractScribe;
  private readonly upkeep: ContractUpkeep;
  private watch: ContractWatch | undefined;
  private isScribe = false;

  constructor(host: Host, members: ContractMembers) {
    this.host = host;
    this.members = members;
    this.locks = new ContractLocks(members, host.node);
    this.scribe = new ContractScribe(members);
    this.upkeep = new ContractUpkeep(host, members, this.scribe);
  }

  async invoke({ f, key = '', value = null }: Operation): Promise<Outcome> {
    const turn = this.members.begin();
    switch (f) {
      case 'read':
        return this.read(turn, key, turn % 3 === 0 ? 'lease' : 'linearizable');
      case 'write':
        return this.write(turn, key, value);
      case 'delete':
        return this.remove(turn, key);
      case 'cas':
        return this.compareAndSet(turn, key, value as readonly [Value, Value]);
      case 'txn':
        return transact(this.members, turn, value as Parameters<typeof transact>[2]);
      case 'add':
        return outcome(await this.members.change(turn, put(`s/${value}`, value)));
      case 'read-set':
        return this.readSet(turn);
      case 'read-bounded':
        return this.readBounded(turn, key, value as Bound);
      case 'read-session':
        return this.readSession(turn, key);
      case 'revision':
        return this.revision(turn);
      case 'compare-hashes':
        return this.compareHashes(turn);
      case 'read-past':
        return this.readPast(turn, value);
      default:
        return this.playPart(turn, f, key, value);
    }
  }

  /** What holders of leases, watchers and scribes do. */
  private async playPart(turn: number, f: string, key: string, value: Value): Promise<Outcome> {
    const upkeep = this.upkeep.perform(turn, f, value);
    if (upkeep !== undefined) return upkeep;
    switch (f) {
      case 'grant':
        return this.locks.grant(turn, Number(value));
      case 'keep':
        return this.locks.keep(turn, value === null ? undefined : this.members.homeNode(turn));
      case 'look':
        return this.locks.look(turn);
      case 'save':
        return this.locks.save(turn);
      case 'look-at-all':
        return this.locks.lookAtAll(turn);
      case 'acquire':
        return this.locks.acquire(turn, key, Number(value));
      case 'guarded-write':
        return this.locks.write(turn, key, Number(value));
      case 'release':
        return this.locks.release(turn, key);
      case 'next':
        return this.nextEvents(value);
      case 'catch-up':
        return this.catchUp(turn);
      case 'log':
        return this.log(turn, value === 'all');
      case 'compact':
        return this.scribe.compact(turn, Number(value));
      default:
        throw new Error(`the plan wants ${f}, which nobody knows`);
    }
  }

  private async read(turn: number, key: string, type: 'lease' | 'linearizable'): Promise<Outcome> {
    const reply = await this.members.read(turn, get(key), { type });
    return reply.type === 'done' ? { type: 'ok', value: single(reply.result) } : outcome(reply);
  }

  /** Every other write is asked for once and may be left in doubt. */
  private async write(turn: number, key: string, value: Value): Promise<Outcome> {
    const reply = await this.change(turn, put(key, value));
    if (reply.type === 'refused') return outcome(reply);
    return { type: 'ok', value: { revision: reply.header.revision } };
  }

  private async remove(turn: number, key: string): Promise<Outcome> {
    const range = singleKey(toKey(key));
    return outcome(await this.change(turn, { type: 'delete', range, wantsPrevious: false }));
  }

  private async compareAndSet(
    turn: number,
    key: string,
    [from, to]: readonly [Value, Value],
  ): Promise<Outcome> {
    const range = singleKey(toKey(key));
    const operand = { target: 'value', value: toBytes(from) } as const;
    const reply = await this.change(turn, {
      type: 'txn',
      compares: [{ range, relation: 'equal', operand }],
      success: [put(key, to)],
      failure: [],
    });
    if (reply.type === 'refused') return outcome(reply);
    const hasSet = reply.result.type === 'txn' && reply.result.succeeded;
    // Without a result it was set; `false` says that another value was found.
    return hasSet ? { type: 'ok' } : { type: 'ok', value: false };
  }

  private change(turn: number, operation: KvOperation): Promise<Done | Refused> {
    if (turn % 2 === 0) return this.members.change(turn, operation);
    const consistency = { type: 'linearizable' } as const;
    const request = { type: 'operation', operation, consistency, place: undefined } as const;
    return this.members.changeOnce(turn, request);
  }

  private async readSet(turn: number): Promise<Outcome> {
    const reply = await this.members.read(turn, { ...readAll(under('s/')), keysOnly: true });
    if (reply.type === 'refused') return outcome(reply);
    const elements = found(reply.result).kvs.map(({ key }) => Number(fromKey(key).slice(2)));
    return { type: 'ok', value: elements };
  }

  private async readBounded(turn: number, key: string, bound: Bound): Promise<Outcome> {
    const { ms: stalenessMsMax, lag: revisionLagMax } = bound;
    const consistency = { type: 'bounded', stalenessMsMax, revisionLagMax } as const;
    const reply = await this.members.read(turn, get(key), consistency);
    if (reply.type === 'refused') return outcome(reply);
    const { revision, stalenessMs = null } = reply.header;
    return { type: 'ok', value: { value: single(reply.result), revision, stalenessMs } };
  }

  private async readSession(turn: number, key: string): Promise<Outcome> {
    const { token } = this.members;
    const reply = await this.members.read(turn, get(key), { type: 'session', token });
    return reply.type === 'done' ? { type: 'ok', value: single(reply.result) } : outcome(reply);
  }

  private async revision(turn: number): Promise<Outcome> {
    const reply = await this.members.read(turn, { ...readAll(under('r/')), countOnly: true });
    if (reply.type === 'refused') return outcome(reply);
    return { type: 'ok', value: { revision: reply.header.revision } };
  }

  /** All keys as they were so many revisions ago, or at the compaction. */
  private async readPast(turn: number, behind: Value): Promise<Outcome> {
    const all = readAll({ from: new Uint8Array([0]), to: undefined });
    const probe = { ...all, revision: FIRST_REVISION, countOnly: true };
    const oldest = await this.members.read(turn, probe);
    if (oldest.type === 'refused' && oldest.code !== 'compacted') return outcome(oldest);
    const compacted = oldest.type === 'refused' ? oldest.compactRevision : FIRST_REVISION;
    const past = behind === 'compacted' ? 0 : this.members.token - Number(behind);
    const revision = Math.max(compacted, past) as Revision;
    const reply = await this.members.read(turn, { ...all, revision });
    if (reply.type === 'refused') return outcome(reply);
    const kvs = found(reply.result).kvs.map((kv) => [fromKey(kv.key), fromBytes(kv.value)]);
    return { type: 'ok', value: { revision, state: Object.fromEntries(kvs) } };
  }

  /** The hash of one revision, of every member that has it. */
  private async compareHashes(turn: number): Promise<Outcome> {
    const present = await this.members.read(turn, { ...readAll(under('r/')), countOnly: true });
    if (present.type === 'refused') return outcome(present);
    const { revision } = present.header;
    const hashes: Value[] = [];
    for (const node of this.members.nodes) {
      const reply = await this.members.ask(node, { type: 'hash', revision: revision as Revision });
      if (reply?.type !== 'done' || reply.result.type !== 'hash') continue;
      const { hash, compactRevision } = reply.result;
      hashes.push({
        member: node as NodeId,
        revision: reply.result.revision,
        compactRevision,
        hash,
      });
    }
    return { type: 'ok', value: hashes };
  }

  private async nextEvents(value: Value): Promise<Outcome> {
    const watch = this.startWatch();
    if (value === 'move') watch.move();
    await watch.wait(WATCH_PATIENCE_MS);
    return { type: 'ok', value: watch.take() };
  }

  /** Until everything that there is now was seen. */
  private async catchUp(turn: number): Promise<Outcome> {
    const { watch } = this;
    if (watch === undefined) return { type: 'fail', error: 'no watcher' };
    const present = await this.members.read(turn, { ...readAll(under('r/')), countOnly: true });
    if (present.type === 'refused') return outcome(present);
    // What is taken after the operation was given up would be lost.
    const untilMs = this.host.clock.now() + CATCH_UP_MS;
    while (this.members.isCurrent(turn) && this.host.clock.now() < untilMs) {
      if (watch.hasSeen(present.header.revision)) return { type: 'ok', value: watch.take() };
      for (let waited = 0; waited < 6 && !watch.hasSeen(present.header.revision); waited += 1) {
        await watch.wait(0);
        await this.host.timers.sleep(WATCH_PATIENCE_MS / 2);
      }
      // Where it does not get on it may be at one that is no member.
      if (!watch.hasSeen(present.header.revision)) watch.move();
    }
    return { type: 'info', error: 'abandoned' };
  }

  /** Only who wrote down before writes everything down: it is long. */
  private async log(turn: number, wantsAll: boolean): Promise<Outcome> {
    if (wantsAll && !this.isScribe) return { type: 'fail', error: 'no scribe' };
    this.isScribe = true;
    return this.scribe.log(turn, wantsAll);
  }

  private startWatch(): ContractWatch {
    if (this.watch !== undefined) return this.watch;
    this.watch = new ContractWatch(this.host, this.members);
    this.watch.start();
    return this.watch;
  }
}

/** How far behind a bounded read may be. */
interface Bound {
  readonly ms?: number;
  readonly lag?: number;
}

function outcome(reply: Done | Refused): Outcome {
  if (reply.type === 'done') return { type: 'ok' };
  return { type: reply.isDefinite ? 'fail' : 'info', error: reply.code };
}
