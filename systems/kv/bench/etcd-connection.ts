/**
 * The fastest client of etcd that we know to write: gRPC by hand over one HTTP/2 connection.
 *
 * Requests have the same header block each time, so nothing is compressed anew; of answers only the
 * frames and the messages in them are counted, and nothing is decoded. It honours the windows of
 * the server, answers its settings and pings, and takes an answer without a message for a failure.
 * Sources: RFC 9113, RFC 7541, the gRPC protocol over HTTP/2.
 */
import net from 'node:net';

/** The methods that the benchmarks call. */
export type EtcdMethod = 'KV/Put' | 'KV/Range' | 'Watch/Watch';

interface Stream {
  messageCount: number;
  /** Bytes of the next message that have not come yet; below 0 where its length has not. */
  readonly onMessage: () => void;
  readonly onEnd: (isWhole: boolean) => void;
  rest: Buffer;
}

const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE] = [0, 1, 3, 4, 6, 7, 8];
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const WINDOW_BYTES = 0x3fff_ffff;

/** One connection. */
export class EtcdConnection {
  private readonly socket: net.Socket;
  private readonly headers = new Map<EtcdMethod, Buffer>();
  private readonly streams = new Map<number, Stream>();
  private readonly queue: { readonly id: number; readonly body: Buffer; isLast: boolean }[] = [];
  private out: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private lastId = -1;
  private sendWindow = 65_535;
  private isFlushing = false;
  private takenBytes = 0;

  private constructor(socket: net.Socket, authority: string) {
    this.socket = socket;
    for (const method of ['KV/Put', 'KV/Range', 'Watch/Watch'] as const) {
      this.headers.set(method, headerBlock(method, authority));
    }
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('close', () => {
      for (const { onEnd } of [...this.streams.values()]) onEnd(false);
    });
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    // Windows are as large as they may be, so that the server never waits for one.
    const settings = Buffer.alloc(6);
    settings.writeUInt16BE(4, 0);
    settings.writeUInt32BE(WINDOW_BYTES, 2);
    socket.write(frame(SETTINGS, 0, 0, settings));
    socket.write(frame(WINDOW_UPDATE, 0, 0, uint32(WINDOW_BYTES - 65_535)));
  }

