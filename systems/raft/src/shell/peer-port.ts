/**
 * Where messages of Raft leave a node and come in: they are bytes on the Host's message network.
 */
import type { Envelope, Host, Lane } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import type { Handshake } from './handshake.ts';
import { HELLO_BYTE } from './hello-codec.ts';
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from './peer-codec.ts';

/** Messages of Raft begin with this byte, so that others can share the network with them. */
const RAFT_BYTE = 0x52;

/** The peers of one node. */
export class PeerPort {
  private readonly host: Host;
  private readonly handshake: Handshake;

  constructor(host: Host, handshake: Handshake) {
    this.host = host;
    this.handshake = handshake;
  }

  /**
   * Hands over what comes in.
   *
   * @param onMessage gets messages of Raft that can be read, of peers that were let in
   * @param onOther gets those that are not of Raft
   */
  listen(
    onMessage: (message: PeerMessage) => void,
    onOther: ((envelope: Envelope) => void) | undefined,
  ): void {
    this.host.messages.onMessage((envelope) => {
      const [first] = envelope.bytes;
      if (first === HELLO_BYTE) {
        this.handshake.onHello(envelope);
        return;
      }
      if (first !== RAFT_BYTE) {
        onOther?.(envelope);
        return;
      }
      if (!this.handshake.admits(envelope.from, envelope.incarnation)) return;
      const decoded = this.decode(envelope.bytes.subarray(1));
      if (decoded?.message.from === envelope.from) onMessage(decoded);
    });
  }

  /** Sends a message; false where it was refused at once, or the peer is not let in. */
  send(peerMessage: PeerMessage, lane: Lane = 'urgent'): boolean {
    const version = this.handshake.versionOf(peerMessage.message.to);
    if (version === undefined) return false;
    const bytes = encodePeerMessage(peerMessage, version, RAFT_BYTE);
    return this.host.messages.send(peerMessage.message.to, bytes, lane) === 'queued';
  }

  /** A message that cannot be read is as good as lost. */
  private decode(bytes: Uint8Array): PeerMessage | undefined {
    try {
      return decodePeerMessage(bytes, this.handshake.versionMax);
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }
}
