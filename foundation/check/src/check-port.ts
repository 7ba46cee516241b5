/**
 * Checks in a worker: the loop of the caller stays free, whatever a judge does.
 *
 * Pure code knows no worker, so both ends speak through a port: two functions that a `Worker`, a
 * `MessagePort` or a pair of pipes gives in three lines. In Node.js, the worker is
 *
 * ```ts
 * const send = (message) => parentPort.postMessage(message);
 * serveChecks({ send, listen: (take) => parentPort.on('message', take) }, { pause });
 * ```
 *
 * Many checks may be under way at once; they take turns, slice by slice.
 */
import { InvalidArgument } from '@mangrove/host';
import { type CheckTextOptions, checkTextTask, type TextReport } from './check-text.ts';
import type { HistoryText } from './formats/text-lines.ts';
import { HistoryFault } from './history.ts';
import { finishTaskInSlices, type Progress } from './task.ts';

/** One end of a connection that carries structured clones, in order and without loss. */
export interface CheckPort {
  readonly send: (message: unknown) => void;
  /** Takes every message from now on. Called once for each end. */
  readonly listen: (take: (message: unknown) => void) => void;
}

/** What may be asked of a worker; `timeoutMs` only of one that serves with a clock. */
export type PortCheckOptions = Omit<CheckTextOptions, 'nowMs'>;

/** How a worker serves. */
export interface ServeOptions {
  /** Lets the messages of the other end in between two slices. */
  readonly pause: () => Promise<void>;
  /** Any clock that does not go back, in milliseconds: for time limits, and to tell less. */
  readonly nowMs?: () => number;
}

/** With a clock, progress of a check is told at most so often. */
const PROGRESS_MS = 50;

/** What a caller may want besides the report. */
export interface PortCallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Every message has the number of the check that it is about. */
type Request = { readonly id: number } & (
  | {
      readonly type: 'check';
      readonly text: HistoryText;
      readonly options: PortCheckOptions;
    }
  | { readonly type: 'cancel' }
);

type Answer = { readonly id: number } & (
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'report'; readonly report: TextReport }
  | ({ readonly type: 'refused' } & Refusal)
);

/** An error as it goes through a port: of its class only those that a caller tells apart. */
type Refusal =
  | { readonly kind: 'history'; readonly place: string; readonly message: string }
  | { readonly kind: 'argument'; readonly option: string; readonly message: string }
  | { readonly kind: 'defect'; readonly message: string };

/** Serves checks to the other end, for as long as messages come. */
export function serveChecks(port: CheckPort, options: ServeOptions): void {
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
    const { id } = request;
    serveCheck(request, options, stop.signal, answer)
      .then(
        (report) => answer({ type: 'report', id, report }),
        (error: unknown) => answer({ type: 'refused', id, ...refusalOf(error) }),
      )
      .finally(() => underWay.delete(id));
  });
}

function serveCheck(
  { id, text, options }: Extract<Request, { readonly type: 'check' }>,
  { pause, nowMs }: ServeOptions,
  signal: AbortSignal,
  answer: (it: Answer) => void,
): Promise<TextReport> {
  let toldMs = Number.NEGATIVE_INFINITY;
  const onProgress = (progress: Progress): void => {
    const atMs = nowMs?.() ?? Number.POSITIVE_INFINITY;
    if (atMs - toldMs < PROGRESS_MS) return;
    toldMs = nowMs === undefined ? toldMs : atMs;
    answer({ type: 'progress', id, progress });
  };
  const clock = nowMs === undefined ? {} : { nowMs };
  const task = checkTextTask(text, { ...options, ...clock });
  return finishTaskInSlices(task, { pause, signal, onProgress });
}

function refusalOf(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof HistoryFault) return { kind: 'history', place: error.place, message };
  if (error instanceof InvalidArgument) return { kind: 'argument', option: error.option, message };
  return { kind: 'defect', message };
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
   * Has a text judged as `checkTextTask` does; bytes are cheaper to send than a string. Rejects
   * with `HistoryFault` or `InvalidArgument` as that throws them, with the signal's reason once it
   * is aborted, and else with what the worker said.
   */
  check(
    text: HistoryText,
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

function errorOf(refusal: Refusal): Error {
  switch (refusal.kind) {
    case 'history':
      return new HistoryFault(refusal.place, refusal.message.slice(refusal.place.length + 2));
    case 'argument':
      return argumentError(refusal);
    case 'defect':
      return new Error(refusal.message);
    default:
      return refusal satisfies never;
  }
}

/** The error of the worker again: its sentence is not made anew, since the value stayed there. */
function argumentError({ option, message }: Extract<Refusal, { kind: 'argument' }>): Error {
  const error = new InvalidArgument(option, undefined, '');
  error.message = message;
  return error;
}
