/**
 * Small messages between two processes over loopback, beside a bare socket with the same framing.
 *
 * Both senders are held back by their receiver only. The bare one comes in two kinds: a `write` per
 * message, as a program would have it that knows nothing of batches, and one that fills 64 KiB by
 * hand. Rounds of the three take turns, in one run; each figure is the median of its rounds.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import { createProcessHost, type ProcessHost } from '@mangrove/host-process/node';
import type { PeerReport } from './message-peer.ts';

const MESSAGE_BYTES = 100;
const ROUND_COUNT = 9;
const MESSAGES_PER_ROUND = 300_000;
const RECEIVER = toNodeId('receiver');

/** Messages per second. */
export const bench = {
  name: 'messages',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const lanes = await openLanes(directory);
    try {
      const rates = await measure(lanes);
      const [ours, written, batched] = rates as [number, number, number];
      const base = { bench: 'messages', ours, unit: 'messages/s' };
      const row = (name: string, reference: number, isGoal: boolean) => {
        const ratio = ours / reference;
        const goal = isGoal ? 'ratio >= 0.5' : '';
        report({ ...base, case: name, reference, ratio, goal, met: !isGoal || ratio >= 0.5 });
      };
      row('100 B, beside a bare net loop, a write per message', written, true);
      row('100 B, beside a bare net loop, batched by hand', batched, true);
    } finally {
      for (const lane of lanes) await lane.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** A way of sending, with a receiving process of its own. */
interface Lane {
  send(count: number): Promise<void>;
  close(): Promise<void>;
  readonly peer: ChildProcess;
  /** Fewer messages a round will do. */
  readonly isSlow: boolean;
}

async function measure(lanes: readonly Lane[]): Promise<number[]> {
  const rates = lanes.map((): number[] => []);
  for (let round = 0; round <= ROUND_COUNT; round++) {
    for (const [index, lane] of lanes.entries()) {
      const count = lane.isSlow ? MESSAGES_PER_ROUND / 10 : MESSAGES_PER_ROUND;
      const start = performance.now();
      await sendAll(lane, count);
      const seconds = (performance.now() - start) / 1000;
      // The first round warms up.
      if (round > 0) rates[index]?.push(count / seconds);
    }
  }
  return rates.map(median);
}

async function sendAll(lane: Lane, count: number): Promise<void> {
  lane.peer.send({ count });
  const done = reportOf(lane.peer);
  await lane.send(count);
  await done;
}

async function openLanes(directory: string): Promise<Lane[]> {
  return [
    await openHostLane(directory),
    await openBareLane(writeEach, true),
    await openBareLane(writeBatches, false),
  ];
}

async function openHostLane(directory: string): Promise<Lane> {
  const { peer, address } = await startPeer('host', join(directory, 'receiver'));
  const dataDirectory = join(directory, 'sender');
  const host = await createProcessHost({ node: toNodeId('sender'), dataDirectory });
  host.messages.addPeer(RECEIVER, address);
  while (host.messages.linkTo(RECEIVER) === undefined) await nextTurn();
  return {
    peer,
    isSlow: false,
    send: (count) => sendOver(host, RECEIVER, count),
    close: async () => {
      await host.close();
      await stopPeer(peer);
    },
  };
}

async function sendOver(host: ProcessHost, to: NodeId, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    // A new buffer each, as a codec would make it.
    const outcome = host.messages.send(to, new Uint8Array(MESSAGE_BYTES));
    if (outcome === 'queued') left -= 1;
    else await nextTurn();
  }
}

async function openBareLane(
  send: (socket: net.Socket, count: number) => Promise<void>,
  isSlow: boolean,
): Promise<Lane> {
  const { peer, address } = await startPeer('bare', '');
  const port = Number(address.split(':')[1]);
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    peer,
    isSlow,
    send: (count) => send(socket, count),
    close: async () => {
      socket.destroy();
      await stopPeer(peer);
    },
  };
}

async function writeEach(socket: net.Socket, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const frame = Buffer.allocUnsafe(5 + MESSAGE_BYTES);
    frame.writeUInt32LE(1 + MESSAGE_BYTES, 0);
    frame[4] = 1;
    frame.set(new Uint8Array(MESSAGE_BYTES), 5);
    if (!socket.write(frame)) await drained(socket);
  }
}

async function writeBatches(socket: net.Socket, count: number): Promise<void> {
  const frameBytes = 5 + MESSAGE_BYTES;
  const framesPerBatch = Math.floor(65_536 / frameBytes);
  for (let sent = 0; sent < count; ) {
    const frames = Math.min(framesPerBatch, count - sent);
    const batch = Buffer.allocUnsafeSlow(frames * frameBytes);
    for (let at = 0; at < batch.length; at += frameBytes) {
      batch.writeUInt32LE(1 + MESSAGE_BYTES, at);
      batch[at + 4] = 1;
      batch.set(new Uint8Array(MESSAGE_BYTES), at + 5);
    }
    sent += frames;
    if (!socket.write(batch)) await drained(socket);
  }
}

async function startPeer(
  kind: string,
  directory: string,
): Promise<{ peer: ChildProcess; address: string }> {
  const path = fileURLToPath(new URL('./message-peer.ts', import.meta.url));
  const peer = fork(path, [kind, directory]);
  const report = await reportOf(peer);
  if (report.type !== 'ready') throw new Error('the receiving process did not get ready');
  return { peer, address: report.address };
}

async function stopPeer(peer: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => peer.once('exit', resolve));
  peer.disconnect();
  await gone;
}

/** The next thing that a peer says; rejects when it exits instead. */
function reportOf(peer: ChildProcess): Promise<PeerReport> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null) =>
      reject(new Error(`the receiving process exited: ${code}`));
    peer.once('exit', fail);
    peer.once('message', (report: PeerReport) => {
      peer.off('exit', fail);
      resolve(report);
    });
  });
}

function drained(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
