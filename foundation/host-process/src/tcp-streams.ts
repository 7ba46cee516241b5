/**
 * Byte streams over TCP, with TLS where the Host was given an identity for them.
 */
import net from 'node:net';
import tls from 'node:tls';
import { type ByteStream, type Listener, StreamError, type Streams } from '@mangrove/host';
import type { HostError } from './host-error.ts';
import type { Life } from './life.ts';
import { checkPort, formatAddress, parseAddress } from './network-address.ts';
import { type ServerTls, SocketServer } from './socket-server.ts';
import { TcpStream } from './tcp-stream.ts';
import type { Turns } from './turns.ts';

/** TLS for byte streams. */
export interface StreamTls {
  /** Key and certificate, PEM; needed to listen, and to connect where the server asks for them. */
  readonly key?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  /** The authority that the other side's certificate must come from. */
  readonly ca: string | Uint8Array;
  /** Whether those who connect must show a certificate. Default: no. */
  readonly mustShowCertificate?: boolean;
}

/** What byte streams need of their Host. */
export interface StreamContext {
  readonly life: Life;
  readonly turns: Turns;
  /** The interface that listeners open their ports on. */
  readonly host: string;
  readonly tls: StreamTls | undefined;
  readonly connectTimeoutMs: number;
  /** The most connections of one listener; more are closed at once. */
  readonly maxConnections: number;
  /** Is told of a TLS handshake that failed, and why. */
  readonly turnedAway: (remote: string, reason: string) => void;
}

/** The byte streams of one life. */
export class TcpStreams implements Streams {
  private readonly context: StreamContext;

  constructor(context: StreamContext) {
    this.context = context;
  }

  async listen(port: number, accept: (stream: ByteStream) => void): Promise<Listener> {
    checkPort(port);
    const { life, turns, host, tls: identity, connectTimeoutMs, maxConnections } = this.context;
    const server = new SocketServer({
      tls: identity === undefined ? undefined : toServer(identity),
      maxConnections,
      handshakeTimeoutMs: connectTimeoutMs,
      accept: (socket, raw) => {
        const stream = new TcpStream(life, socket, raw);
        turns.run(() => life.call(() => accept(stream)));
      },
      turnedAway: (remote, reason) => this.context.turnedAway(remote, reason),
    });
    const actual = await this.open(server, port);
    const forget = life.atEnd(() => server.close());
    return {
      address: formatAddress({ host, port: actual }),
      port: actual,
      close: () =>
        life.owe<void>((resolve) => {
          forget();
          server.close();
          setImmediate(resolve);
        }),
    };
  }

  async connect(address: string, signal?: AbortSignal): Promise<ByteStream> {
    const { host, port } = parseAddress(address);
    if (signal?.aborted === true) throw signal.reason;
    const { life, tls: identity, connectTimeoutMs } = this.context;
    let stop = () => {};
    try {
      return await life.owe<ByteStream>((resolve, reject) => {
        const raw = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
        const socket = identity === undefined ? raw : tls.connect(toClient(identity, raw, host));
        const settle = (error: unknown) => {
          raw.destroy();
          reject(error);
        };
        const fail = (cause: NodeJS.ErrnoException) => settle(toConnectError(address, cause));
        const abort = () => settle(signal?.reason);
        const timer = setTimeout(
          () => settle(new StreamError('unreachable', `${address} did not answer in time`)),
          connectTimeoutMs,
        );
        // At the end of the life nothing settles, so nobody else would clear up.
        const forget = life.atEnd(() => {
          stop();
          raw.destroy();
        });
        stop = () => {
          clearTimeout(timer);
          forget();
          signal?.removeEventListener('abort', abort);
        };
        signal?.addEventListener('abort', abort, { once: true });
        for (const each of new Set([raw, socket])) each.on('error', fail);
        socket.once(identity === undefined ? 'connect' : 'secureConnect', () => {
          // The life may have ended while the connection came about.
          if (life.isOver || raw.destroyed) raw.destroy();
          else {
            for (const each of new Set([raw, socket])) each.off('error', fail);
            resolve(new TcpStream(life, socket, raw));
          }
        });
      });
    } finally {
      stop();
    }
  }

  private async open(server: SocketServer, port: number): Promise<number> {
    const { life, host } = this.context;
    const actual = await life.owe<number>((resolve, reject) => {
      server.listen(host, port).then(
        (opened) => {
          if (life.isOver) server.close();
          else resolve(opened);
        },
        (error: HostError) => reject(toListenError(error, port)),
      );
    });
    server.onError((error) => life.fail(error));
    return actual;
  }
}

function toListenError(error: HostError, port: number): StreamError {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  const kind = code === 'EADDRINUSE' ? 'address-in-use' : 'refused';
  return new StreamError(kind, `port ${port}: ${error.message}`, { cause: error });
}

function toConnectError(address: string, cause: NodeJS.ErrnoException): StreamError {
  const code = cause.code === 'ECONNREFUSED' ? 'refused' : 'unreachable';
  return new StreamError(code, `${address}: ${reasonOf(cause)}`, { cause });
}

/** The system's errors are known by their codes; those of TLS say more in their sentence. */
function reasonOf({ code, syscall, message }: NodeJS.ErrnoException): string {
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return `it speaks no TLS, or another version of it (${code})`;
  }
  if (code === undefined || syscall !== undefined) return code ?? message;
  return `${message} (${code})`;
}

function toClient(identity: StreamTls, raw: net.Socket, host: string): tls.ConnectionOptions {
  const name = net.isIP(host) === 0 ? { servername: host } : { host };
  return { ...toPem(identity), minVersion: 'TLSv1.3', socket: raw, ...name };
}

function toServer(identity: StreamTls): ServerTls {
  return { ...toPem(identity), mustShowCertificate: identity.mustShowCertificate ?? false };
}

function toPem({ key, cert, ca }: StreamTls): { ca: Buffer; key?: Buffer; cert?: Buffer } {
  const own = key === undefined || cert === undefined ? {} : { key: pem(key), cert: pem(cert) };
  return { ca: pem(ca), ...own };
}

function pem(text: string | Uint8Array): Buffer {
  return Buffer.from(text as Uint8Array);
}
