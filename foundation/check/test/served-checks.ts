/**
 * Checks that are served over a channel of messages, as a worker would serve them.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach } from 'vitest';
import { type CheckPort, PortChecker, serveChecks } from '../src/index.ts';

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** The caller's end of a new channel; both ends are closed after the test. */
export function connect(): PortChecker {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const portOf = (port: MessagePort): CheckPort => ({
    send: (message) => port.postMessage(message),
    listen: (take) => port.on('message', take),
  });
  serveChecks(portOf(port1), { pause: () => new Promise((resolve) => setImmediate(resolve)) });
  return new PortChecker(portOf(port2));
}
