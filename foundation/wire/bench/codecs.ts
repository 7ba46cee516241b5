/**
 * Encoding and decoding by declared codecs, beside code on a `DataView` and static protobufjs code.
 *
 * The hand-written code makes the same bytes. All lanes take turns in rounds of one run; each
 * figure is the median of its rounds. Protobufjs writes varints, so its bytes are fewer; it is
 * there to tell what a library for foreign gRPC faces costs.
 */
import { Writer } from '@mangrove/wire';
import { bench as proto } from './append.proto.js';
import type { BenchRow } from './bench-row.ts';
import {
  APPEND_ENTRIES,
  type AppendEntries,
  HandWriter,
  HEARTBEAT,
  type Heartbeat,
  readAppendEntries,
  readHeartbeat,
} from './messages.ts';

const ROUND_COUNT = 15;
const ROUND_MS = 40;

/** Messages per second, in both directions, of both messages. */
export const bench = {
  name: 'wire-codecs',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const small: Heartbeat = { term: 300, commitIndex: 123_456_789, from: 3, isLeader: true };
    const large: AppendEntries = {
      term: 300,
      leader: 'n1',
      prevIndex: 99,
      prevTerm: 299,
      commitIndex: 123_456_789,
      entries: Array.from({ length: 10 }, (_, nth) => {
        return { term: 300, index: 100 + nth, kind: 1, data: new Uint8Array(100).fill(nth) };
      }),
    };
    const writer = new Writer({ slabBytes: 65_536 });
    const hand = new HandWriter();
    const smallBytes = HEARTBEAT.encode(small);
    const largeBytes = APPEND_ENTRIES.encode(large);
    same(smallBytes, hand.heartbeat(small));
    same(largeBytes, hand.appendEntries(large));
    const smallProto = proto.Heartbeat.encode(small).finish();
    const largeProto = proto.AppendEntries.encode(large).finish();
    compare(report, 'encode a struct of 4 fields', {
      ours: () => {
        HEARTBEAT.encodeInto(writer, small);
        return writer.take().length;
      },
      hand: () => hand.heartbeat(small).length,
      protobufjs: () => proto.Heartbeat.encode(small).finish().length,
    });
    compare(report, 'decode a struct of 4 fields', {
      ours: () => HEARTBEAT.decode(smallBytes).from,
      hand: () => readHeartbeat(smallBytes).from,
      protobufjs: () => (proto.Heartbeat.decode(smallProto) as Heartbeat).from,
    });
    compare(report, 'encode an append of 10 entries of 100 B', {
      ours: () => {
        APPEND_ENTRIES.encodeInto(writer, large);
        return writer.take().length;
      },
      hand: () => hand.appendEntries(large).length,
      protobufjs: () => proto.AppendEntries.encode(large).finish().length,
    });
    compare(report, 'decode an append of 10 entries of 100 B', {
      ours: () => APPEND_ENTRIES.decode(largeBytes).entries.length,
      hand: () => readAppendEntries(largeBytes).entries.length,
      protobufjs: () => (proto.AppendEntries.decode(largeProto) as AppendEntries).entries.length,
    });
  },
};

type Lane = 'ours' | 'hand' | 'protobufjs';

function compare(
  report: (row: BenchRow) => void,
  name: string,
  lanes: Readonly<Record<Lane, () => number>>,
): void {
  const rates: Record<Lane, number[]> = { ours: [], hand: [], protobufjs: [] };
  for (let round = 0; round <= ROUND_COUNT; round++) {
    for (const lane of ['ours', 'hand', 'protobufjs'] as const) {
      const rate = rateOf(lanes[lane]);
      // The first round warms up.
      if (round > 0) rates[lane].push(rate);
    }
  }
  const ours = median(rates.ours);
  const base = { bench: 'wire-codecs', ours, unit: 'messages/s' };
  const byHand = median(rates.hand);
  const toHand = ours / byHand;
  const goal = 'ratio >= 0.6';
  const met = toHand >= 0.6;
  const beside = { ...base, reference: byHand, ratio: toHand, goal, met };
  report({ ...beside, case: `${name}, beside DataView code` });
  const byProto = median(rates.protobufjs);
  const rest = { reference: byProto, ratio: ours / byProto, goal: '', met: true };
  report({ ...base, ...rest, case: `${name}, beside static protobufjs code` });
}

/** How often a second `work` is done. What it returns is added up, so that it is not left out. */
function rateOf(work: () => number): number {
  const start = performance.now();
  let [count, sum, elapsedMs] = [0, 0, 0];
  while (elapsedMs < ROUND_MS) {
    for (let nth = 0; nth < 500; nth++) sum += work();
    count += 500;
    elapsedMs = performance.now() - start;
  }
  if (sum === 0) throw new Error('nothing was done');
  return (count / elapsedMs) * 1000;
}

function same(a: Uint8Array, b: Uint8Array): void {
  if (a.join() !== b.join()) throw new Error('the lanes do not write the same bytes');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
