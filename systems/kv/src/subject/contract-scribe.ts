/**
 * Writes down what changed in every revision, by reading the past, and compacts what it has
 * written: so there is a truth for watches that comes from no watch.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import {
  type Operation,
  type OperationResult,
  type RangeRequest,
  readAll,
} from '../core/request.ts';
import { FIRST_REVISION, type Revision } from '../core/revision.ts';
import type { ContractMembers } from './contract-members.ts';
import { found, fromBytes, fromKey } from './words.ts';

/** How many revisions are read at once: two reads for each, within the bound of a transaction. */
const REVISIONS_MAX = 60;

/** All keys: those of text come behind this byte. */
function all(): RangeRequest {
  return readAll({ from: new Uint8Array([0]), to: undefined });
}

/** One that writes the truth down. */
export class ContractScribe {
  private readonly members: ContractMembers;
  private readonly changes: Value[] = [];
  private written: number = FIRST_REVISION;
  private keys = new Set<string>();

  constructor(members: ContractMembers) {
    this.members = members;
  }

  /** Writes down all revisions up to the present; tells how far it is, or `wantsAll` of it. */
  async log(turn: number, wantsAll: boolean): Promise<Outcome> {
    const present = await this.members.read(turn, { ...all(), countOnly: true });
    if (present.type === 'refused') return { type: 'fail', error: present.code };
    while (this.written < present.header.revision) {
      const after = this.written;
      const last = Math.min(after + REVISIONS_MAX, present.header.revision);
      const read = await this.members.read(turn, pastOf(after, last));
      if (read.type === 'refused') return { type: 'fail', error: read.code };
      // An operation that was given up goes on: what it reads too late is written down already.
      if (this.written !== after) continue;
      this.write(read.result.type === 'txn' ? read.result.results : [], last);
    }
    const value = { upTo: this.written, ...(wantsAll ? { changes: [...this.changes] } : {}) };
    return { type: 'ok', value };
  }

  private write(results: readonly OperationResult[], last: number): void {
    for (let revision = this.written + 1; revision <= last; revision += 1) {
      const at = (revision - this.written - 1) * 2;
      const [puts, keys] = [found(results[at] ?? EMPTY), found(results[at + 1] ?? EMPTY)];
      const there = new Set(keys.kvs.map(({ key }) => fromKey(key)));
      for (const { key, value, version } of puts.kvs) {
        const change = { revision, type: 'put', key: fromKey(key), value: fromBytes(value) };
        this.changes.push({ ...change, isCreate: version === 1 });
      }
      for (const key of this.keys) {
        if (!there.has(key)) this.changes.push({ revision, type: 'delete', key });
      }
      this.keys = there;
    }
    this.written = last;
  }

  /** Compacts to `behind` revisions before what is written down. */
  async compact(turn: number, behind: number): Promise<Outcome> {
    const revision = Math.max(FIRST_REVISION, this.written - behind) as Revision;
    const reply = await this.members.changeOnce(turn, { type: 'compact', revision });
    if (reply.type === 'done') return { type: 'ok', value: { revision } };
    return { type: reply.isDefinite ? 'fail' : 'info', error: reply.code };
  }
}

const EMPTY = Object.freeze({ type: 'none' });

/** Of each revision what was put in it, and which keys there were. */
function pastOf(after: number, last: number): Operation {
  const success: Operation[] = [];
  for (let number = after + 1; number <= last; number += 1) {
    const revision = number as Revision;
    success.push({ ...all(), revision, minModRevision: revision });
    success.push({ ...all(), revision, keysOnly: true });
  }
  return { type: 'txn', compares: [], success, failure: [] };
}
