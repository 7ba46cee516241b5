/**
 * A peer that is no Host: it speaks the frames of the message connection by hand, well or badly.
 */
import net from 'node:net';
import { type Incarnation, toNodeId } from '@mangrove/host';
import { encodeHello, WIRE_VERSION } from '../src/frames.ts';
import { parseAddress } from '../src/network-address.ts';

/** A connection to a message port. */
export class RawPeer {
  readonly socket: net.Socket;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  private received: Buffer[] = [];

  private constructor(socket: net.Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.received.push(chunk));
    socket.on('error', () => socket.destroy());
  }

  /** Connects; resolves when the system has accepted the connection. */
  static connect(address: string): Promise<RawPeer> {
    const socket = net.connect({ ...parseAddress(address), noDelay: true });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawPeer(socket));
      });
    });
  }

  /** Connects and says hello as `from`, in its life `incarnation`. */
  static async greet(
    address: string,
    to: string,
    from: string,
    incarnation = 1,
    cluster = 'mangrove',
  ): Promise<RawPeer> {
    const peer = await RawPeer.connect(address);
    peer.socket.write(
      encodeHello({
        version: WIRE_VERSION,
        incarnation: incarnation as Incarnation,
        cluster,
        from: toNodeId(from),
        to: toNodeId(to),
      }),
    );
    return peer;
  }

  /** All that has come so far. */
  get heard(): Buffer {
    const all = Buffer.concat(this.received);
    this.received = [all];
    return all;
  }
}
