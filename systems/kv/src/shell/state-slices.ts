/**
 * From a state to its slices, and back, a little at a time.
 *
 * What is given is the state of the call, whatever is applied while the slices are taken: sessions,
 * alarms and leases are copied, the store is pinned.
 */
import { WireError, Writer } from '@mangrove/wire';
import type { Lease } from '../core/leases.ts';
import type { Applied, ReplicatedState } from '../core/replicated-state.ts';
import type { SessionRecord } from '../core/session-windows.ts';
import { SnapshotRead, SnapshotRestore, type SnapshotVersion } from '../core/snapshot.ts';
import type { KvStore } from '../core/store.ts';
import { decodeSlice, encodeSlice, SLICE_COUNT_MAX, type StateSlice } from './state-codec.ts';

/** About how many bytes one slice has; one element at least. */
const SLICE_BYTES = 65_536;

/** How much memory is kept from slice to slice; one with a value of megabytes has its own. */
const KEPT_BYTES = 2 * SLICE_BYTES;

/** How many keys or versions are looked at between two looks at the size of a slice. */
const KEYS_PER_LOOK = 64;

/** How many keys or versions are looked at for one slice at most. */
const KEYS_PER_SLICE = 2_048;

/** How many sessions one slice has, and how many answers of one session. */
const SESSIONS_PER_SLICE = 64;
const ANSWERS_PER_SLICE = 64;

/** The slices of one state, each lent until the next; `close` gives up what was not taken. */
export interface StateRead extends Iterable<Uint8Array> {
  close(): void;
}

/** Begins to give `state` as it is now. */
export function readState(state: ReplicatedState): StateRead {
  const addresses = [...state.clientAddresses].map(([member, clientAddress]) => {
    return { member, clientAddress };
  });
  const alarms = state.alarms.all();
  return begin(state.store, { alarms, addresses }, state.sessions.all());
}

/** The same without what belongs to one cluster: sessions, alarms, addresses. */
export function readContent(state: ReplicatedState): StateRead {
  return begin(state.store, { alarms: [], addresses: [] }, []);
}

function begin(
  store: KvStore,
  cluster: Pick<Head, 'alarms' | 'addresses'>,
  sessions: readonly SessionRecord<Applied>[],
): StateRead {
  const read = new SnapshotRead(store);
  const { revision, compactRevision, leases } = read.header;
  const head: Head = { type: 'head', revision, compactRevision, ...cluster };
  const slices = slicesOf(head, leases, sessions, read);
  return { [Symbol.iterator]: () => slices, close: () => read.close() };
}

type Head = StateSlice & { readonly type: 'head' };

function* slicesOf(
  head: Head,
  leases: readonly Lease[],
  sessions: readonly SessionRecord<Applied>[],
  read: SnapshotRead,
): Generator<Uint8Array> {
  const writer = new Writer();
  const encode = (slice: StateSlice): Uint8Array => {
    writer.reuse(KEPT_BYTES);
    return encodeSlice(slice, writer);
  };
  try {
    yield encode(head);
    for (let at = 0; at < leases.length; at += SLICE_COUNT_MAX) {
      yield encode({ type: 'leases', leases: leases.slice(at, at + SLICE_COUNT_MAX) });
    }
    for (const some of pagesOf(sessions)) {
      yield encode({ type: 'session-windows', sessions: some });
    }
    let versionCount = 0;
    for (const versions of versionsOf(read)) {
      versionCount += versions.length;
      yield encode({ type: 'versions', versions });
    }
    yield encode({ type: 'end', versionCount });
  } finally {
    read.close();
  }
}

/** Sessions in pages of so many answers; one with more than that goes on in the next page. */
function* pagesOf(
  sessions: readonly SessionRecord<Applied>[],
): Generator<readonly SessionRecord<Applied>[]> {
  let page: SessionRecord<Applied>[] = [];
  let answerCount = 0;
  for (const { session, settled, answers } of sessions) {
    let at = 0;
    do {
      const some = answers.slice(at, at + ANSWERS_PER_SLICE - answerCount);
      page.push({ session, settled, answers: some });
      at += some.length;
      answerCount += some.length;
      if (answerCount < ANSWERS_PER_SLICE && page.length < SESSIONS_PER_SLICE) continue;
      yield page;
      page = [];
      answerCount = 0;
    } while (at < answers.length);
  }
  if (page.length > 0) yield page;
}

