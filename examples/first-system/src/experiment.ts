/**
 * The register as the lab drives it: what it is, what clients do with it, and what may go wrong.
 */
import {
  always,
  bothWays,
  cut,
  type Experiment,
  mix,
  type PlantedBug,
  perClient,
  type Subject,
  spread,
} from '@mangrove/experiment';
import { openClient } from './client.ts';
import { decode, type Message } from './message.ts';
import { startReplica } from './replica.ts';

/** The system under test. */
export const register: Subject = Object.freeze({
  name: 'register',
  start: startReplica,
  openClient,
  describe(message: Uint8Array): string {
    const { stored } = decode<Message>(message);
    return stored === undefined ? 'what have you?' : `value ${stored.value ?? 'none'}`;
  },
});

/** Three replicas, three clients, reads and writes of one register, and most kinds of trouble. */
export const registerExperiment: Experiment = Object.freeze({
  name: 'register',
  subject: register,
  replicaCount: 3,
  clientCount: 3,
  activeMs: 1500,
  quietMs: 6000,
  operationTimeoutMs: 300,
  workload: {
    active: spread(
      10,
      mix([
        [1, ({ index }) => ({ f: 'write', value: index + 1 })],
        [1, always({ f: 'read' })],
      ]),
    ),
    last: [{ f: 'read' }],
  },
  faults: [
    ...(['cut', 'rough-links', 'slow-links', 'full-queues', 'stall-links'] as const),
    ...(['crash', 'power-loss', 'crash-at', 'pause', 'slow-node'] as const),
    ...(['disk-error', 'disk-full', 'slow-disk', 'stall-disk'] as const),
    ...(['wall-jump', 'clock-drift'] as const),
  ],
  atlas: { mode: 'within' },
} satisfies Experiment);

/** One client writes, and now and then reaches one replica alone; four read all the time. */
export const registerReadersExperiment: Experiment = Object.freeze({
  ...registerExperiment,
  name: 'register-readers',
  clientCount: 5,
  workload: {
    active: perClient((_, place) => {
      if (place > 0) return spread(40, always({ f: 'read' }));
      return spread(150, ({ index }) => ({ f: 'write', value: index + 1 }));
    }),
    last: [{ f: 'read' }],
  },
  faults: ['rough-links', 'slow-links'],
  drawAttempts: (random, { replicas, clients }) =>
    [200, 600, 1000].flatMap((fromMs) => {
      const atMs = fromMs + random.between(0, 200);
      const untilMs = atMs + random.between(100, 300);
      return cut(bothWays(clients.slice(0, 1), random.shuffle(replicas).slice(1)), {
        atMs,
        untilMs,
      });
    }),
} satisfies Experiment);

/** Two ways to get it wrong. */
export const registerBugs: readonly PlantedBug[] = Object.freeze([
  {
    name: 'register-read-without-write-back',
    file: 'examples/first-system/src/client.ts',
    find: '      await askMajority(newest);\n',
    replace: '',
    breaks: 'a read that saw a value which only a minority has is followed by one that does not',
    source: 'Attiya, Bar-Noy and Dolev (1995), section 4: why a reader writes',
    experiment: 'register-readers',
    seedBudget: 40,
    difficulty: 'medium',
    minimum: { faults: ['cut of the writer from all replicas but one'], operationCount: 3 },
  },
  {
    name: 'register-rename-before-sync',
    file: 'examples/first-system/src/replica.ts',
    find: '  await file.append(encode(stored));\n  await file.sync();\n',
    replace: '  await file.append(encode(stored));\n',
    breaks: 'a value that a majority has acknowledged is gone, or torn, after a power loss',
    source: 'Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014), section 2',
    experiment: 'register',
    seedBudget: 400,
    difficulty: 'easy',
    minimum: { faults: ['loss of power at a replica'], operationCount: 1 },
  },
]);
