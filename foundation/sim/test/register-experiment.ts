/**
 * The experiment that the simulator's own tests draw plans from: the small register, every fault.
 */
import { always, type Experiment, type FaultKind, mix, spread } from '@mangrove/experiment';
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
    operationTimeoutMs: 1000,
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
    faults: KINDS,
    atlas: { mode: 'within' },
  };
}
