/**
 * The receiving process of the message benchmark: it counts what comes, over a Host or a bare
 * socket.
 *
 * It is forked with the kind (`host` or `bare`) and a data directory; tells its address, and says
 * `done` whenever the count that it was told to expect has arrived.
 */
import net from 'node:net';
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';

/** What the parent sends: count so many, then say done. */
export interface Expectation {
  readonly count: number;
}

/** What it is told. */
export type PeerReport =
  | { readonly type: 'ready'; readonly address: string }
  | { readonly type: 'done' };

/** What the sender sends. */
const MESSAGE_BYTES = 100;

const [kind, dataDirectory = ''] = process.argv.slice(2);
let left = 0;

function tell(report: PeerReport): void {
  process.send?.(report);
}

function arrived(bytes: Uint8Array): void {
  if (bytes.length !== MESSAGE_BYTES) throw new Error(`a message of ${bytes.length} bytes came`);
  left -= 1;
  if (left === 0) tell({ type: 'done' });
}

process.on('message', ({ count }: Expectation) => {
  left = count;
});
process.on('disconnect', () => process.exit(0));

if (kind === 'host') await receiveOverHost();
else receiveBare();

async function receiveOverHost(): Promise<void> {
  const host = await createProcessHost({ node: toNodeId('receiver'), dataDirectory });
  host.messages.onMessage(({ bytes }) => arrived(bytes));
  tell({ type: 'ready', address: host.messageAddress });
}

/** The least that a program must do: find the frames, give each one as its own view. */
function receiveBare(): void {
  const server = net.createServer({ noDelay: true }, (socket) => {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (data.length - at >= 5) {
        const end = at + 4 + data.readUInt32LE(at);
        if (end > data.length) break;
        arrived(new Uint8Array(data.buffer, data.byteOffset + at + 5, end - at - 5));
        at = end;
      }
      rest = data.subarray(at);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    tell({ type: 'ready', address: `127.0.0.1:${(server.address() as net.AddressInfo).port}` });
  });
}
