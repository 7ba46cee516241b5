/**
 * The bounds and times of the message network, one by one.
 */
import { BULK_FRAGMENT_BYTES, InvalidArgument } from '@mangrove/host';

/** Bounds and times. All of them have defaults that suit one data centre. */
export interface MessageLimits {
  /**
   * The longest message. Too small: systems cannot send their chunks. Too large: memory per peer.
   */
  readonly maxMessageBytes: number;
  /** What may wait per peer and lane. Too small: bursts are refused. Too large: stale messages. */
  readonly maxQueueBytes: number;
  /**
   * How much bulk may be under way to a peer, unacknowledged. What is under way delays urgent
   * messages; 65536 (default) is what the contract allows. Over long distances bulk is limited to
   * one window a round trip: raise it there and pay with the delay of urgent messages.
   */
  readonly bulkWindowBytes: number;
  /** How often a peer is asked for a sign of life. After four silent rounds a link is down. */
  readonly keepAliveMs: number;
  /** How long an attempt to connect and greet may take. */
  readonly connectTimeoutMs: number;
  /** The wait after a first failed attempt; it doubles up to `reconnectMsMax`, with jitter. */
  readonly reconnectMs: number;
  readonly reconnectMsMax: number;
  /** How many peers may be connected to this node. More are refused. */
  readonly maxInboundPeers: number;
  /** How many connections may be there that have not been welcomed. More are closed at once. */
  readonly maxPendingConnections: number;
}

/** The defaults. */
export const DEFAULT_MESSAGE_LIMITS: MessageLimits = {
  maxMessageBytes: 1_048_576,
  maxQueueBytes: 8_388_608,
  bulkWindowBytes: BULK_FRAGMENT_BYTES,
  keepAliveMs: 1000,
  connectTimeoutMs: 5000,
  reconnectMs: 20,
  reconnectMsMax: 1000,
  maxInboundPeers: 1024,
  maxPendingConnections: 128,
};

const BOUNDS: Readonly<Record<keyof MessageLimits, readonly [number, number]>> = {
  maxMessageBytes: [1024, 67_108_864],
  maxQueueBytes: [1024, 1_073_741_824],
  bulkWindowBytes: [BULK_FRAGMENT_BYTES, 1_073_741_824],
  keepAliveMs: [10, 60_000],
  connectTimeoutMs: [10, 60_000],
  reconnectMs: [1, 60_000],
  reconnectMsMax: [1, 600_000],
  maxInboundPeers: [1, 65_536],
  maxPendingConnections: [1, 65_536],
};

/** The defaults with what was given; throws `InvalidArgument` where a value is out of bounds. */
export function withDefaultLimits(given: Partial<MessageLimits> = {}): MessageLimits {
  const limits = { ...DEFAULT_MESSAGE_LIMITS, ...given };
  for (const [name, [low, high]] of Object.entries(BOUNDS)) {
    const value = limits[name as keyof MessageLimits];
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgument(`limits.${name}`, value, `an integer from ${low} to ${high}`);
    }
  }
  // A message that no empty queue has room for could never be sent.
  if (limits.maxQueueBytes < 2 * limits.maxMessageBytes) {
    const bound = 'at least twice maxMessageBytes';
    throw new InvalidArgument('limits.maxQueueBytes', limits.maxQueueBytes, bound);
  }
  return limits;
}
