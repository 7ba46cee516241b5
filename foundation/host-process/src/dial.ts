/**
 * How a Host connects to a peer: over TCP, or over TLS that both sides show certificates for.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { NodeId } from '@mangrove/host';
import type { NetworkAddress } from './network-address.ts';
import { namesNode, type TlsIdentity } from './tls-identity.ts';

/** A connection that comes about. A TLS socket can't be reset, only the one below it. */
export interface Dialled {
  readonly socket: net.Socket;
  /** The socket below TLS; the same one without TLS. */
  readonly raw: net.Socket;
}

/** Begins to connect to `peer`; calls `onReady` once bytes can be sent to it. */
export function dial(
  { host, port }: NetworkAddress,
  identity: TlsIdentity | undefined,
  peer: NodeId,
  onReady: () => void,
): Dialled {
  const raw = net.connect({ host, port, noDelay: true });
  if (identity === undefined) {
    raw.once('connect', onReady);
    return { socket: raw, raw };
  }
  const socket = tls.connect({ socket: raw, ...toTlsOptions(identity, peer) });
  raw.on('error', (error) => socket.destroy(error));
  socket.once('secureConnect', onReady);
  return { socket, raw };
}

function toTlsOptions({ key, cert, ca }: TlsIdentity, peer: NodeId): tls.ConnectionOptions {
  return {
    key: key as Buffer,
    cert: cert as Buffer,
    ca: ca as Buffer,
    minVersion: 'TLSv1.3',
    servername: peer,
    // The certificate names the node, wherever it runs; the address says nothing about it.
    checkServerIdentity: (_host, certificate) => {
      if (namesNode(certificate, peer)) return undefined;
      return new Error(`the certificate does not name ${peer}`);
    },
  };
}
