/**
 * One end of a byte stream over TCP, read on demand.
 */
import type net from 'node:net';
import { type ByteStream, InvalidArgument, StreamError } from '@mangrove/host';
import type { Life } from './life.ts';
import { resetConnection } from './reset-connection.ts';

/** After so long without a sign of life the system asks the other side for one. */
const KEEP_ALIVE_MS = 60_000;

/** How long what was written may take to leave when the life ends in an orderly way. */
const ORDERLY_CLOSE_MS = 1000;

interface Reader {
  readonly resolve: (chunk: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** A connected socket as a `ByteStream`. */
export class TcpStream implements ByteStream {
  readonly remote: string;
  private readonly life: Life;
  private readonly socket: net.Socket;
  /** The socket below TLS, which alone can be reset; the same one without TLS. */
  private readonly raw: net.Socket;
  private readonly chunks: Uint8Array[] = [];
  private readonly writers = new Set<(error: unknown) => void>();
  private readonly keep: () => void;
  private reader: Reader | undefined;
  private hasEnded = false;
  private isFinishing = false;
  private failure: StreamError | undefined;

  constructor(life: Life, socket: net.Socket, raw: net.Socket) {
    this.life = life;
    this.socket = socket;
    this.raw = raw;
    this.remote = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    socket.setNoDelay(true);
    // A peer whose machine vanished says nothing: the system asks for it from time to time.
    raw.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk: Buffer) => this.hear(chunk));
    socket.on('end', () => {
      this.hasEnded = true;
      this.serve();
    });
    socket.on('error', (cause) => this.break(cause));
    socket.on('close', () => {
      this.keep();
      // Both directions have ended in order; anything else was an error, or a destroy.
      if (!this.hasEnded || !this.socket.writableFinished) this.break(undefined);
    });
    socket.pause();
    this.keep = life.atEnd((end) => this.shut(end.type === 'closed'));
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.reader !== undefined) {
      const error = new InvalidArgument('read', 'a second one', 'awaited before the next');
      return Promise.reject(error);
    }
    return this.life.owe((resolve, reject) => {
      this.reader = { resolve, reject };
      this.serve();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.life.owe<void>((resolve, reject) => {
      if (this.failure !== undefined || this.isFinishing) {
        reject(this.failure ?? new StreamError('closed', 'this side of the stream has ended'));
        return;
      }
      if (bytes.length === 0) {
        resolve();
        return;
      }
      this.writers.add(reject);
      this.socket.write(bytes, (error) => {
        this.writers.delete(reject);
        if (error) reject(this.failure ?? toStreamError(error));
        else resolve();
      });
    });
  }

  end(): Promise<void> {
    return this.life.owe<void>((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.isFinishing = true;
      if (this.socket.writableFinished) {
        resolve();
        return;
      }
      this.writers.add(reject);
      this.socket.end(() => {
        this.writers.delete(reject);
        if (this.failure !== undefined) reject(this.failure);
        else resolve();
      });
    });
  }

  destroy(): void {
    if (this.life.isOver) return;
    this.fail(new StreamError('closed', 'this side destroyed the stream'));
    resetConnection(this.socket, this.raw);
  }

  /** Closes the stream at the end of the life, with what was written if that is orderly. */
  private shut(isOrderly: boolean): Promise<void> {
    const { socket, raw } = this;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    if (isOrderly) {
      socket.destroySoon();
      // A peer that does not read must not hold a node that stops.
      const timer = setTimeout(() => resetConnection(socket, raw), ORDERLY_CLOSE_MS);
      socket.once('close', () => clearTimeout(timer));
    } else {
      resetConnection(socket, raw);
    }
    return closed;
  }

  private hear(chunk: Buffer): void {
    this.chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    this.serve();
    if (this.chunks.length > 0) this.socket.pause();
  }

  /** Gives a waiting reader what there is. */
  private serve(): void {
    const { reader } = this;
    if (reader === undefined) return;
    const chunk = this.chunks.shift();
    if (chunk === undefined && this.failure === undefined && !this.hasEnded) {
      this.socket.resume();
      return;
    }
    this.reader = undefined;
    if (this.failure?.code === 'closed') reader.reject(this.failure);
    else if (chunk !== undefined) reader.resolve(chunk);
    else if (this.failure !== undefined && !this.hasEnded) reader.reject(this.failure);
    else reader.resolve(undefined);
  }

  private break(cause: unknown): void {
    this.fail(new StreamError('reset', `the stream to ${this.remote} broke`, { cause }));
  }

  private fail(error: StreamError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    for (const reject of [...this.writers]) reject(error);
    this.writers.clear();
    this.serve();
  }
}

function toStreamError(cause: unknown): StreamError {
  return new StreamError('reset', 'the stream broke', { cause });
}
