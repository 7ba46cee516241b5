/**
 * Byte streams: what client protocols run on.
 */

/** Why a stream, a connection attempt or a listener failed. */
export type StreamErrorCode =
  /** Nobody listens at the address, or it refused. Nothing was sent: definite. */
  | 'refused'
  /** The address cannot be reached, or did not answer in time. */
  | 'unreachable'
  /** The peer or the network tore the stream down; bytes under way may be lost. */
  | 'reset'
  /** The stream was ended or destroyed on this side. */
  | 'closed'
  /** The port is taken. */
  | 'address-in-use';

/** An operating error of a byte stream. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: StreamErrorCode;

  constructor(code: StreamErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * One end of a connection.
 *
 * - S1: bytes arrive in order, without gaps or repeats, cut into chunks of any size.
 * - S2: `read` gives the next chunk (never an empty one), `undefined` after the peer's orderly end,
 *   or rejects with `reset`. One read at a time; a second one rejects with `InvalidArgument`.
 * - S3: `write` resolves once the bytes are taken and there is room for more. That says nothing
 *   about the peer. While nobody reads on the other side, writes stop resolving: back-pressure. The
 *   bytes must not be touched before that.
 * - S4: `end` closes this direction after what was written; the other one stays open (half-close).
 * - S5: `destroy` tears both directions down at once; pending calls on both sides reject.
 */
export interface ByteStream {
  /** The other side, for people: `10.0.0.7:41022`, `n2`. */
  readonly remote: string;
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  destroy(): void;
}

/** A port that is open. */
export interface Listener {
  /** Where others connect to. */
  readonly address: string;
  readonly port: number;
  /** Accepts no more; streams that are open stay open. */
  close(): Promise<void>;
}

/** How a node offers and opens byte streams. */
export interface Streams {
  /** Opens `port` (0: any free one) and hands over every stream that comes in. */
  listen(port: number, accept: (stream: ByteStream) => void): Promise<Listener>;
  /** Connects to an address that some `Listener` told; gives up when `signal` is aborted. */
  connect(address: string, signal?: AbortSignal): Promise<ByteStream>;
}
