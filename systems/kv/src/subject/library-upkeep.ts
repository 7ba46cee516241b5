/**
 * The upkeep of a store by programs with the client library: one fills it whatever its size, one
 * makes room as the error says, one takes backups.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import type { Host } from '@mangrove/host';
import type { KvClient } from '../client/kv-client.ts';
import { KvError } from '../client/kv-error.ts';
import { op, when } from '../client/operations.ts';
import { OperationRead } from '../core/operation-read.ts';
import { readAll } from '../core/request.ts';
import { readBackup } from '../shell/backup.ts';
import { restoreState } from '../shell/state-slices.ts';
import type { LibraryScribe } from './library-scribe.ts';
import { found, fromBytes, fromKey } from './words.ts';

/** Values have up to four times this length; every fifth is empty, and may still fit. */
const LENGTH_STEP = 60;

/** How often the store is filled until it must be full. */
const FILLS_MAX = 80;

/** The most keys of a backup in an experiment. */
const KEYS_MAX = 10_000;

/** The upkeep by one program. */
export class LibraryUpkeep {
  private readonly host: Host;
  private readonly kv: KvClient;
  private readonly members: readonly string[];
  private readonly scribe: LibraryScribe;
  private backupCount = 0;

  constructor(host: Host, kv: KvClient, members: readonly string[], scribe: LibraryScribe) {
    this.host = host;
    this.kv = kv;
    this.members = members;
    this.scribe = scribe;
  }

  /** Does what `f` says; `undefined` where it is none of its business. */
  perform(f: string, value: Value): Promise<Outcome> | undefined {
    switch (f) {
      case 'fill':
        return this.fill(Number(value));
      case 'alarms':
        return this.alarms(value === 'once full');
      case 'make-room':
        return this.makeRoom();
      case 'back-up':
        return this.backUp();
      default:
        return undefined;
    }
  }

  /** By a put, in a branch of a transaction, or by an optimistic one. */
  private async fill(index: number): Promise<Outcome> {
    const text = JSON.stringify('y'.repeat(LENGTH_STEP * (index % 5)));
    const key = `f/${index % 40}`;
    switch (index % 3) {
      case 0:
        await this.kv.put(key, text);
        break;
      case 1:
        await this.kv.txn().if(when('r/none').exists()).else(op.put(key, text)).commit();
        break;
      default:
        await this.kv.stm(async (view) => view.put(key, text), { attemptsMax: 4 });
    }
    return { type: 'ok' };
  }

  /** Asks for the alarms; where it is to be full, fills the store until it is refused. */
  private async alarms(isToBeFull: boolean): Promise<Outcome> {
    for (let index = 0; ; index += 1) {
      const raised = await this.kv.alarms();
      const isFull = raised.some(({ alarm }) => alarm === 'no-space');
      if (isFull || !isToBeFull || index >= FILLS_MAX) return { type: 'ok', value: { isFull } };
      try {
        await this.fill(4 + 5 * index);
      } catch (error) {
        // The alarm is raised by then, or soon.
        if (!(error instanceof KvError && error.code === 'no-space')) throw error;
      }
    }
  }

  /** Deletes what fills the store, compacts it away once it is written down, ends the alarm. */
  private async makeRoom(): Promise<Outcome> {
    try {
      await this.kv.delete({ prefix: 'f/' });
      await this.scribe.log(false);
      const compacted = await this.scribe.compact(0);
      if (compacted.type !== 'ok') return { type: 'fail', error: compacted.error };
      await this.kv.disarm('no-space');
      return { type: 'ok', value: {} };
    } catch (error) {
      if (!(error instanceof KvError && error.code === 'no-space')) throw error;
      return { type: 'ok', value: { refusedFor: error.code } };
    }
  }

  /** Takes a backup of one member after the other, and reads what a store made of it holds. */
  private async backUp(): Promise<Outcome> {
    this.backupCount += 1;
    const endpoint = this.members[this.backupCount % this.members.length];
    const chunks = this.kv.snapshot(endpoint);
    const restored = await restoreState(readBackup(chunks), () => this.host.timers.sleep(0));
    if (restored === undefined) return { type: 'fail', error: 'no state' };
    const everything = readAll({ from: new Uint8Array([0]), to: undefined });
    const read = new OperationRead(restored.store, everything);
    const all = read.step(KEYS_MAX);
    if (typeof all !== 'object') throw new Error(`a present that is ${all}`);
    const state = found(all).kvs.map((kv) => [fromKey(kv.key), fromBytes(kv.value)] as const);
    return { type: 'ok', value: { revision: read.revision, state: Object.fromEntries(state) } };
  }
}
