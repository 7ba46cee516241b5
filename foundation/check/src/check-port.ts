/**
 * Checks in a worker: the loop of the caller stays free, whatever a judge does.
 *
 * Pure code knows no worker, so both ends speak through a port: two functions that a `Worker`, a
 * `MessagePort` or a pair of pipes gives in three lines. In Node.js, the worker is
 *
 * ```ts
 * const send = (message) => parentPort.postMessage(message);
 * serveChecks({ send, listen: (take) => parentPort.on('message', take) }, pause);
 * ```
 *
 * Many checks may be under way at once; they take turns, slice by slice.
 */
import { type CheckTextOptions, checkTextTask, type TextReport } from './check-text.ts';
import { HistoryFault } from './history.ts';
import { finishTaskInSlices, type Progress } from './task.ts';

/** One end of a connection that carries structured clones, in order and without loss. */
export interface CheckPort {
  readonly send: (message: unknown) => void;
  /** Takes every message from now on. Called once for each end. */
  readonly listen: (take: (message: unknown) => void) => void;
}

/** What may be asked of a worker; a clock cannot be sent, so there is no `timeoutMs`. */
export type PortCheckOptions = Omit<CheckTextOptions, 'nowMs' | 'timeoutMs'>;

/** What a caller may want besides the report. */
export interface PortCallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Every message has the number of the check that it is about. */
type Request = { readonly id: number } & (
  | { readonly type: 'check'; readonly text: string; readonly options: PortCheckOptions }
  | { readonly type: 'cancel' }
);

type Answer = { readonly id: number } & (
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'report'; readonly report: TextReport }
  | { readonly type: 'refused'; readonly place?: string; readonly message: string }
);

/**
 * Serves checks to the other end, for as long as messages come.
 *
 * @param pause lets the messages of the other end in between two slices
 */
export function serveChecks(port: CheckPort, pause: () => Promise<void>): void {
  const underWay = new Map<number, AbortController>();
  port.listen((message) => {
    const request = message as Request;
    if (request.type === 'cancel') {
      underWay.get(request.id)?.abort(new Error('cancelled'));
      return;
    }
    const stop = new AbortController();
    underWay.set(request.id, stop);
    const answer = (it: Answer) => {
      if (!stop.signal.aborted) port.send(it);
    };
    const { id, text, options } = request;
    finishTaskInSlices(checkTextTask(text, options), {
      pause,
      signal: stop.signal,
      onProgress: (progress) => answer({ type: 'progress', id, progress }),
    })
      .then(
        (report) => answer({ type: 'report', id, report }),
        (error: unknown) => answer({ type: 'refused', id, ...saidOf(error) }),
      )
      .finally(() => underWay.delete(id));
  });
}

function saidOf(error: unknown): { readonly place?: string; readonly message: string } {
  if (error instanceof HistoryFault) return { place: error.place, message: error.message };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** The caller's end: checks texts in the worker behind a port. */
export class PortChecker {
  readonly #port: CheckPort;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #nextId = 0;

  constructor(port: CheckPort) {
    this.#port = port;
    port.listen((message) => {
      const answer = message as Answer;
      this.#waiting.get(answer.id)?.(answer);
    });
  }

  /**
   * Has a text judged, as `checkTextTask` does. Rejects with `HistoryFault` when the text is no
   * history, with the signal's reason once it is aborted, and else with what the worker said.
   */
  check(
    text: string,
    options: PortCheckOptions = {},
    call: PortCallOptions = {},
  ): Promise<TextReport> {
    const id = this.#nextId++;
    const { signal, onProgress } = call;
    return new Promise<TextReport>((resolve, reject) => {
      signal?.throwIfAborted();
      const cancel = () => {
        this.#waiting.delete(id);
        this.#port.send({ type: 'cancel', id } satisfies Request);
        reject(signal?.reason);
      };
      const settle = (end: () => void) => {
        this.#waiting.delete(id);
        signal?.removeEventListener('abort', cancel);
        end();
      };
      this.#waiting.set(id, (answer) => {
        if (answer.type === 'progress') onProgress?.(answer.progress);
        else if (answer.type === 'report') settle(() => resolve(answer.report));
        else settle(() => reject(errorOf(answer)));
      });
      signal?.addEventListener('abort', cancel, { once: true });
      this.#port.send({ type: 'check', id, text, options } satisfies Request);
    });
  }
}

function errorOf({ place, message }: { readonly place?: string; readonly message: string }): Error {
  if (place === undefined) return new Error(message);
  return new HistoryFault(place, message.slice(place.length + 2));
}
