/**
 * Where messages of Raft leave a node and come in: they are bytes on the Host's message network.
 */
import type { Envelope, Host } from '@mangrove/host';
import { WireError } from '@mangrove/wire';
import type { Message } from '../core/message.ts';
import type { Handshake } from './handshake.ts';
import { HELLO_BYTE } from './hello-codec.ts';
import { type CodecTools, decodePeerMessage, encodePeerMessage } from './peer-codec.ts';

/** Messages of Raft begin with this byte, so that others can share the network with them. */
const RAFT_BYTE = 0x52;

/** The peers of one node. */
export class PeerPort {
  private readonly host: Host;
  private readonly handshake: Handshake;
  private readonly tools: CodecTools;

  constructor(host: Host, handshake: Handshake, tools: CodecTools) {
    this.host = host;
    this.handshake = handshake;
    this.tools = tools;
  }

  /**
   * Hands over what comes in.
   *
   * @param onMessage gets messages of Raft that can be read, of peers that were let in
   * @param onOther gets those that are not of Raft
   */
  listen(
    onMessage: (message: Message) => void,
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
      if (decoded?.from === envelope.from) onMessage(decoded);
    });
  }

  /**
   * Sends a message, unless the peer is not let in: snapshots on the bulk lane, so that they delay
   * nothing else.
   */
  send(message: Message): void {
    const version = this.handshake.versionOf(message.to);
    if (version === undefined) return;
    const bytes = encodePeerMessage(message, version, RAFT_BYTE, this.tools);
    const lane = message.type === 'install-snapshot' ? 'bulk' : 'urgent';
    this.host.messages.send(message.to, bytes, lane);
  }

  /** A message that cannot be read is as good as lost. */
  private decode(bytes: Uint8Array): Message | undefined {
    try {
      return decodePeerMessage(bytes, this.handshake.versionMax, this.tools);
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }
}
