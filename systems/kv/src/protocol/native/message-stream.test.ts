/**
 * What a sender writes: messages, and frames that were made elsewhere, in the order in which they
 * were sent.
 */
import type { ByteStream } from '@mangrove/host';
import { encodeFrame, FRAME_HEADER_BYTES, Writer } from '@mangrove/wire';
import { expect, it } from 'vitest';
import { MessageReader, MessageSender } from './message-stream.ts';
import { SERVER_MESSAGE, type ServerMessage } from './messages.ts';

const CODEC = SERVER_MESSAGE.at(1);

it('a frame in pieces stands behind what was sent before, in front of the rest', async () => {
  const heard: string[] = [];
  const reader = new MessageReader(CODEC, 1e6);
  const stream: ByteStream = {
    remote: 'nobody',
    read: () => Promise.resolve(undefined),
    write: async (bytes) => {
      reader.push(bytes.slice(), (message) => heard.push(detailOf(message)) > 0);
    },
    end: async () => {
      heard.push('end');
    },
    destroy: () => {},
  };
  const tasks: Promise<void>[] = [];
  const run = (task: () => Promise<void>) => tasks.push(task());
  const sender = new MessageSender(stream, CODEC, run, () => {});
  sender.send(goodbye('1'));
  sender.send(goodbye('2'));
  sender.sendFrame(frameOf('3'));
  sender.sendFrame(frameOf('4'));
  sender.send(goodbye('5'));
  const sentBytes = 5 * CODEC.encode(goodbye('1')).length;
  expect(sender.sentBytes).toBe(sentBytes);
  expect(sender.waitingBytes).toBe(sentBytes + 4 * 8);
  const taken = sender.taken();
  sender.end();
  sender.sendFrame(frameOf('6'));
  await Promise.all([taken, ...tasks]);
  expect(heard).toEqual(['1', '2', '3', '4', '5', 'end']);
  expect(sender.waitingBytes).toBe(0);
});

it('a thousand messages of one turn are one frame and one write, in order', async () => {
  const writes: Uint8Array[] = [];
  const stream: ByteStream = {
    remote: 'nobody',
    read: () => Promise.resolve(undefined),
    write: async (bytes) => {
      writes.push(bytes.slice());
    },
    end: async () => {},
    destroy: () => {},
  };
  const tasks: Promise<void>[] = [];
  const sender = new MessageSender(
    stream,
    CODEC,
    (task) => tasks.push(task()),
    () => {},
  );
  const details = Array.from({ length: 1000 }, (_, nth) => String(nth));
  for (const each of details) sender.send(goodbye(each));
  await Promise.all(tasks);
  expect([writes.length, sender.takenCount]).toEqual([1, 1]);
  const [bytes = new Uint8Array(0)] = writes;
  // The length in front of the frame says that it is all of the write.
  expect(new DataView(bytes.buffer).getUint32(0) + FRAME_HEADER_BYTES).toBe(bytes.length);
  const heard: string[] = [];
  new MessageReader(CODEC, 1e6).push(bytes, (message) => heard.push(detailOf(message)) > 0);
  expect(heard).toEqual(details);
});

function goodbye(detail: string): ServerMessage {
  return { type: 'goodbye', code: 'closed', detail };
}

function frameOf(detail: string): readonly Uint8Array[] {
  const writer = new Writer();
  encodeFrame(writer, (inner) => CODEC.encodeInto(inner, goodbye(detail)));
  const frame = writer.take();
  return [frame.subarray(0, 8), frame.subarray(8, 10), frame.subarray(10)];
}

function detailOf(message: ServerMessage): string {
  return message.type === 'goodbye' ? message.detail : message.type;
}
