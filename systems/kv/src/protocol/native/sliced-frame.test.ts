/**
 * Frames of long answers, made in slices on a simulated machine: others have turns meanwhile, the
 * bytes are those of one go, and who gives the answer up ends the work.
 */
import { type Host, type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { encodeFrame, Writer } from '@mangrove/wire';
import { afterEach, describe, expect, it } from 'vitest';
import type { KvReply } from '../../core/kv-request.ts';
import { type KeyValue, NO_LEASE, type OperationResult, type Revision } from '../../index.ts';
import { SERVER_MESSAGE, type ServerMessage } from './messages.ts';
import { frameInSlices } from './sliced-frame.ts';

const NODE: NodeId = toNodeId('n');
const CODEC = SERVER_MESSAGE.at(1);
const MIB = 1_048_576;

let simulation: Simulation | undefined;

afterEach(() => simulation?.close());

describe('R45: the frame of a long answer', () => {
  it.each([
    ['many small values', 40_000, 10],
    ['values of a kilobyte', 30_000, 1000],
    ['values of 60 KiB', 500, 61_440],
    ['values of 4 MiB', 15, 4 * MIB - 100],
  ])(
    'is made in many turns of the loop, others have theirs in between: %s',
    async (_, count, size) => {
      const { host, pass } = await started();
      const message = messageOf(rangeOf(count, size));
      let frame: readonly Uint8Array[] | undefined;
      let turnCount = 0;
      let byteCount = 0;
      const crc32c = (bytes: Uint8Array): number => {
        byteCount += bytes.length;
        return 7;
      };
      host.run(async () => {
        frame = await frameInSlices(host, CODEC, message, { crc32c, ask: { isGivenUp: false } });
      });
      expect(frame).toBeUndefined();
      host.run(async () => {
        for (; frame === undefined; turnCount += 1) {
          const before = byteCount;
          await host.timers.sleep(0);
          expect(byteCount - before).toBeLessThanOrEqual(4 * MIB);
        }
      });
      await pass();
      const sizeBytes = frame?.reduce((sum, piece) => sum + piece.length, 0) ?? 0;
      expect(sizeBytes).toBeGreaterThan(count * size);
      const fewest = Math.max(count / 64 / 64, sizeBytes / (4 * MIB));
      expect(turnCount).toBeGreaterThanOrEqual(fewest);
      expect(turnCount).toBeGreaterThan(8);
    },
  );

  it('has the bytes that it has in one go, in transactions and lists of leases too', async () => {
    const { host, pass } = await started();
    const { kvs } = rangeOf(300, 100);
    const results: OperationResult[] = [
      { type: 'put', previous: kvs[0] },
      { type: 'delete', deletedCount: 300, previous: kvs },
      { type: 'txn', succeeded: false, results: [rangeOf(5, 70_000), rangeOf(0, 0)] },
    ];
    const replies: KvReply[] = [
      done(rangeOf(200, 70_000)),
      done({ type: 'txn', succeeded: true, results }),
      done({ type: 'leases', leases: Array.from({ length: 500 }, () => NO_LEASE) }),
      done({
        ...{ type: 'lease-time', lease: NO_LEASE, grantedMs: 1, remainingMs: 0.5 },
        keys: kvs.map(({ key }) => key),
      }),
    ];
    for (const reply of replies) {
      const message = { type: 'reply', id: 300, reply } as const;
      let frame: readonly Uint8Array[] = [];
      host.run(async () => {
        const crc32c = undefined;
        frame = await frameInSlices(host, CODEC, message, { crc32c, ask: { isGivenUp: false } });
      });
      await pass();
      const writer = new Writer({ maxBytes: 1e9 });
      encodeFrame(writer, (inner) => CODEC.encodeInto(inner, message));
      expect(Buffer.concat(frame).equals(writer.take())).toBe(true);
    }
  });

  it('is given up within a turn, where nobody wants it any more', async () => {
    const { host, pass } = await started();
    const ask = { isGivenUp: false };
    let end: unknown;
    let turnCount = 0;
    let lastTurn = 0;
    const crc32c = (): number => {
      lastTurn = turnCount;
      return 7;
    };
    host.run(async () => {
      const message = messageOf(rangeOf(30_000, 1000));
      await frameInSlices(host, CODEC, message, { crc32c, ask }).catch((error: unknown) => {
        end = error;
      });
    });
    host.run(async () => {
      for (; turnCount < 100; turnCount += 1) {
        if (turnCount === 11) ask.isGivenUp = true;
        await host.timers.sleep(0);
      }
    });
    await pass();
    expect(end).toMatchObject({ code: 'aborted' });
    expect(lastTurn).toBeGreaterThan(8);
    expect(lastTurn).toBeLessThanOrEqual(11);
  });
});

async function started(): Promise<{ host: Host; pass: () => Promise<void> }> {
  const started = new Simulation({ seed: 45, nodes: [NODE] });
  simulation = started;
  let host: Host | undefined;
  started.start(NODE, async (given): Promise<RunningNode> => {
    host = given;
    return { close: async () => {}, [Symbol.asyncDispose]: async () => {} };
  });
  const pass = async () => {
    await started.run(started.nowMs + 1);
  };
  await pass();
  return { host: host as Host, pass };
}

function rangeOf(count: number, valueBytes: number) {
  const [key, value] = [new Uint8Array(5).fill(1), new Uint8Array(valueBytes).fill(2)];
  const revision = 300 as Revision;
  const revisions = { createRevision: revision, modRevision: revision };
  const kv: KeyValue = { key, value, ...revisions, version: 1, lease: NO_LEASE };
  const kvs = Array.from({ length: count }, () => kv);
  return { type: 'range', kvs, count, hasMore: false } as const;
}

function done(result: Extract<KvReply, { type: 'done' }>['result']): KvReply {
  const header = { member: NODE, term: 1, revision: 1 as Revision, stalenessMs: undefined };
  return { type: 'done', header, result };
}

function messageOf(result: OperationResult): ServerMessage {
  return { type: 'reply', id: 1, reply: done(result) };
}
