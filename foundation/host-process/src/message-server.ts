/**
 * The port on which peers call: it counts who has not been welcomed yet, and bounds their number
 * and their time.
 */
import type net from 'node:net';
import { encodeRefusal } from './frames.ts';
import { IncomingLink, type IncomingOwner } from './incoming-link.ts';
import type { Life } from './life.ts';
import type { MessageLimits } from './message-limits.ts';
import { type ServerTls, SocketServer } from './socket-server.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** What the network behind the port decides and is told. */
export interface PortOwner extends IncomingOwner {
  /** A connection was refused before anybody knew whose it is, and why. */
  turnedAway(remote: string, reason: string): void;
}

/** What the port needs. */
export interface MessageServerOptions {
  readonly host: string;
  readonly port: number;
  readonly life: Life;
  readonly limits: MessageLimits;
  readonly tls: TlsIdentity | undefined;
  readonly owner: PortOwner;
}

/** Opens the port. Resolves to the number of the port that it got. */
export async function openMessageServer(options: MessageServerOptions): Promise<number> {
  const { host, port, life, limits, tls: identity, owner } = options;
  const pending = new Set<IncomingLink>();
  const server = new SocketServer({
    tls: identity === undefined ? undefined : toServerTls(identity),
    farewell: encodeRefusal,
    maxConnections: limits.maxInboundPeers + limits.maxPendingConnections,
    handshakeTimeoutMs: limits.connectTimeoutMs,
    accept: (socket, raw) => {
      if (life.isOver) socket.destroy();
      else welcome(socket, raw, pending, limits, owner);
    },
    turnedAway: (remote, reason) => owner.turnedAway(remote, reason),
  });
  const actual = await server.listen(host, port);
  life.atEnd(async () => {
    server.close();
    // Those that were welcomed are torn down by whom they belong to.
    await Promise.all([...pending].map((link) => link.close('ended')));
  });
  server.onError((error) => life.fail(error));
  return actual;
}

/**
 * Gives a connection so long to say a proper hello. Where too many are silent, the one that has
 * been so the longest makes room: peers greet at once, and strangers must not keep them out.
 */
function welcome(
  socket: net.Socket,
  raw: net.Socket,
  pending: Set<IncomingLink>,
  limits: MessageLimits,
  owner: PortOwner,
): void {
  if (pending.size >= limits.maxPendingConnections) {
    for (const oldest of pending) {
      pending.delete(oldest);
      void oldest.close('too many that say no hello');
      break;
    }
  }
  const remote = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
  const settle = (candidate: IncomingLink) => {
    clearTimeout(timer);
    pending.delete(candidate);
  };
  const link = new IncomingLink(
    {
      incarnation: owner.incarnation,
      maxMessageBytes: owner.maxMessageBytes,
      turns: owner.turns,
      admit: (candidate, hello) => {
        const refusal = owner.admit(candidate, hello);
        if (refusal === undefined) settle(candidate);
        return refusal;
      },
      arrive: (from, envelope) => owner.arrive(from, envelope),
      weatherOf: (peer) => owner.weatherOf(peer),
      gone: (candidate, reason) => {
        settle(candidate);
        if (candidate.from === undefined) owner.turnedAway(remote, reason);
        owner.gone(candidate, reason);
      },
    },
    socket,
    raw,
  );
  pending.add(link);
  const timer = setTimeout(() => void link.close('no hello in time'), limits.connectTimeoutMs);
}

function toServerTls({ key, cert, ca }: TlsIdentity): ServerTls {
  const pem = (text: string | Uint8Array) => Buffer.from(text as Uint8Array);
  return { key: pem(key), cert: pem(cert), ca: pem(ca), mustShowCertificate: true };
}
