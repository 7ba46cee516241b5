/**
 * The control channel: how an operator or the lab looks at a running Host and hurts it.
 *
 * One JSON object a line, over a unix domain socket in the data directory that only the owner may
 * open. Requests are answered in order, on the line each:
 *
 *     {"id":1,"do":"set-fault","fault":{"type":"cut","peer":"n2","direction":"both"}}
 *     {"id":1,"ok":true,"result":{"fault":1}}
 *     {"id":2,"do":"heal","fault":7}
 *     {"id":2,"ok":false,"error":"there is no fault 7"}
 *
 * `do` is one of `status`, `metrics`, `metrics-text`, `list-faults`, `set-fault`, `heal` (one
 * `fault`, or all of them without one). A line longer than `LINE_BYTES_MAX` ends the connection.
 * `id` is a number or a short text, and comes back with the answer.
 */
import fs from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { InvalidArgument, type MetricRegistry } from '@mangrove/host';
import { serveControl } from './control-session.ts';
import type { FaultBoard, HostFault } from './faults.ts';
import { HostError } from './host-error.ts';
import type { Life } from './life.ts';
import { toPrometheusText } from './prometheus.ts';

/** How many may be connected at once. */
const CONNECTIONS_MAX = 16;

/** The longest path of a unix domain socket that Linux and macOS both take, in bytes. */
const SOCKET_PATH_BYTES_MAX = 103;

/** What the channel shows and steers. */
export interface ControlContext {
  readonly life: Life;
  readonly faults: FaultBoard;
  readonly registry: MetricRegistry;
  readonly status: () => Readonly<Record<string, unknown>>;
}

/** A request as it came. */
interface Request {
  readonly id?: unknown;
  readonly do?: unknown;
  readonly fault?: unknown;
}

/** Where the control channel of a data directory is. */
export function controlPathOf(dataDirectory: string): string {
  return join(dataDirectory, 'control', 'socket');
}

/** Where it is; throws `InvalidArgument` where that is too long for a socket. */
export function checkControlPath(dataDirectory: string): string {
  const path = controlPathOf(dataDirectory);
  const excess = Buffer.byteLength(path) - SOCKET_PATH_BYTES_MAX;
  if (excess > 0) {
    const room = Buffer.byteLength(dataDirectory) - excess;
    const bound = `at most ${room} bytes long, since its control socket is below it`;
    throw new InvalidArgument('dataDirectory', dataDirectory, bound);
  }
  return path;
}

/** Opens the control channel. The caller holds the directory's lock. Resolves to its path. */
export async function openControlChannel(
  dataDirectory: string,
  context: ControlContext,
): Promise<string> {
  const path = checkControlPath(dataDirectory);
  // The directory is closed to others before the socket is there, so there is no moment between.
  const directory = join(dataDirectory, 'control');
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  await fs.chmod(directory, 0o700);
  await fs.rm(path, { force: true });
  const sockets = new Set<net.Socket>();
  // Whoever sends requests and ends its side still gets the answers.
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveControl(socket, (line) => answer(line, context));
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error) => {
      reject(new HostError('data-unusable', `cannot open ${path}`, { cause }));
    };
    server.once('error', fail);
    server.listen(path, () => {
      server.off('error', fail);
      resolve();
    });
  });
  server.on('error', (error) => context.life.fail(error));
  await fs.chmod(path, 0o600);
  context.life.atEnd(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return path;
}

/** The answer to one line. Never throws: what is wrong with a request is said in the answer. */
function answer(line: string, context: ControlContext): string {
  let id: unknown = null;
  try {
    const request = parse(line);
    id = checkId(request.id);
    return JSON.stringify({ id, ok: true, result: perform(request, context) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return JSON.stringify({ id, ok: false, error: message });
  }
}

function parse(line: string): Request {
  const data: unknown = JSON.parse(line);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new InvalidArgument('request', line, 'a JSON object');
  }
  return data as Request;
}

/** It is sent back as it came, so it must be small and flat. */
function checkId(id: unknown): string | number | null {
  if (id === undefined || id === null || typeof id === 'number') return id ?? null;
  if (typeof id === 'string' && id.length <= ID_LENGTH_MAX) return id;
  throw new InvalidArgument('id', typeof id, `a number, or at most ${ID_LENGTH_MAX} characters`);
}

const ID_LENGTH_MAX = 100;

function perform(request: Request, { faults, registry, status }: ControlContext): unknown {
  const { do: command, fault } = request;
  switch (command) {
    case 'status':
      return status();
    case 'metrics':
      return registry.snapshot();
    case 'metrics-text':
      return toPrometheusText(registry.snapshot());
    case 'list-faults':
      return faults.list();
    case 'set-fault':
      return { fault: faults.set(fault as HostFault) };
    case 'heal':
      return { healed: heal(faults, fault) };
    default:
      throw new InvalidArgument('do', command, `one of ${COMMANDS.join(', ')}`);
  }
}

const COMMANDS = ['status', 'metrics', 'metrics-text', 'list-faults', 'set-fault', 'heal'] as const;

function heal(faults: FaultBoard, fault: unknown): number {
  if (fault === undefined || fault === null) return faults.heal();
  if (typeof fault !== 'number') throw new InvalidArgument('fault', fault, 'the number of a fault');
  return faults.heal(fault);
}
