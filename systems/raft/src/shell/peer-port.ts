/**
 * Where messages of Raft leave a node and come in: they are bytes on the Host's message network.
 */
import type { Envelope, Host, Lane } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from './peer-codec.ts';

/** Messages of Raft begin with this byte, so that others can share the network with them. */
const RAFT_BYTE = 0x52;

/** The peers of one node. */
export class PeerPort {
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  /**
   * Hands over what comes in.
   *
   * @param onMessage gets messages of Raft that can be read
   * @param onOther gets those that are not of Raft
   */
  listen(
    onMessage: (message: PeerMessage) => void,
    onOther: ((envelope: Envelope) => void) | undefined,
  ): void {
    this.host.messages.onMessage((envelope) => {
      if (envelope.bytes[0] !== RAFT_BYTE) {
        onOther?.(envelope);
        return;
      }
      const decoded = decodeOrDrop(envelope.bytes.subarray(1));
      if (decoded?.message.from === envelope.from) onMessage(decoded);
    });
  }

  /** Sends a message; false where it was refused at once. */
  send(peerMessage: PeerMessage, lane: Lane = 'urgent'): boolean {
    const encoded = encodePeerMessage(peerMessage);
    const bytes = new Uint8Array(encoded.length + 1);
    bytes[0] = RAFT_BYTE;
    bytes.set(encoded, 1);
    return this.host.messages.send(peerMessage.message.to, bytes, lane) === 'queued';
  }
}

/** A message that cannot be read is as good as lost. */
function decodeOrDrop(bytes: Uint8Array): PeerMessage | undefined {
  try {
    return decodePeerMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
