/**
 * A stranger at a port of the native protocol: a socket that sends whatever a test has it say.
 */
import net from 'node:net';
import type { LocalKv } from '@mangrove/kv/node';
import { encodeFrame, Writer } from '@mangrove/wire';
import { MessageReader } from '../src/protocol/native/message-stream.ts';
import {
  CLIENT_MESSAGE,
  type ClientMessage,
  SERVER_MESSAGE,
  type ServerMessage,
} from '../src/protocol/native/messages.ts';

/** A connection that says what it likes. */
export class Stranger {
  readonly heard: ServerMessage[] = [];
  readonly closed: Promise<void>;
  private readonly socket: net.Socket;

  private constructor(socket: net.Socket, isDeaf: boolean) {
    this.socket = socket;
    const reader = new MessageReader(SERVER_MESSAGE.at(1), FRAME_BYTES_MAX);
    socket.on('data', (bytes) => {
      if (!isDeaf) reader.push(bytes, (message) => this.heard.push(message) > 0);
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
  }

  /**
   * @param allowHalfOpen whether it stays when the member has ended its side
   * @param isDeaf whether what it hears is of another language
   */
  static async connect(
    { endpoints }: Pick<LocalKv, 'endpoints'>,
    allowHalfOpen = false,
    isDeaf = false,
  ): Promise<Stranger> {
    const [host = '', port] = (endpoints[0] ?? '').split(':');
    const socket = net.connect({ host, port: Number(port), allowHalfOpen });
    const stranger = new Stranger(socket, isDeaf);
    await new Promise((resolve) => socket.once('connect', resolve));
    return stranger;
  }

  /** Whether the member has ended its side. */
  get isEnded(): boolean {
    return this.socket.readableEnded || this.socket.closed;
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  say(...messages: readonly ClientMessage[]): void {
    this.send(frameOf(...messages));
  }

  async greet(): Promise<void> {
    this.say(HELLO);
    await until(() => this.heard.length > 0);
  }

  /** Takes nothing any more. */
  pause(): void {
    this.socket.pause();
  }

  /** Takes what comes again. */
  resume(): void {
    this.socket.resume();
  }

  /** Resolves when the member has torn the connection down, whatever was not taken. */
  async broken(): Promise<void> {
    const torn = new Promise((resolve) => this.socket.once('error', resolve));
    // Only who writes learns that the other side is gone.
    const writing = setInterval(() => this.say({ type: 'ping' }), 100);
    await torn;
    clearInterval(writing);
  }

  destroy(): void {
    this.socket.destroy();
  }

  get goodbye() {
    return this.heard.find((message) => message.type === 'goodbye');
  }
}

/** What is said in one frame. */
export function frameOf(...messages: readonly ClientMessage[]): Uint8Array {
  const writer = new Writer();
  encodeFrame(writer, (into) => {
    for (const message of messages) GREETING.encodeInto(into, message);
  });
  return writer.take();
}

/** What a member says in one turn. */
const FRAME_BYTES_MAX = 1 << 27;

const GREETING = CLIENT_MESSAGE.at(1);

/** The first thing that is said. */
export const HELLO: ClientMessage = { type: 'hello', lowest: 1, highest: 1, cluster: '' };

/** Resolves when `isSo`; rejects after five seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const endAt = performance.now() + 5000;
  while (!isSo()) {
    if (performance.now() > endAt) throw new Error('it did not come about within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
