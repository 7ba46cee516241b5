/**
 * The port on which peers call: it counts who has not been welcomed yet, and turns away the rest.
 */
import net from 'node:net';
import tls from 'node:tls';
import { HostError } from './host-error.ts';
import { IncomingLink, type IncomingOwner } from './incoming-link.ts';
import type { Life } from './life.ts';
import type { MessageLimits } from './message-limits.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** What the port needs. */
export interface MessageServerOptions {
  readonly host: string;
  readonly port: number;
  readonly life: Life;
  readonly limits: MessageLimits;
  readonly tls: TlsIdentity | undefined;
  readonly owner: IncomingOwner;
}

/** Opens the port. Resolves to the number of the port that it got. */
export async function openMessageServer(options: MessageServerOptions): Promise<number> {
  const { host, port, life, limits, tls: identity, owner } = options;
  const pending = new Set<net.Socket>();
  const accept = (socket: net.Socket) => welcome(socket, pending, limits, owner);
  const server =
    identity === undefined
      ? net.createServer({ noDelay: true }, accept)
      : tls.createServer(toServerOptions(identity, limits), accept);
  // A peer whose handshake fails is its own affair; its socket is closed by Node.js.
  server.on('tlsClientError', (_error, socket: net.Socket) => socket.destroy());
  server.maxConnections = limits.maxInboundPeers + limits.maxPendingConnections;
  await listen(server, host, port);
  life.atEnd(
    () =>
      new Promise<void>((resolve) => {
        // Not waiting for connections: those are torn down by whom they belong to.
        server.close();
        for (const socket of pending) socket.destroy();
        setImmediate(resolve);
      }),
  );
  server.on('error', (error) => life.fail(error));
  return (server.address() as net.AddressInfo).port;
}

/** Gives a connection so long to say a proper hello. */
function welcome(
  socket: net.Socket,
  pending: Set<net.Socket>,
  limits: MessageLimits,
  owner: IncomingOwner,
): void {
  if (pending.size >= limits.maxPendingConnections) {
    socket.destroy();
    return;
  }
  pending.add(socket);
  const link = new IncomingLink(
    {
      incarnation: owner.incarnation,
      maxMessageBytes: owner.maxMessageBytes,
      turns: owner.turns,
      admit: (candidate, hello) => {
        const refusal = owner.admit(candidate, hello);
        if (refusal === undefined) {
          clearTimeout(timer);
          pending.delete(socket);
        }
        return refusal;
      },
      arrive: (from, envelope) => owner.arrive(from, envelope),
      weatherOf: (peer) => owner.weatherOf(peer),
      gone: (candidate, reason) => {
        clearTimeout(timer);
        pending.delete(socket);
        owner.gone(candidate, reason);
      },
    },
    socket,
  );
  const timer = setTimeout(() => link.close('no hello in time'), limits.connectTimeoutMs);
}

/** Has a server listen. Rejects with a `HostError` where the address cannot be used. */
export function listen(server: net.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      const message = `cannot listen on ${host} port ${port}: ${cause.code ?? cause.message}`;
      reject(new HostError('address-unusable', message, { cause }));
    };
    server.once('error', fail);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function toServerOptions({ key, cert, ca }: TlsIdentity, limits: MessageLimits): tls.TlsOptions {
  return {
    key: key as Buffer,
    cert: cert as Buffer,
    ca: ca as Buffer,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: limits.connectTimeoutMs,
  };
}
