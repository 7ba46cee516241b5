/**
 * A state machine with sessions around another one: its commands are applied exactly once.
 *
 *     command => 1 (opens a session; its number is the index of the entry)
 *              | 2 session:uvarint sequence:uvarint data:bytes
 *     state   => one slice pages:uvarint, so many slices sessions:(session sequence result?)*,
 *                then the slices of the machine within
 */
import { assert } from '@mangrove/host';
import { array, bytes, message, optional, struct, union, uvarint } from '@mangrove/wire';
import { type SessionOutcome, type SessionRecord, SessionTable } from '../core/sessions.ts';
import { COMMAND_BYTES_READ_MAX } from './peer-codec.ts';
import type { Slices } from './snapshot-files.ts';
import {
  type AnyMachine,
  type PlacedCommand,
  type StreamingMachine,
  toStreaming,
} from './state-machine.ts';

/** The most sessions; beyond it the least recently used is closed. */
export const SESSIONS_MAX = 10_000;

/** What a session command is for. */
export type SessionCommand =
  | { readonly type: 'open' }
  | {
      readonly type: 'command';
      readonly session: number;
      readonly sequence: number;
      readonly data: Uint8Array;
    };

/** The result of a session command: `opened` for `open`, else what became of the command. */
export type SessionResult =
  | { readonly type: 'opened'; readonly session: number }
  | SessionOutcome<Uint8Array>;

const data = bytes({ max: COMMAND_BYTES_READ_MAX });
const VERSIONS = { lowest: 1, highest: 1 } as const;
const command = message(
  'session-command',
  union('type', {
    open: { number: 1, schema: struct({}) },
    command: { number: 2, schema: struct({ session: uvarint, sequence: uvarint, data }) },
  }),
  VERSIONS,
).at(1);
const record = struct({ session: uvarint, sequence: uvarint, result: optional(data) });
const head = message('session-head', struct({ pageCount: uvarint }), VERSIONS).at(1);
const page = message(
  'session-page',
  struct({ sessions: array(record, { max: SESSIONS_MAX }) }),
  VERSIONS,
).at(1);

/** About how many bytes of results one slice of sessions has; one session at least. */
const PAGE_BYTES = 65_536;

/** The machine around `inner`, whose results are bytes, since snapshots carry them. */
export class SessionMachine implements StreamingMachine<SessionResult> {
  private readonly inner: StreamingMachine<Uint8Array>;
  /** A command that the machine within has not got through has no result, and is run again. */
  private readonly sessions = new SessionTable<Uint8Array | undefined>(SESSIONS_MAX);

  constructor(inner: AnyMachine<Uint8Array>) {
    this.inner = toStreaming(inner);
  }

  applyBatch(batch: readonly PlacedCommand<Uint8Array>[]): readonly SessionResult[] {
    const results: SessionResult[] = [];
    for (const placed of batch) {
      const result = this.apply(placed);
      if (result === undefined) break;
      results.push(result);
    }
    return results;
  }

  snapshotSlices(): Slices {
    // Records are replaced, never changed, so the list is the state of now.
    const pages = toPages(this.sessions.all());
    return slicesOf(pages, this.inner.snapshotSlices());
  }

  async restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = slices[Symbol.asyncIterator]();
    const first = await iterator.next();
    const pageCount = first.done === true ? 0 : head.decode(first.value).pageCount;
    const records: SessionRecord<Uint8Array | undefined>[] = [];
    for (let count = 0; count < pageCount; count++) {
      const next = await iterator.next();
      assert(next.done !== true, `${pageCount} slices of sessions, and ${count} are there`);
      records.push(...page.decode(next.value).sessions);
    }
    this.sessions.restore(records);
    await this.inner.restoreSlices({ [Symbol.asyncIterator]: () => iterator });
  }

  /** `undefined` where the machine within wants to be called again, when others have run. */
  private apply({
    command: encoded,
    index,
    term,
  }: PlacedCommand<Uint8Array>): SessionResult | undefined {
    const given = command.decode(encoded);
    if (given.type === 'open') {
      this.sessions.open(index);
      return { type: 'opened', session: index };
    }
    const { session, sequence, data: wanted } = given;
    const outcome = this.sessions.apply(session, sequence, () => {
      const results = this.inner.applyBatch([{ index, term, command: wanted }]);
      assert(
        results.length <= 1,
        `the state machine gave ${results.length} results for the command at ${index}`,
      );
      return results[0];
    });
    if (outcome.type !== 'applied') return outcome;
    const { result } = outcome;
    return result === undefined ? undefined : { type: 'applied', result };
  }
}

async function* slicesOf(
  pages: readonly (readonly SessionRecord<Uint8Array | undefined>[])[],
  inner: Slices,
): AsyncGenerator<Uint8Array> {
  yield head.encode({ pageCount: pages.length });
  for (const sessions of pages) yield page.encode({ sessions });
  yield* inner;
}

function toPages(
  records: readonly SessionRecord<Uint8Array | undefined>[],
): readonly (readonly SessionRecord<Uint8Array | undefined>[])[] {
  const pages: SessionRecord<Uint8Array | undefined>[][] = [];
  let sizeBytes = PAGE_BYTES;
  for (const each of records) {
    if (sizeBytes >= PAGE_BYTES) {
      pages.push([]);
      sizeBytes = 0;
    }
    pages.at(-1)?.push(each);
    sizeBytes += 32 + (each.result?.length ?? 0);
  }
  return pages;
}

/** The bytes of a session command, to be proposed. */
export function encodeSessionCommand(given: SessionCommand): Uint8Array {
  return command.encode(given);
}

/** The session command in `bytes`; throws `WireError`. */
export function decodeSessionCommand(encoded: Uint8Array): SessionCommand {
  return command.decode(encoded);
}
