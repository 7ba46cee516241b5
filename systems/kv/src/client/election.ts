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
    const { entries } = await this.leaderAnswer(options);
    return entries[0];
  }

  /** Each leader and each value that it proclaims, from now on. */
  async *observe(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<KvEntry, void> {
    const { signal } = options;
    const call = signal === undefined ? {} : { signal };
    let told = 0;
    const { header, entries } = await this.leaderAnswer(call);
    const [first] = entries;
    if (first !== undefined) {
      told = first.modRevision;
      yield first;
    }
    const prefix = { prefix: `${this.name}/` };
    const watch = this.client.watch(prefix, {
      ...{ from: header.revision + 1, onCompacted: 'skip' },
      ...call,
    });
    for await (const _batch of watch.batches()) {
      const leader = await this.leader(call);
      if (leader === undefined || leader.modRevision <= told) continue;
      told = leader.modRevision;
      yield leader;
    }
  }

  private leaderAnswer(options: CallOptions) {
    const oldest = { sortBy: 'create', order: 'ascend', limit: 1 } as const;
    return this.client.read({ prefix: `${this.name}/` }, { ...oldest, ...options });
  }
}
