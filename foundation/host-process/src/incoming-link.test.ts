/**
 * Shows what a connection of a bad peer costs: answers that nobody reads have a bound, and a flood
 * of frames leaves the loop to others. Over unix sockets, whose buffers are small.
 */
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Incarnation, toNodeId } from '@mangrove/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame, encodeHello, FRAME, WIRE_VERSION } from './frames.ts';
import { IncomingLink, type IncomingOwner } from './incoming-link.ts';
import { Life } from './life.ts';
import { Turns } from './turns.ts';

let directory = '';
let server: net.Server;
let client: net.Socket;
let link: IncomingLink;
let goneReason = '';
let arrived: string[] = [];
let hasGone: Promise<void>;
let whenArrived: () => void;

beforeEach(async () => {
  directory = fs.mkdtempSync(join(tmpdir(), 'mangrove-link-'));
  goneReason = '';
  arrived = [];
  whenArrived = () => {};
  let announce = () => {};
  hasGone = new Promise((resolve) => {
    announce = resolve;
  });
  const owner: IncomingOwner = {
    incarnation: 1 as Incarnation,
    maxMessageBytes: 1024,
    turns: new Turns(new Life()),
    admit: () => undefined,
    arrive: (_link, { bytes }) => {
      arrived.push(new TextDecoder().decode(bytes));
      whenArrived();
    },
    weatherOf: () => undefined,
    gone: (_link, reason) => {
      goneReason = reason;
      announce();
    },
  };
  const path = join(directory, 'socket');
  const accepted = new Promise<void>((resolve) => {
    server = net.createServer({ allowHalfOpen: true }, (socket) => {
      link = new IncomingLink(owner, socket, socket);
      resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  client = net.connect(path);
  client.on('error', () => client.destroy());
  const names = { cluster: 'test', from: toNodeId('from'), to: toNodeId('to') };
  client.write(encodeHello({ version: WIRE_VERSION, incarnation: 1 as Incarnation, ...names }));
  await accepted;
});

afterEach(async () => {
  client.destroy();
  await link.close('the test is over');
  server.close();
  fs.rmSync(directory, { recursive: true });
});

const repeat = (frame: Uint8Array, count: number) =>
  Buffer.concat(Array.from({ length: count }, () => frame));

describe('a connection from a peer', () => {
  it.each([
    ['pings', encodeFrame(FRAME.ping)],
    ['fragments', encodeFrame(FRAME.fragment, Uint8Array.of(1, 1, 0, 0, 0))],
  ])('is cut off when it sends %s without end and reads no answer', async (_what, frame) => {
    client.pause();
    const flood = repeat(frame, 4000);
    let bufferedMax = 0;
    while (goneReason === '') {
      if (client.writableLength < 1_000_000) client.write(flood);
      bufferedMax = Math.max(bufferedMax, link.socket.writableLength);
      await new Promise(setImmediate);
    }
    expect(goneReason).toBe('it does not read what it is answered');
    expect(bufferedMax).toBeLessThan(70_000);
  });

  it('hands over what has come before its orderly end', async () => {
    const texts = Array.from({ length: 5000 }, (_, index) => `message ${index}`);
    for (const text of texts) client.write(encodeFrame(FRAME.message, Buffer.from(text)));
    client.end();
    await hasGone;
    expect(arrived).toEqual(texts);
    expect(goneReason).toBe('closed');
  });

  it('is not taken for silent while messages wait, and says so to its peer', async () => {
    const heard: Buffer[] = [];
    client.on('data', (chunk: Buffer) => heard.push(chunk));
    const hasHeardAll = new Promise((resolve) => client.once('close', resolve));
    let isBusy = false;
    const texts = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    whenArrived = () => {
      if (isBusy) return;
      isBusy = true;
      // As if the rounds passed while it handles the first one.
      for (let round = 0; round < 20; round++) link.keepAlive();
    };
    client.write(Buffer.concat(texts.map((text) => encodeFrame(FRAME.message, Buffer.from(text)))));
    client.end();
    await hasGone;
    await hasHeardAll;
    expect(goneReason).toBe('closed');
    expect(arrived).toEqual(texts);
    const welcomeBytes = 14;
    expect(Buffer.concat(heard)[welcomeBytes + 4]).toBe(FRAME.pong);
  });

  it('is silent when nothing comes for some rounds', () => {
    for (let round = 0; round < 5; round++) link.keepAlive();
    expect(goneReason).toBe('silent');
  });

  it('hands over nothing after a frame that is none', async () => {
    client.write(encodeFrame(FRAME.message, Buffer.from('before')));
    client.write(encodeFrame(77));
    client.write(encodeFrame(FRAME.message, Buffer.from('after')));
    await hasGone;
    expect(arrived).toEqual(['before']);
    expect(goneReason).toBe('a frame of type 77 out of place');
  });
});
