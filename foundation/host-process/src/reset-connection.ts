/**
 * Tearing a connection down so that the other side sees a reset, with or without TLS.
 */
import type net from 'node:net';

/**
 * Resets the connection of `socket`, whose socket below TLS is `raw` (the same one without TLS).
 *
 * Only the one below can be reset. The TLS socket is destroyed a moment later: a node that resets a
 * connection as it is handed over does so while OpenSSL is still finishing the handshake further
 * down the stack, and to free its state there makes Node.js 24 crash.
 */
export function resetConnection(socket: net.Socket, raw: net.Socket): void {
  // A reset waits for a connection to come about, which may take for ever.
  if (raw.connecting) raw.destroy();
  else raw.resetAndDestroy();
  if (socket !== raw) setImmediate(() => socket.destroy());
}
