/**
 * A client of experiments that does everything as a program would: with the client library.
 *
 * What the library says of a failure is taken at its word: a definite one is a `fail`.
 */
import type { Operation, Outcome, SubjectClient, Topology, Value } from '@mangrove/experiment';
import type { Host } from '@mangrove/host';
import { KvClient } from '../client/kv-client.ts';
import { KvError } from '../client/kv-error.ts';
import type { KvSession } from '../client/kv-session.ts';
import { op, when } from '../client/operations.ts';
import { clientAddresses, FOUNDER_COUNT } from './kv-replica.ts';
import { LibraryLocks } from './library-locks.ts';
import { LibraryScribe } from './library-scribe.ts';
import { LibraryUpkeep } from './library-upkeep.ts';
import { LibraryWatch } from './library-watch.ts';

/** How long a call may take: less than an operation, so that the library has the last word. */
const CALL_MS = 600;

/**
 * Opens a client of the members in `topology`. Half of them do without sessions, and learn what is
 * not known; all of them where `wantsSessions` is false.
 */
export async function openLibraryClient(
  host: Host,
  topology: Topology,
  wantsSessions = true,
): Promise<SubjectClient> {
  const place = topology.clients.findIndex(({ node }) => node === host.node);
  // Each knows of one member at first, and learns of the others.
  const founders = [...clientAddresses(topology).values()].slice(0, FOUNDER_COUNT);
  const known = [...founders.slice(place % 3), ...founders.slice(0, place % 3)];
  const kv = new KvClient(host, {
    endpoints: known,
    timeoutMs: CALL_MS,
    attemptTimeoutMs: 150,
    connectTimeoutMs: 100,
    exactlyOnce: wantsSessions && place % 2 === 0,
  });
  return new LibraryClient(host, kv, known);
}

class LibraryClient implements SubjectClient {
  private readonly kv: KvClient;
  private readonly members: readonly string[];
  private readonly session: KvSession;
  private readonly locks: LibraryLocks;
  private readonly watch: LibraryWatch;
  private readonly scribe: LibraryScribe;
  private readonly upkeep: LibraryUpkeep;

  constructor(host: Host, kv: KvClient, members: readonly string[]) {
    this.kv = kv;
    this.members = members;
    this.session = kv.session();
    this.locks = new LibraryLocks(host, kv);
    this.watch = new LibraryWatch(host, kv);
    this.scribe = new LibraryScribe(kv);
    this.upkeep = new LibraryUpkeep(host, kv, members, this.scribe);
  }

  async invoke(operation: Operation): Promise<Outcome> {
    try {
      return await this.perform(operation);
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      return { type: error.isDefinite ? 'fail' : 'info', error: error.code };
    }
  }

  private async perform({ f, key = '', value = null }: Operation): Promise<Outcome> {
    const { kv } = this;
    switch (f) {
      case 'read':
        return ok(parse((await kv.get(key))?.value));
      case 'lease-read':
        return ok(parse((await kv.get(key, { consistency: 'lease' }))?.value));
      case 'write': {
        const client = key.startsWith('q/') ? this.session : kv;
        const { revision } = await client.put(key, JSON.stringify(value));
        return ok({ revision });
      }
      case 'delete':
        await kv.delete(key);
        return { type: 'ok' };
      case 'cas':
        return this.compareAndSet(key, value as readonly [Value, Value]);
      case 'txn':
        return ok(await this.transact(value as readonly Step[]));
      case 'add':
        await kv.put(`s/${value}`, JSON.stringify(value));
        return { type: 'ok' };
      case 'read-set':
        return ok((await kv.getAll({ prefix: 's/' })).map((entry) => Number(entry.key.slice(2))));
      case 'read-bounded':
        return this.readBounded(key, value as Bound);
      case 'read-session':
        return ok(parse((await this.session.get(key))?.value));
      case 'revision':
        return ok({ revision: (await kv.read('r/0', { countOnly: true })).header.revision });
      case 'compare-hashes':
        return this.compareHashes();
      case 'read-past':
        return this.readPast(Number(value));
      default:
        return this.locks.perform(f, key, value) ?? this.playPart(f, value);
    }
  }

  private playPart(f: string, value: Value): Promise<Outcome> {
    if (f === 'log') return this.scribe.log(value === 'all');
    if (f === 'compact') return this.scribe.compact(Number(value));
    return this.upkeep.perform(f, value) ?? this.watch.perform(f);
  }

  private async compareAndSet(key: string, [from, to]: readonly [Value, Value]): Promise<Outcome> {
    const { succeeded } = await this.kv
      .txn()
      .if(when(key).value('=', JSON.stringify(from)))
      .then(op.put(key, JSON.stringify(to)))
      .commit();
    return succeeded ? { type: 'ok' } : ok(false);
  }

  private transact(steps: readonly Step[]): Promise<Value> {
    return this.kv.stm<Value>(
      async (view) => {
        const seen: Value[] = [];
        for (const [f, key, value] of steps) {
          const list = parse(await view.get(key)) as readonly Value[] | null;
          seen.push(f === 'r' ? [f, key, list] : [f, key, value]);
          if (f === 'append') view.put(key, JSON.stringify([...(list ?? []), value]));
        }
        return seen;
      },
      { attemptsMax: 6 },
    );
  }

  private async readBounded(key: string, { ms, lag }: Bound): Promise<Outcome> {
    const { entries, header } = await this.kv.read(key, {
      consistency: {
        ...(ms === undefined ? {} : { maxStalenessMs: ms }),
        ...(lag === undefined ? {} : { maxRevisionLag: lag }),
      },
    });
    const { revision, stalenessMs = null } = header;
    return ok({ value: parse(entries[0]?.value), revision, stalenessMs });
  }

  /** All keys as they were so many revisions ago. */
  private async readPast(behind: number): Promise<Outcome> {
    const { header } = await this.kv.read('r/0', { countOnly: true });
    const revision = Math.max(1, header.revision - behind);
    const { entries } = await this.kv.read({ prefix: '' }, { revision });
    const state = entries.map(({ key, value }) => [key, parse(value)] as const);
    return ok({ revision, state: Object.fromEntries(state) });
  }

  private async compareHashes(): Promise<Outcome> {
    const { header } = await this.kv.read('r/0', { countOnly: true });
    const hashes: Value[] = [];
    for (const member of this.members) {
      try {
        const told = await this.kv.hash(member, header.revision, { timeoutMs: CALL_MS / 4 });
        hashes.push({ member, ...told });
      } catch (error) {
        // A member that does not have the revision, or does not answer, has nothing to compare.
        if (!(error instanceof KvError)) throw error;
      }
    }
    return ok(hashes);
  }
}

type Step = readonly [f: string, key: string, value: Value];

/** How far behind a bounded read may be. */
interface Bound {
  readonly ms?: number;
  readonly lag?: number;
}

function ok(value: Value): Outcome {
  return { type: 'ok', value };
}

/** The value in JSON; null where there is none. */
function parse(text: string | undefined): Value {
  return text === undefined ? null : (JSON.parse(text) as Value);
}
