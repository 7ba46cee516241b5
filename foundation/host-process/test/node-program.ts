/**
 * A node process for tests: a Host of its own, which does what its parent tells it.
 *
 * It is forked with `NodeSettings` as JSON. Commands come over the channel of `fork`; faults come
 * over the Host's own control socket, as an operator's would.
 */
import { type DiskFile, type Lane, type NodeId, toNodeId } from '@mangrove/host';
import {
  createProcessHost,
  type MessageLimits,
  type ProcessHost,
  type TlsIdentity,
} from '@mangrove/host-process/node';

/** How the process sets up its Host. */
export interface NodeSettings {
  readonly node: string;
  readonly dataDirectory: string;
  readonly port?: number;
  readonly cluster?: string;
  readonly tls?: TlsIdentity;
  readonly streamTls?: TlsIdentity;
  readonly limits?: Partial<MessageLimits>;
}

/** A message that came. `atMs` is wall time, which processes of one machine share. */
export interface Arrival {
  readonly from: string;
  readonly incarnation: number;
  readonly lane: Lane;
  readonly text: string;
  readonly atMs: number;
}

/** What the process can be told. */
export type Command =
  | { readonly do: 'add-peer'; readonly peer: NodeId; readonly address: string }
  /** Sends each text, with the wall time of sending before it. Answers with the outcomes. */
  | {
      readonly do: 'send';
      readonly to: NodeId;
      readonly texts: readonly string[];
      readonly lane?: Lane;
    }
  /** Answers with what came since it was asked last. */
  | { readonly do: 'take' }
  | { readonly do: 'link'; readonly to: NodeId }
  | { readonly do: 'append'; readonly path: string; readonly text: string }
  | { readonly do: 'sync'; readonly path: string }
  | { readonly do: 'read'; readonly path: string }
  /** Sets timers of these delays. Answers with the clock. */
  | { readonly do: 'timers'; readonly delaysMs: readonly number[] }
  /** Answers with the delays of the timers that fired, in order, and with the clock at each. */
  | { readonly do: 'fired' }
  | { readonly do: 'memory' }
  /** Opens a port for byte streams. Answers with its address. */
  | { readonly do: 'listen' }
  /** Begins to connect, and does not wait for it. */
  | { readonly do: 'connect'; readonly address: string }
  /** Writes more than the other side, which is this process, ever reads. */
  | { readonly do: 'overfill'; readonly address: string }
  /** Answers with the trace lines that contain `text`. */
  | { readonly do: 'trace'; readonly text: string }
  /** Closes the Host. Answers with what still keeps the process alive. */
  | { readonly do: 'close' };

/** A command as it travels, and its answer. */
export interface Asked {
  readonly id: number;
  readonly command: Command;
}
export type Told =
  | {
      readonly type: 'ready';
      readonly address: string;
      readonly controlPath: string;
      readonly incarnation: number;
    }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly code: string; readonly text: string };

const TRACE_LINES_MAX = 10_000;
const OVERFILL_BYTES = 33_554_432;

const settings = JSON.parse(process.argv[2] ?? '{}') as NodeSettings;
const traceLines: string[] = [];
const tell = (told: Told) => void process.send?.(told);

function serve(host: ProcessHost): void {
  const program = new NodeProgram(host);
  process.on('message', ({ id, command }: Asked) => {
    program.perform(command).then(
      (value) => tell({ type: 'answer', id, value }),
      (error: { code?: string; message: string }) => {
        tell({ type: 'error', id, code: error.code ?? '', text: error.message });
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
  const { messageAddress: address, controlPath = '', incarnation } = host;
  tell({ type: 'ready', address, controlPath, incarnation });
}

class NodeProgram {
  private readonly host: ProcessHost;
  private readonly files = new Map<string, DiskFile>();
  private readonly fired: (readonly [delayMs: number, at: number])[] = [];
  private inbox: Arrival[] = [];

  constructor(host: ProcessHost) {
    this.host = host;
    host.messages.onMessage(({ from, incarnation, lane, bytes }) => {
      const text = new TextDecoder().decode(bytes);
      this.inbox.push({ from, incarnation, lane, text, atMs: Date.now() });
    });
  }

  async perform(command: Command): Promise<unknown> {
    const { messages, clock, timers, streams } = this.host;
    switch (command.do) {
      case 'add-peer':
        return messages.addPeer(command.peer, command.address);
      case 'send':
        return command.texts.map((text) =>
          messages.send(command.to, new TextEncoder().encode(text), command.lane),
        );
      case 'take':
        return this.inbox.splice(0);
      case 'link':
        return messages.linkTo(command.to) ?? null;
      case 'append':
        return (await this.open(command.path)).append(new TextEncoder().encode(command.text));
      case 'sync':
        return (await this.open(command.path)).sync();
      case 'read': {
        const file = await this.open(command.path);
        return new TextDecoder().decode(await file.readAt(0, file.size()));
      }
      case 'timers':
        for (const delayMs of command.delaysMs) {
          timers.after(delayMs, () => this.fired.push([delayMs, clock.now()]));
        }
        return clock.now();
      case 'fired':
        return this.fired;
      case 'memory':
        return process.memoryUsage();
      case 'listen':
        return (await streams.listen(0, () => {})).address;
      case 'connect':
        this.host.run(async () => void (await streams.connect(command.address)));
        return undefined;
      case 'overfill': {
        const stream = await streams.connect(command.address);
        this.host.run(() => stream.write(new Uint8Array(OVERFILL_BYTES)));
        return undefined;
      }
      case 'trace':
        return traceLines.filter((line) => line.includes(command.text));
      case 'close':
        await this.host.close();
        process.removeAllListeners('message');
        process.removeAllListeners('disconnect');
        // This may run inside the callback of the last file that was closed.
        await new Promise(setImmediate);
        // Pipes are those of `fork`, to the parent.
        return process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
    }
  }

  private async open(path: string): Promise<DiskFile> {
    let file = this.files.get(path);
    if (file === undefined) {
      file = await this.host.disk.open(path, 'create');
      await this.host.disk.syncDirectory('.');
      this.files.set(path, file);
    }
    return file;
  }
}

try {
  const host = await createProcessHost({
    ...settings,
    node: toNodeId(settings.node),
    control: true,
    trace: (line) => {
      if (traceLines.length < TRACE_LINES_MAX) traceLines.push(line);
    },
  });
  serve(host);
} catch (error) {
  const { code = '', message } = error as { code?: string; message: string };
  tell({ type: 'refused', code, message });
  process.disconnect();
}