function* versionsOf(read: SnapshotRead): Generator<readonly SnapshotVersion[]> {
  let page: SnapshotVersion[] = [];
  let sizeBytes = 0;
  let seen = 0;
  for (;;) {
    const found = read.step(KEYS_PER_LOOK);
    if (found === undefined) break;
    seen += KEYS_PER_LOOK;
    for (const version of found) {
      // Values of megabytes get slices of their own.
      const bytes = version.key.length + (version.value?.length ?? 0) + 48;
      if (page.length > 0 && sizeBytes + bytes > SLICE_BYTES) {
        yield page;
        page = [];
        sizeBytes = 0;
      }
      page.push(version);
      sizeBytes += bytes;
    }
    if (seen < KEYS_PER_SLICE && page.length < SLICE_COUNT_MAX - KEYS_PER_LOOK) continue;
    yield page;
    page = [];
    sizeBytes = 0;
    seen = 0;
  }
  if (page.length > 0) yield page;
}

/** What slices say; the store is made as they come. */
export interface RestoredState {
  readonly head: Head;
  readonly sessions: readonly SessionRecord<Applied>[];
  readonly store: KvStore;
}

/**
 * The state whose slices these are; `undefined` where there are none. Throws `WireError` where they
 * are not those of a state.
 *
 * @param pause lets others run; it is called after some slices
 */
export async function restoreState(
  slices: AsyncIterable<Uint8Array>,
  pause: () => Promise<void>,
): Promise<RestoredState | undefined> {
  const restore = new StateRestore();
  let count = 0;
  for await (const bytes of slices) {
    restore.take(decodeSlice(bytes));
    count += 1;
    if (count % SLICES_PER_PAUSE === 0) await pause();
  }
  if (count === 0) return undefined;
  for (;;) {
    const restored = restore.finish(KEYS_PER_SLICE);
    if (restored !== undefined) return restored;
    await pause();
  }
}

/** How many slices are taken in before others run. */
const SLICES_PER_PAUSE = 2;

class StateRestore {
  private head: Head | undefined;
  private readonly leases: Lease[] = [];
  private readonly sessions: SessionRecord<Applied>[] = [];
  private restore: SnapshotRestore | undefined;
  private versionCount = 0;
  private isEnded = false;

  take(slice: StateSlice): void {
    if (this.isEnded || (this.head === undefined) !== (slice.type === 'head')) {
      throw new WireError('malformed', `a slice of ${slice.type} out of its place`);
    }
    switch (slice.type) {
      case 'head':
        this.head = slice;
        return;
      case 'leases':
        for (const lease of slice.leases) this.leases.push(lease);
        return;
      case 'sessions':
        for (const { session, sequence, result } of slice.sessions) {
          const answers = result === undefined ? [] : [{ sequence, answer: result }];
          this.sessions.push({ session, settled: Math.max(0, sequence - 1), answers });
        }
        return;
      case 'session-windows':
        for (const session of slice.sessions) this.sessions.push(session);
        return;
      case 'versions': {
        const restore = this.begun();
        for (const version of slice.versions) restore.add(version);
        this.versionCount += slice.versions.length;
        return;
      }
      case 'end': {
        const { versionCount } = slice;
        if (versionCount !== this.versionCount) {
          const found = `${this.versionCount} versions, where ${versionCount} are stated`;
          throw new WireError('malformed', found);
        }
        this.isEnded = true;
      }
    }
  }

  /** Hangs up to `keysMax` keys on their leases; gives the state when it is whole. */
  finish(keysMax: number): RestoredState | undefined {
    const { head, sessions } = this;
    if (head === undefined || !this.isEnded) throw new WireError('truncated', 'it has no end');
    const store = this.begun().finish(keysMax);
    return store === undefined ? undefined : { head, sessions, store };
  }

  private begun(): SnapshotRestore {
    if (this.head === undefined) throw new WireError('malformed', 'versions before the head');
    const { revision, compactRevision } = this.head;
    this.restore ??= new SnapshotRestore({ revision, compactRevision, leases: this.leases });
    return this.restore;
  }
}
