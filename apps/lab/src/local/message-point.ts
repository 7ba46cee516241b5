/**
 * Crash points at messages, in a process: it ends itself at the n-th message of a kind.
 *
 * The signal that a process sends to itself is there before the call returns, so nothing of the
 * process happens after the point: neither the message, where it is `before`, nor what the node
 * would have learned, where it is `after`.
 */
import process from 'node:process';
import type { CrashPoint } from '@mangrove/experiment';
import type { Messages } from '@mangrove/host';

/** Whether a process can find the point by watching its messages. */
export function isMessagePoint({ operation }: CrashPoint): boolean {
  return operation === 'send' || operation === 'receive';
}

/** Watches the messages of a Host; at most one point at a time. */
export class MessagePoint {
  private readonly describe: (bytes: Uint8Array) => string;
  private point: CrashPoint | undefined;
  private seenCount = 0;

  /** @param describe a message in words: what the kind of a point is held against */
  constructor(messages: Messages, describe: (bytes: Uint8Array) => string) {
    this.describe = describe;
    const send = messages.send.bind(messages);
    messages.send = (to, bytes, lane) => {
      this.pass('send', to, 'before', bytes);
      const outcome = send(to, bytes, lane);
      if (outcome === 'queued') this.pass('send', to, 'after', bytes);
      return outcome;
    };
    const onMessage = messages.onMessage.bind(messages);
    messages.onMessage = (handler) => {
      onMessage((envelope) => {
        this.pass('receive', envelope.from, 'before', envelope.bytes);
        handler(envelope);
        this.pass('receive', envelope.from, 'after', envelope.bytes);
      });
    };
  }

  /** Begins to count, from now on. */
  arm(point: CrashPoint): void {
    this.point = point;
    this.seenCount = 0;
  }

  disarm(): void {
    this.point = undefined;
  }

  private pass(
    operation: CrashPoint['operation'],
    peer: string,
    when: CrashPoint['when'],
    bytes: Uint8Array,
  ): void {
    const { point } = this;
    if (point === undefined || point.operation !== operation || point.when !== when) return;
    if (!peer.startsWith(point.target ?? '')) return;
    if (point.kind !== undefined && !this.describe(bytes).startsWith(point.kind)) return;
    this.seenCount += 1;
    if (this.seenCount === point.nth) process.kill(process.pid, 'SIGKILL');
  }
}
