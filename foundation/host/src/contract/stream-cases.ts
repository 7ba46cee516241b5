/**
 * The contract of byte streams, case by case.
 */
import type { Host } from '../host.ts';
import type { ByteStream, Listener } from '../streams.ts';
import {
  awaited,
  expect,
  expectBytes,
  expectInvalid,
  expectStreamError,
  fateOf,
  label,
  N1,
  N2,
  pattern,
  refusalOf,
  show,
  textOf,
  until,
  WATCH_MS,
} from './story.ts';
import type { ContractCase, ContractWorld } from './world.ts';

/** Back-pressure must have set in before so many bytes are under way. */
const MOST_UNDER_WAY_BYTES = 67_108_864;

/** The cases of `Streams`. */
export const streamCases: readonly ContractCase[] = [
  {
    rules: ['S1', 'S2', 'S4'],
    title: 'a megabyte arrives in order, in chunks that are never empty, and then the end',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      const sent = pattern(1_000_003, 1);
      const writing = (async () => {
        for (let offset = 0; offset < sent.length; offset += 50_000) {
          await near.write(sent.subarray(offset, offset + 50_000));
        }
        await near.end();
      })();
      const got = await readAll(world, far);
      await awaited(world, writing, 'writing');
      expectBytes(got, sent, 'what arrived');
      const again = await awaited(world, far.read(), 'a read after the end');
      expect(again === undefined, 'there was something after the end');
    },
  },
  {
    rules: ['S1'],
    title: 'both directions carry at once, and chunks are plain bytes',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      const [there, back] = [pattern(300_000, 2), pattern(300_000, 3)];
      const echoing = sendAll(far, back);
      const sending = sendAll(near, there);
      const [gotThere, gotBack] = await Promise.all([readAll(world, far), readAll(world, near)]);
      await awaited(world, Promise.all([echoing, sending]), 'writing');
      expectBytes(gotThere, there, 'there');
      expectBytes(gotBack, back, 'back');
    },
  },
  {
    rules: ['S1', 'S3'],
    title: 'writes that are not awaited keep their order, and an empty one sends nothing',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      const writes = [near.write(new Uint8Array(0))];
      for (let index = 0; index < 50; index++) writes.push(near.write(label(`${index},`)));
      writes.push(near.end());
      await awaited(world, Promise.all(writes), 'writing');
      const got = textOf(await readAll(world, far));
      const wanted = Array.from({ length: 50 }, (_, index) => `${index},`).join('');
      expect(got === wanted, `got ${got}`);
    },
  },
  {
    rules: ['S2'],
    title: 'a second read at the same time is refused, the first one goes on',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      const first = far.read();
      await expectInvalid(world, () => far.read(), 'a second read');
      await near.write(label('hello'));
      const chunk = await awaited(world, first, 'the first read');
      expect(chunk !== undefined && chunk.length > 0, 'the first read got nothing');
    },
  },
  {
    rules: ['S3'],
    title: 'while nobody reads writes stop resolving, and go on when somebody does',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      const chunk = pattern(65_536, 4);
      let writtenBytes = 0;
      let blocked: Promise<void> | undefined;
      while (blocked === undefined) {
        expect(writtenBytes <= MOST_UNDER_WAY_BYTES, `${writtenBytes} bytes were taken`);
        const write = near.write(chunk);
        const fate = await fateOf(world, write, 300);
        if (fate.type === 'pending') blocked = write;
        else expect(fate.type === 'resolved', `a write was ${fate.type}`);
        writtenBytes += chunk.length;
      }
      const ending = blocked.then(() => near.end());
      const got = await readAll(world, far);
      await awaited(world, ending, 'the write that was held back');
      expect(got.length === writtenBytes, `${got.length} bytes came of ${writtenBytes}`);
      expectBytes(got.subarray(got.length - chunk.length), chunk, 'the last chunk');
    },
  },
  {
    rules: ['S4'],
    title: 'after one side has ended the other one still talks',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      await near.write(label('question'));
      await awaited(world, near.end(), 'the end');
      expect(textOf(await readAll(world, far)) === 'question', 'the question got lost');
      const late = await refusalOf(world, () => near.write(label('x')), 'a write after the end');
      expectStreamError(late, ['closed'], 'a write after the end');
      await world.pass(20);
      await awaited(world, sendAll(far, label('answer')), 'the answer');
      expect(textOf(await readAll(world, near)) === 'answer', 'the answer got lost');
    },
  },
  {
    rules: ['S5'],
    title: 'destroy rejects what is pending on both sides',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      const [nearRead, farRead] = [near.read(), far.read()];
      // So that neither is unhandled while the other is looked at.
      const fates = Promise.all([fateOf(world, nearRead), fateOf(world, farRead)]);
      near.destroy();
      const [nearFate, farFate] = await fates;
      expect(nearFate.type === 'rejected', `the near read is ${nearFate.type}`);
      expectStreamError(nearFate.error, ['closed'], 'the near read');
      expect(farFate.type === 'rejected', `the far read is ${farFate.type}`);
      expectStreamError(farFate.error, ['reset'], 'the far read');
      near.destroy();
      for (const begin of [() => near.read(), () => near.write(label('x'))]) {
        const error = await refusalOf(world, begin, 'a call after destroy');
        expectStreamError(error, ['closed'], 'a call after destroy');
      }
      const late = await refusalOf(world, () => far.read(), 'a read after the reset');
      expectStreamError(late, ['reset', 'closed'], 'a read after the reset');
    },
  },
  {
    rules: ['S5', 'S3'],
    title: 'destroy rejects a write that is held back',
    needs: [],
    async run(world) {
      const { near } = await connected(world);
      let blocked: Promise<void> | undefined;
      for (let count = 0; blocked === undefined; count++) {
        expect(count * 1_048_576 <= MOST_UNDER_WAY_BYTES, 'no back-pressure');
        const write = near.write(pattern(1_048_576, 5));
        if ((await fateOf(world, write, 300)).type === 'pending') blocked = write;
      }
      near.destroy();
      const held = blocked;
      const error = await refusalOf(world, () => held, 'the write that was held back');
      expectStreamError(error, ['closed'], 'the write that was held back');
    },
  },
  {
    rules: ['S2', 'S5'],
    title: 'a crash of the peer ends a pending read',
    needs: [],
    async run(world) {
      const { near, far } = await connected(world);
      await near.write(label('x'));
      await awaited(world, far.read(), 'the first chunk');
      // Watched before the crash, so that its rejection is never unhandled.
      const watching = fateOf(world, far.read());
      await world.crash(N1);
      const fate = await watching;
      // The operating system of a killed process may close its connections in an orderly way.
      const isOver = fate.type === 'resolved' && fate.value === undefined;
      if (!isOver) {
        expect(fate.type === 'rejected', `the read is ${fate.type}`);
        expectStreamError(fate.error, ['reset'], 'the read');
      }
      expect(world.failureOf(N2) === undefined, 'the living side failed');
    },
  },
  {
    rules: ['S2'],
    title: 'a port that nobody listens on refuses',
    needs: [],
    async run(world) {
      const { listener, near, far, client } = await connected(world);
      await awaited(world, listener.close(), 'closing the listener');
      const connecting = () => client.streams.connect(listener.address);
      const error = await refusalOf(world, connecting, 'a connection to a closed port');
      expectStreamError(error, ['refused'], 'a connection to a closed port');
      await near.write(label('still open'));
      const chunk = await awaited(world, far.read(), 'a stream that was open before');
      expect(chunk !== undefined, 'closing the listener closed an open stream');
    },
  },
  {
    rules: ['S2'],
    title: 'a port has one listener, which says where it is',
    needs: [],
    async run(world) {
      const host = await world.start(N1);
      const listen = (port: number) => host.streams.listen(port, () => {});
      const listener = await awaited(world, listen(0), 'listen');
      expect(listener.port > 0 && listener.port < 65_536, `port ${listener.port}`);
      const second = () => listen(listener.port);
      const error = await refusalOf(world, second, 'a second listener');
      expectStreamError(error, ['address-in-use'], 'a second listener');
      await awaited(world, listener.close(), 'close');
      const again = await awaited(world, listen(listener.port), 'the port once more');
      expect(again.port === listener.port, `port ${again.port}`);
      for (const port of [-1, 65_536, 1.5]) await expectInvalid(world, () => listen(port), 'port');
    },
  },
  {
    rules: ['S2'],
    title: 'an attempt to connect ends when its signal is aborted',
    needs: [],
    async run(world) {
      const { listener, client } = await connected(world);
      const reason = new Error('enough');
      const abort = new AbortController();
      const attempt = client.streams.connect(listener.address, abort.signal);
      abort.abort(reason);
      const error = await refusalOf(world, () => attempt, 'an aborted attempt');
      expect(error === reason, `rejected with ${show(error)}`);
      const late = () => client.streams.connect(listener.address, abort.signal);
      const again = await refusalOf(world, late, 'an attempt with an aborted signal');
      expect(again === reason, `rejected with ${show(again)}`);
      await world.pass(WATCH_MS);
      const used = new AbortController();
      const connecting = client.streams.connect(listener.address, used.signal);
      const stream = await awaited(world, connecting, 'connect');
      used.abort(reason);
      await awaited(world, stream.write(label('x')), 'a write after a late abort');
    },
  },
  {
    rules: ['H2'],
    title: 'an accept callback that throws breaks its node only',
    needs: [],
    async run(world) {
      const [server, client] = [await world.start(N1), await world.start(N2)];
      const error = new Error('thrown by accept');
      const listening = server.streams.listen(0, () => {
        throw error;
      });
      const listener = await awaited(world, listening, 'listen');
      await fateOf(world, client.streams.connect(listener.address), WATCH_MS);
      await until(world, 'the node failed', () => world.failureOf(N1) !== undefined);
      expect(world.failureOf(N1) === error, 'the cause is another one');
      expect(world.failureOf(N2) === undefined, 'the other node failed too');
    },
  },
  {
    rules: ['S2'],
    title: 'a node connects to itself',
    needs: [],
    async run(world) {
      const host = await world.start(N1);
      const accepted: ByteStream[] = [];
      const listening = host.streams.listen(0, (stream) => accepted.push(stream));
      const { address } = await awaited(world, listening, 'listen');
      const near = await awaited(world, host.streams.connect(address), 'connect');
      await until(world, 'it is accepted', () => accepted.length === 1);
      const far = accepted[0] as ByteStream;
      await awaited(world, sendAll(near, label('note')), 'write');
      expect(textOf(await readAll(world, far)) === 'note', 'the note got lost');
      expect(near.remote.length > 0 && far.remote.length > 0, 'a stream does not name its remote');
    },
  },
];

