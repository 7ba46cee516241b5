/**
 * The thread in which a history is judged, so that a signal ends a judgement that takes long.
 */
import { parentPort } from 'node:worker_threads';
import { serveChecks } from '@mangrove/check';

serveChecks(
  {
    send: (message) => parentPort?.postMessage(message),
    listen: (take) => parentPort?.on('message', take),
  },
  {
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    nowMs: () => performance.now(),
  },
);
