/**
 * Writes the truth down with the library: what every revision holds, by reads of the past, one
 * revision after the other.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import type { KvClient } from '../client/kv-client.ts';
import { KvError } from '../client/kv-error.ts';
import { op } from '../client/operations.ts';

/** How many revisions are read in one transaction. */
const REVISIONS_AT_ONCE = 50;

/** One that writes the truth down. */
export class LibraryScribe {
  private readonly kv: KvClient;
  private readonly changes: Value[] = [];
  private state = new Map<string, number>();
  // Revision 1 is the empty store.
  private written = 1;
  private isUsed = false;

  constructor(kv: KvClient) {
    this.kv = kv;
  }

  /** Writes down all revisions up to the present; tells how far it is, or `wantsAll` of it. */
  async log(wantsAll: boolean): Promise<Outcome> {
    if (wantsAll && !this.isUsed) return { type: 'fail', error: 'no scribe' };
    this.isUsed = true;
    const { header } = await this.kv.read({ prefix: '' }, { countOnly: true });
    while (this.written < header.revision) await this.writeSome(header.revision);
    const value = { upTo: this.written, ...(wantsAll ? { changes: [...this.changes] } : {}) };
    return { type: 'ok', value };
  }

  /** Compacts to `behind` revisions before what is written down. */
  async compact(behind: number): Promise<Outcome> {
    const revision = Math.max(1, this.written - behind);
    try {
      await this.kv.compact(revision);
      return { type: 'ok', value: { revision } };
    } catch (error) {
      if (error instanceof KvError && error.code === 'compacted') {
        return { type: 'fail', error: error.code };
      }
      throw error;
    }
  }

  private async writeSome(present: number): Promise<void> {
    const from = this.written + 1;
    const to = Math.min(this.written + REVISIONS_AT_ONCE, present);
    const reads = Array.from({ length: to - from + 1 }, (_, index) =>
      op.get({ prefix: '' }, { revision: from + index }),
    );
    const { results } = await this.kv
      .txn()
      .then(...reads)
      .commit();
    // An operation that the client gave up goes on: what it reads too late is written down already.
    if (this.written !== from - 1) return;
    for (const [index, result] of results.entries()) {
      if (result.type !== 'get') throw new Error(`a ${result.type} for a read`);
      this.writeRevision(from + index, result.entries);
    }
    this.written = to;
  }

  private writeRevision(
    revision: number,
    entries: readonly { key: string; value: string; modRevision: number; version: number }[],
  ): void {
    const state = new Map<string, number>();
    for (const { key, value, modRevision, version } of entries) {
      state.set(key, modRevision);
      if (this.state.get(key) === modRevision) continue;
      const change = { revision: modRevision, type: 'put', key, isCreate: version === 1 };
      this.changes.push({ ...change, value: JSON.parse(value) as Value });
    }
    for (const key of this.state.keys()) {
      if (!state.has(key)) this.changes.push({ revision, type: 'delete', key });
    }
    this.state = state;
  }
}
