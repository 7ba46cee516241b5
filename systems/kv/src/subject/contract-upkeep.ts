/**
 * The upkeep of a store, as an operator does it by the contract: fills it to its quota, sees to the
 * alarm, makes room again, and takes backups.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import type { Host } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import { OperationRead } from '../core/operation-read.ts';
import { type Operation, readAll } from '../core/request.ts';
import { readBackup } from '../shell/backup.ts';
import { restoreState } from '../shell/state-slices.ts';
import type { ContractLine } from './contract-line.ts';
import type { ContractMembers, Done, Refused } from './contract-members.ts';
import type { ContractScribe } from './contract-scribe.ts';
import { found, fromBytes, fromKey, put, under } from './words.ts';

/** What fills the store: some dozens are its quota. Every third write is small and may fit. */
const FILLING = 'x'.repeat(200);

/** How often the store is filled until it must be full. */
const FILLS_MAX = 60;

/** The most keys of a backup in an experiment. */
const KEYS_MAX = 10_000;

/** The upkeep by one client. */
export class ContractUpkeep {
  private readonly host: Host;
  private readonly members: ContractMembers;
  private readonly scribe: ContractScribe;
  private backupCount = 0;

  constructor(host: Host, members: ContractMembers, scribe: ContractScribe) {
    this.host = host;
    this.members = members;
    this.scribe = scribe;
  }

  /** Does what `f` says; `undefined` where it is none of its business. */
  perform(turn: number, f: string, value: Value): Promise<Outcome> | undefined {
    switch (f) {
      case 'fill':
        return this.fill(turn, Number(value));
      case 'alarms':
        return this.alarms(turn, value === 'once full');
      case 'clear':
        return this.clear(turn).then((refusal) => refusal ?? { type: 'ok' });
      case 'make-room':
        return this.makeRoom(turn);
      case 'back-up':
        return this.backUp();
      default:
        return undefined;
    }
  }

  /** Every other time in a branch of a transaction. */
  private async fill(turn: number, index: number): Promise<Outcome> {
    const plain: Operation = put(`f/${index}`, index % 3 === 0 ? '' : FILLING);
    const branch: Operation = { type: 'txn', compares: [], success: [plain], failure: [] };
    const reply = await this.change(turn, turn % 2 === 0 ? plain : branch);
    return reply.type === 'done' ? { type: 'ok' } : outcomeOf(reply);
  }

  /** Asks for the alarms; where it is to be full, fills the store until they say so. */
  private async alarms(turn: number, isToBeFull: boolean): Promise<Outcome> {
    for (let index = 0; ; index += 1) {
      const reply = await this.members.changeOnce(turn, { type: 'list-alarms' });
      if (reply.type === 'refused') return outcomeOf(reply);
      const { result } = reply;
      const raised = result.type === 'alarms' ? result.alarms : [];
      const isFull = raised.some(({ alarm }) => alarm === 'no-space');
      if (isFull || !isToBeFull || index >= FILLS_MAX) return { type: 'ok', value: { isFull } };
      await this.fill(turn, 3 * index + 1);
    }
  }

  /** Makes room, and ends the alarm. */
  private async makeRoom(turn: number): Promise<Outcome> {
    const refusal = await this.clear(turn);
    if (refusal !== undefined) return refusal;
    const request = { type: 'disarm-alarm', alarm: 'no-space' } as const;
    const disarmed = await this.members.changeOnce(turn, request);
    return disarmed.type === 'done' ? { type: 'ok', value: {} } : outcomeOf(disarmed);
  }

  /**
   * Deletes what fills the store and compacts it away once it is written down; the alarm stays.
   * Returns what came of it where that is not done.
   */
  private async clear(turn: number): Promise<Outcome | undefined> {
    const range = under('f/');
    const deleted = await this.change(turn, { type: 'delete', range, wantsPrevious: false });
    if (deleted.type === 'refused') return roomOutcome(deleted);
    const logged = await this.scribe.log(turn, false);
    if (logged.type !== 'ok') return { type: 'fail', error: 'not written down' };
    const compacted = await this.scribe.compact(turn, 0);
    return compacted.type === 'ok' ? undefined : { type: 'fail', error: compacted.error };
  }

  /** Takes a backup of the member at home, and reads what a store made of it holds. */
  private async backUp(): Promise<Outcome> {
    this.backupCount += 1;
    const node = this.members.homeNode(this.backupCount);
    const silent = { onWatch: () => {}, onLost: () => {} };
    const line = await this.members.openLine(node, silent);
    if (line === undefined) return { type: 'fail', error: 'no line' };
    try {
      const pause = () => this.host.timers.sleep(0);
      const restored = await restoreState(readBackup(chunksOf(line)), pause);
      if (restored === undefined) return { type: 'fail', error: 'no state' };
      const read = new OperationRead(
        restored.store,
        readAll({ from: new Uint8Array([0]), to: undefined }),
      );
      const all = read.step(KEYS_MAX);
      if (typeof all !== 'object') throw new Error(`a present that is ${all}`);
      const { kvs } = found(all);
      const state = Object.fromEntries(kvs.map((kv) => [fromKey(kv.key), fromBytes(kv.value)]));
      return { type: 'ok', value: { revision: read.revision, state } };
    } catch (error) {
      // A connection that ends cuts the backup short, and whoever reads it is told so.
      if (!(error instanceof WireError && error.code === 'truncated')) throw error;
      return { type: 'fail', error: 'cut short' };
    } finally {
      line.close();
    }
  }

  private change(turn: number, operation: Operation): Promise<Done | Refused> {
    const consistency = { type: 'linearizable' } as const;
    const request = { type: 'operation', operation, consistency, place: undefined } as const;
    return this.members.changeOnce(turn, request);
  }
}

async function* chunksOf(line: ContractLine): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = await line.nextChunk();
    if (chunk === undefined || chunk.length === 0) return;
    yield chunk;
  }
}

function outcomeOf({ code, isDefinite }: Refused): Outcome {
  return { type: isDefinite ? 'fail' : 'info', error: code };
}

/** Who makes room must never be told that there is none. */
function roomOutcome(refused: Refused): Outcome {
  if (refused.code !== 'no-space') return outcomeOf(refused);
  return { type: 'ok', value: { refusedFor: refused.code } };
}
