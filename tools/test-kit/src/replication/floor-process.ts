/**
 * One of three processes that replicate and do nothing else: no terms, no elections, no recovery.
 *
 *     leader    takes what waits as one batch -> own file, and a frame to both followers
 *     follower  writes all frames that have come, one fdatasync, tells the last batch it has
 *     leader    a batch that two of the three have is acknowledged, then the next one begins
 *
 *     frame => length:uint32 batch:uint32 proposal*        proposal => length:uint32 bytes
 *
 * What protocols cost is what they are slower than this. Forked with its place and a directory; the
 * one at place 0 leads.
 */
import fs from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runLoad } from './load.ts';
import { onOrder, tell } from './replica-channel.ts';

const write = promisify(fs.write);
const fdatasync = promisify(fs.fdatasync);

/** How many rounds of promise reactions a batch waits for those that were just answered. */
const GATHER_ROUNDS = 4;

const place = process.argv[2] ?? '0';
const directory = process.argv[3] ?? '';
const fd = fs.openSync(join(directory, `floor-${place}`), 'w');

if (place === '0') lead();
else follow();

function lead(): void {
  tell({ type: 'ready', address: '' });
  let leader: Leader | undefined;
  onOrder(async (order) => {
    if (order.type === 'start') {
      const followers = order.addresses.slice(1).map(connect);
      leader = new Leader(await Promise.all(followers));
      tell({ type: 'leading' });
    } else if (order.type === 'load' && leader !== undefined) {
      const { submit, syncCount } = leader;
      tell({ type: 'done', report: await runLoad(order.load, submit, syncCount) });
    }
  });
}

/** The leader of the floor. */
class Leader {
  private readonly followers: readonly net.Socket[];
  private waiting: { readonly data: Uint8Array; readonly resolve: () => void }[] = [];
  private syncs = 0;
  private batch = 0;
  private isWriting = false;
  private isOwnDone: Promise<unknown> = Promise.resolve();
  private acked = [0, 0, 0];
  private onAck: () => void = () => {};

  constructor(followers: readonly net.Socket[]) {
    this.followers = followers;
    for (const [nth, socket] of followers.entries()) {
      readFrames(socket, (frame) => {
        this.acked[nth + 1] = frame.readUInt32LE(4);
        this.onAck();
      });
    }
  }

  readonly syncCount = (): number => this.syncs;

  readonly submit = (data: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      this.waiting.push({ data, resolve });
      if (this.isWriting) return;
      this.isWriting = true;
      void this.work();
    });

  private async work(): Promise<void> {
    for (;;) {
      for (let round = 0; round < GATHER_ROUNDS; round++) await undefined;
      const taken = this.waiting;
      this.waiting = [];
      if (taken.length === 0) break;
      this.batch += 1;
      const frame = frameOf(this.batch, taken);
      for (const socket of this.followers) socket.write(frame);
      const { batch } = this;
      this.isOwnDone = this.isOwnDone.then(async () => {
        await append(frame);
        this.syncs += 1;
        this.acked[0] = batch;
        this.onAck();
      });
      await this.majority(batch);
      for (const { resolve } of taken) resolve();
    }
    this.isWriting = false;
  }

  /** Resolves when two of the three have `batch`. */
  private majority(batch: number): Promise<void> {
    return new Promise((resolve) => {
      this.onAck = () => {
        if (this.acked.filter((acked) => acked >= batch).length < 2) return;
        this.onAck = () => {};
        resolve();
      };
      this.onAck();
    });
  }
}

function follow(): void {
  onOrder(async () => {});
  let frames: Buffer[] = [];
  let isWriting = false;
  const work = async (socket: net.Socket) => {
    isWriting = true;
    while (frames.length > 0) {
      const taken = frames;
      frames = [];
      await append(taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken));
      const answer = Buffer.alloc(8);
      answer.writeUInt32LE(4, 0);
      answer.writeUInt32LE((taken.at(-1) as Buffer).readUInt32LE(4), 4);
      socket.write(answer);
    }
    isWriting = false;
  };
  const server = net.createServer({ noDelay: true }, (socket) => {
    readFrames(socket, (frame) => {
      frames.push(frame);
      if (!isWriting) void work(socket);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    tell({ type: 'ready', address: String((server.address() as net.AddressInfo).port) });
  });
}

async function append(bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await write(fd, bytes, done, bytes.length - done, null);
    done += bytesWritten;
  }
  await fdatasync(fd);
}

function frameOf(batch: number, taken: readonly { readonly data: Uint8Array }[]): Buffer {
  const sizeBytes = taken.reduce((sum, { data }) => sum + 4 + data.length, 8);
  const frame = Buffer.allocUnsafeSlow(sizeBytes);
  frame.writeUInt32LE(sizeBytes - 4, 0);
  frame.writeUInt32LE(batch, 4);
  let at = 8;
  for (const { data } of taken) {
    frame.writeUInt32LE(data.length, at);
    frame.set(data, at + 4);
    at += 4 + data.length;
  }
  return frame;
}

function connect(port: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

/** Calls `take` with every whole frame, its length in front. */
function readFrames(socket: net.Socket, take: (frame: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let waitingBytes = 0;
  let wantedBytes = 4;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < wantedBytes) return;
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    wantedBytes = 4;
    while (rest.length >= 4) {
      wantedBytes = 4 + rest.readUInt32LE(0);
      if (rest.length < wantedBytes) break;
      take(rest.subarray(0, wantedBytes));
      rest = rest.subarray(wantedBytes);
      wantedBytes = 4;
    }
    chunks = [rest];
    waitingBytes = rest.length;
  });
}