  /** Connects to `host:port`. */
  static connect(address: string): Promise<EtcdConnection> {
    const [host = '', port] = address.split(':');
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port: Number(port), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new EtcdConnection(socket, address)));
    });
  }

  /** Calls once; rejects where no message came back. */
  call(method: EtcdMethod, message: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.open(method, {
        onMessage: () => {},
        onEnd: (isWhole) => {
          if (isWhole) resolve();
          else reject(new Error(`etcd did not answer ${method}`));
        },
      });
      this.send(id, message, true);
      this.flushSoon();
    });
  }

  /** Opens a stream of messages in both directions; `onMessage` is told of each that comes. */
  stream(method: EtcdMethod, onMessage: () => void): (message: Buffer) => void {
    const id = this.open(method, { onMessage, onEnd: () => {} });
    return (message) => {
      this.send(id, message, false);
      this.flushSoon();
    };
  }

  close(): void {
    this.socket.destroy();
  }

  private open(method: EtcdMethod, told: Pick<Stream, 'onMessage' | 'onEnd'>): number {
    this.lastId += 2;
    this.streams.set(this.lastId, { ...told, messageCount: 0, rest: Buffer.alloc(0) });
    const block = this.headers.get(method) ?? Buffer.alloc(0);
    this.out.push(frame(HEADERS, END_HEADERS, this.lastId, block));
    return this.lastId;
  }

  private send(id: number, message: Buffer, isLast: boolean): void {
    const body = Buffer.alloc(5 + message.length);
    body.writeUInt32BE(message.length, 1);
    body.set(message, 5);
    this.queue.push({ id, body, isLast });
    this.pump();
  }

  private pump(): void {
    let sent = 0;
    for (const { id, body, isLast } of this.queue) {
      if (body.length > this.sendWindow) break;
      this.sendWindow -= body.length;
      this.out.push(frame(DATA, isLast ? END_STREAM : 0, id, body));
      sent += 1;
    }
    this.queue.splice(0, sent);
  }

  // As with our own client: what is called in one turn leaves in one write.
  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    setImmediate(() => {
      this.isFlushing = false;
      const { out } = this;
      this.out = [];
      if (out.length > 0) this.socket.write(Buffer.concat(out));
    });
  }

  private read(bytes: Buffer): void {
    let rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < 9 + length) break;
      const id = rest.readUInt32BE(5) & 0x7fff_ffff;
      this.take(rest[3] ?? 0, rest[4] ?? 0, id, rest.subarray(9, 9 + length));
      rest = rest.subarray(9 + length);
    }
    this.rest = rest;
    if (this.out.length > 0) this.flushSoon();
  }

  private take(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === SETTINGS && (flags & ACK) === 0) this.out.push(frame(SETTINGS, ACK, 0));
    else if (type === PING && (flags & ACK) === 0) this.out.push(frame(PING, ACK, 0, payload));
    else if (type === WINDOW_UPDATE && id === 0) {
      this.sendWindow += payload.readUInt32BE(0);
      this.pump();
    } else if (type === GOAWAY) this.socket.destroy();
    else if (type === RST_STREAM) this.end(id, false);
    else if (type === DATA || type === HEADERS) {
      const stream = this.streams.get(id);
      if (stream === undefined) return;
      if (type === DATA) this.count(stream, id, payload);
      if ((flags & END_STREAM) !== 0) this.end(id, stream.messageCount > 0);
    }
  }

  private count(stream: Stream, id: number, payload: Buffer): void {
    this.takenBytes += payload.length;
    if (this.takenBytes > WINDOW_BYTES / 4) {
      this.out.push(frame(WINDOW_UPDATE, 0, 0, uint32(this.takenBytes)));
      this.out.push(frame(WINDOW_UPDATE, 0, id, uint32(this.takenBytes)));
      this.takenBytes = 0;
    }
    let rest = stream.rest.length === 0 ? payload : Buffer.concat([stream.rest, payload]);
    while (rest.length >= 5) {
      const length = rest.readUInt32BE(1);
      if (rest.length < 5 + length) break;
      rest = rest.subarray(5 + length);
      stream.messageCount += 1;
      stream.onMessage();
    }
    stream.rest = rest;
  }

  private end(id: number, isWhole: boolean): void {
    const stream = this.streams.get(id);
    this.streams.delete(id);
    stream?.onEnd(isWhole);
  }
}

/** `PutRequest { bytes key = 1; bytes value = 2; }` */
export function putMessage(key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([field(1, key), field(2, value)]);
}

/** `RangeRequest { bytes key = 1; bool serializable = 7; }` */
export function rangeMessage(key: Buffer, isSerializable: boolean): Buffer {
  const tail = isSerializable ? Buffer.from([(7 << 3) | 0, 1]) : Buffer.alloc(0);
  return Buffer.concat([field(1, key), tail]);
}

/** `WatchRequest { WatchCreateRequest create_request = 1 { bytes key = 1; } }` */
export function watchMessage(key: Buffer): Buffer {
  return field(1, field(1, key));
}

function field(number: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  const size = length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), bytes]);
}

/** Method and scheme from the static table, the rest as literals that no table keeps. */
function headerBlock(method: EtcdMethod, authority: string): Buffer {
  const literal = (index: number, value: string) => {
    const name = index < 15 ? [index] : [0x0f, index - 15];
    return Buffer.from([...name, value.length, ...Buffer.from(value)]);
  };
  const te = Buffer.from([0, 2, ...Buffer.from('te'), 8, ...Buffer.from('trailers')]);
  const path = literal(4, `/etcdserverpb.${method}`);
  const type = literal(31, 'application/grpc');
  return Buffer.concat([Buffer.from([0x83, 0x86]), path, literal(1, authority), type, te]);
}

function frame(type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const whole = Buffer.allocUnsafe(9 + payload.length);
  whole.writeUIntBE(payload.length, 0, 3);
  whole[3] = type;
  whole[4] = flags;
  whole.writeUInt32BE(id, 5);
  whole.set(payload, 9);
  return whole;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
