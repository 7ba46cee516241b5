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

/** The TLS of a server. */
export interface ServerTls {
  readonly key?: Buffer;
  readonly cert?: Buffer;
  /** The authority that certificates of clients must come from. */
  readonly ca: Buffer;
  readonly mustShowCertificate: boolean;
}

/** How long a client that is turned away has to take the reason. */
const FAREWELL_MS = 1000;

/** What a server needs. */
export interface SocketServerOptions {
  /** The TLS of the port; plain TCP without it. */
  readonly tls: ServerTls | undefined;
  /** What a client whose certificate is refused is sent before the end; default: nothing. */
  readonly farewell?: (reason: string) => Uint8Array;
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
  private readonly refused = new Set<net.Socket>();

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
    for (const socket of [...this.greeting.values(), ...this.refused]) socket.destroy();
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

  private createSecure({ mustShowCertificate, ...pem }: ServerTls): tls.Server {
    const { handshakeTimeoutMs: handshakeTimeout, turnedAway } = this.options;
    // Node.js would close a connection with a bad certificate without a word to either side. So it
    // lets all of them come, and `settle` alone decides, before anything is read.
    const trust = { requestCert: mustShowCertificate, rejectUnauthorized: false };
    const settings = { ...pem, ...trust, handshakeTimeout, allowHalfOpen: true };
    const options = { ...settings, minVersion: 'TLSv1.3' } as const;
    const secure = tls.createServer(options, (socket) => this.settle(socket, mustShowCertificate));
    secure.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      turnedAway(keyOf(socket), error.code ?? error.message);
      socket.destroy();
    });
    return secure;
  }

  /** Hands over a connection whose handshake is done, or turns it away. */
  private settle(socket: tls.TLSSocket, mustShowCertificate: boolean): void {
    const key = keyOf(socket);
    const raw = this.greeting.get(key);
    this.greeting.delete(key);
    const distrust = mustShowCertificate ? distrustOf(socket) : undefined;
    if (raw === undefined) {
      // The socket below closed in the same moment.
      socket.destroy();
    } else if (distrust !== undefined) {
      this.options.turnedAway(key, distrust);
      this.refuse(socket, distrust);
    } else {
      this.options.accept(socket, raw);
    }
  }

  private refuse(socket: tls.TLSSocket, reason: string): void {
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    this.refused.add(socket);
    socket.once('close', () => {
      clearTimeout(timer);
      this.refused.delete(socket);
    });
    socket.end(this.options.farewell?.(reason) ?? '', () => socket.destroy());
  }
}

/** Why a client's certificate is refused; `undefined` where it is good. */
function distrustOf(socket: tls.TLSSocket): string | undefined {
  if (socket.authorized) return undefined;
  const isThere = Object.keys(socket.getPeerCertificate()).length > 0;
  if (!isThere) return 'no certificate was shown';
  return `the certificate is not trusted: ${String(socket.authorizationError)}`;
}

/** The other side of a connection, as it stands in traces. */
function keyOf(socket: net.Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}