interface Connection {
  readonly client: Host;
  readonly server: Host;
  readonly listener: Listener;
  /** The end of the client, N1. */
  readonly near: ByteStream;
  /** The end of the server, N2. */
  readonly far: ByteStream;
}

/** A stream from N1 to N2. */
async function connected(world: ContractWorld): Promise<Connection> {
  const client = await world.start(N1);
  const server = await world.start(N2);
  const accepted: ByteStream[] = [];
  const listening = server.streams.listen(0, (stream) => accepted.push(stream));
  const listener = await awaited(world, listening, 'listen');
  const near = await awaited(world, client.streams.connect(listener.address), 'connect');
  await until(world, 'the stream is accepted', () => accepted.length === 1);
  return { client, server, listener, near, far: accepted[0] as ByteStream };
}

async function sendAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  await stream.write(bytes);
  await stream.end();
}

/** All bytes until the orderly end. */
async function readAll(world: ContractWorld, stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const chunk = await awaited(world, stream.read(), 'a read');
    if (chunk === undefined) break;
    expect(chunk.length > 0, 'a read gave an empty chunk');
    const isPlain = Object.getPrototypeOf(chunk) === Uint8Array.prototype;
    expect(isPlain, 'a chunk is no plain Uint8Array');
    chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  const all = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
