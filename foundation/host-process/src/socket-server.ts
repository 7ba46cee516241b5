/**
 * A port of plain or TLS connections that knows every socket it holds.
 *
 * A TLS socket can't be reset, only the one below it; so both are handed over. A connection amid
 * its handshake belongs to nobody yet: the server bounds its time, and tears it down when it
 * closes, so that no stranger keeps a node from stopping.
 */
import net from 'node:net';
import tls from 'node:tls';
import { HostError } from './host-error.ts';

/** What a server needs. */
export interface SocketServerOptions {
  /** The TLS of the port; plain TCP without it. */
  readonly tls: tls.TlsOptions | undefined;
  /** The most connections at once, handshakes included; more are closed at once. */
  readonly maxConnections: number;
  /** How long a TLS handshake may take. */
  readonly handshakeTimeoutMs: number;
  /** Takes a connection, with the socket below TLS (the same one without TLS). */
  readonly accept: (socket: net.Socket, raw: net.Socket) => void;
  /** Is told of a handshake that failed, and why. */
  readonly turnedAway: (remote: string, reason: string) => void;
}

/** A server of sockets. */
export class SocketServer {
  private readonly options: SocketServerOptions;
  private readonly server: net.Server;
  private readonly secure: tls.Server | undefined;
  /** Sockets amid their handshake, by the address of their peer. */
  private readonly greeting = new Map<string, net.Socket>();

  constructor(options: SocketServerOptions) {
    this.options = options;
    this.secure = options.tls === undefined ? undefined : this.createSecure(options.tls);
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (raw) => this.take(raw));
    this.server.maxConnections = options.maxConnections;
  }

  /** Opens the port. Resolves to its number; rejects with a `HostError` where it cannot be had. */
  listen(host: string, port: number): Promise<number> {
    const { server } = this;
    return new Promise((resolve, reject) => {
      const fail = (cause: NodeJS.ErrnoException) => {
        const message = `cannot listen on ${host} port ${port}: ${cause.code ?? cause.message}`;
        reject(new HostError('address-unusable', message, { cause }));
      };
      server.once('error', fail);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', fail);
        resolve((server.address() as net.AddressInfo).port);
      });
    });
  }

  /** Has `handler` told of errors after the port was opened. */
  onError(handler: (error: Error) => void): void {
    this.server.on('error', handler);
  }

  /** Accepts no more; connections that were handed over stay open. */
  close(): void {
    this.server.close();
    for (const raw of this.greeting.values()) raw.destroy();
  }

  private take(raw: net.Socket): void {
    if (this.secure === undefined) {
      this.options.accept(raw, raw);
      return;
    }
    const key = keyOf(raw);
    this.greeting.set(key, raw);
    raw.once('close', () => this.greeting.delete(key));
    this.secure.emit('connection', raw);
  }

  private createSecure(options: tls.TlsOptions): tls.Server {
    const { handshakeTimeoutMs: handshakeTimeout, turnedAway } = this.options;
    const settings = { ...options, handshakeTimeout, allowHalfOpen: true };
    const secure = tls.createServer(settings, (socket) => {
      const raw = this.greeting.get(keyOf(socket));
      // The socket below closed in the same moment.
      if (raw === undefined) socket.destroy();
      else {
        this.greeting.delete(keyOf(socket));
        this.options.accept(socket, raw);
      }
    });
    secure.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      turnedAway(keyOf(socket), error.code ?? error.message);
      socket.destroy();
    });
    return secure;
  }
}

/** The other side of a connection, as it stands in traces. */
function keyOf(socket: net.Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}
