/**
 * The other end of the control channel: one request, one answer.
 */
import net from 'node:net';
import type { HostFault } from './faults.ts';
import { HostError } from './host-error.ts';

/** What can be asked of a running Host. */
export type ControlRequest =
  | { readonly do: 'status' | 'metrics' | 'metrics-text' | 'list-faults' }
  | { readonly do: 'set-fault'; readonly fault: HostFault }
  | { readonly do: 'heal'; readonly fault?: number };

/** The longest answer that is read. */
const ANSWER_BYTES_MAX = 16_777_216;

/**
 * Asks the Host whose control socket is at `path`. Resolves to the result of its answer; rejects
 * with a `HostError`: `control-refused` (it was not done) or `control-unreachable` (it may have
 * been).
 */
export function askControl(
  path: string,
  request: ControlRequest,
  timeoutMs = 5000,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const giveUp = (why: string, cause?: unknown) => {
      socket.destroy();
      reject(new HostError('control-unreachable', `${path}: ${why}`, { cause }));
    };
    const timer = setTimeout(() => giveUp('no answer in time'), timeoutMs);
    socket.on('error', (error: NodeJS.ErrnoException) => giveUp(error.code ?? 'failed', error));
    socket.on('close', () => {
      clearTimeout(timer);
      giveUp('closed without an answer');
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > ANSWER_BYTES_MAX) giveUp('the answer is too long');
      else if (chunk.at(-1) === NEWLINE) {
        const answer = parseAnswer(Buffer.concat(chunks).toString('utf8'));
        if (answer === undefined) giveUp('what came is no answer');
        else if (answer.ok) resolve(answer.result);
        else reject(new HostError('control-refused', answer.error));
        socket.destroy();
      }
    });
    socket.write(`${JSON.stringify({ id: 1, ...request })}\n`);
  });
}

const NEWLINE = 10;

type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: string };

/** The answer in `text`; `undefined` where it is none. */
function parseAnswer(text: string): Answer | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof data !== 'object' || data === null || !('ok' in data)) return undefined;
  if (data.ok === true) return { ok: true, result: 'result' in data ? data.result : undefined };
  return { ok: false, error: 'error' in data ? String(data.error) : 'refused' };
}
