/**
 * Elections: who of several candidates leads, with a value that everybody can see.
 */
import type { CallOptions } from './caller.ts';
import type { KvEntry } from './key.ts';
import { type Claim, type Claimant, claim, type LockOptions } from './lock.ts';

/** An election under one name. */
export class Election {
  private readonly client: Claimant;
  private readonly name: string;

  constructor(client: Claimant, name: string) {
    this.client = client;
    this.name = name;
  }

  /**
   * Stands for election with `value`, and resolves when it leads. `release` of what it gives
   * resigns, `write` proclaims another value, `token` fences off earlier leaders.
   */
  campaign(value: string, options: Omit<LockOptions, 'value'> = {}): Promise<Claim> {
    return claim(this.client, this.name, { ...options, value });
  }

  /** Who leads now: the value of the leader; `undefined` where nobody does. */
  async leader(options: CallOptions = {}): Promise<KvEntry | undefined> {
    const oldest = { sortBy: 'create', order: 'ascend', limit: 1 } as const;
    const { entries } = await this.client.read(this.keys, { ...oldest, ...options });
    return entries[0];
  }

  /** Each leader and each value that it proclaims, from now on; some are missed by a compaction. */
  async *observe(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<KvEntry, void> {
    const { signal } = options;
    const call = signal === undefined ? {} : { signal };
    let told: KvEntry | undefined;
    const news = (): readonly KvEntry[] => {
      const [leader] = standing.values();
      const isKnown = leader?.key === told?.key && leader?.modRevision === told?.modRevision;
      told = leader ?? told;
      return leader === undefined || isKnown ? [] : [leader];
    };
    let { revision, standing } = await this.candidates(call);
    yield* news();
    const watch = this.client.watch(this.keys, {
      ...{ from: revision + 1, onCompacted: 'skip' },
      ...call,
    });
    for await (const { events, isAfterGap } of watch.batches()) {
      if (isAfterGap) {
        ({ revision, standing } = await this.candidates(call));
        yield* news();
      }
      for (const [place, event] of events.entries()) {
        if (event.revision <= revision) continue;
        if (event.type === 'delete') standing.delete(event.key);
        else standing.set(event.key, event);
        // What happened in one revision happened at once.
        if (events[place + 1]?.revision !== event.revision) yield* news();
      }
    }
  }

  /** Who stands, by their keys, in the order in which they stood: the first one leads. */
  private async candidates(options: CallOptions) {
    const byAge = { sortBy: 'create', order: 'ascend' } as const;
    const { header, entries } = await this.client.read(this.keys, { ...byAge, ...options });
    return {
      revision: header.revision,
      standing: new Map(entries.map((entry) => [entry.key, entry])),
    };
  }

  private get keys() {
    return { prefix: `${this.name}/` };
  }
}
