/**
 * The experiment that the simulator's own tests draw plans from: the small register, every fault.
 */
import type { Experiment, FaultKind } from '@mangrove/experiment';
import { type Leak, registerSubject } from './register-subject.ts';

/** Every kind of fault that needs nothing of the subject. */
export const KINDS: readonly FaultKind[] = [
  ...(['cut', 'rough-links', 'slow-links', 'full-queues', 'stall-links', 'reset-streams'] as const),
  ...(['crash', 'power-loss', 'crash-at', 'pause', 'slow-node', 'upgrade'] as const),
  ...(['disk-error', 'disk-full', 'slow-disk', 'stall-disk'] as const),
  ...(['wall-jump', 'clock-drift'] as const),
];

/** The register, with a leak or without. */
export function registerExperiment(leak?: Leak, replicaCount = 3): Experiment {
  return {
    name: 'test-register',
    subject: registerSubject(leak),
    replicaCount,
    clientCount: 2,
    activeMs: 2000,
    quietMs: 8000,
    operationCount: 10,
    operationTimeoutMs: 1000,
    workload: {
      draw: (random, _client, index) =>
        random.chance(1, 2) ? { f: 'write', value: index + 1 } : { f: 'read' },
      last: [{ f: 'read' }],
    },
    faults: KINDS,
    atlas: { mode: 'within' },
  };
}
