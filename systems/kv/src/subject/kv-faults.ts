/**
 * What may go wrong in experiments of the store.
 */
import type { Experiment, FaultKind } from '@mangrove/experiment';
import { raftExperiment } from '@mangrove/raft';
import { drawKvScenario } from './kv-scenarios.ts';

/** Every kind of fault that the store promises to survive. */
export const KV_FAULTS: readonly FaultKind[] = Object.freeze([
  ...(['cut', 'rough-links', 'slow-links', 'full-queues', 'stall-links', 'reset-streams'] as const),
  ...(['crash', 'power-loss', 'crash-at', 'pause', 'slow-node'] as const),
  ...(['disk-error', 'disk-full', 'slow-disk', 'stall-disk'] as const),
  ...(['wall-jump', 'clock-drift', 'action', 'scenario'] as const),
]);

/** Changes of members, hand-overs, and orders of events that are known to lead to mistakes. */
export const KV_TROUBLE: Pick<Experiment, 'drawAction' | 'drawScenario'> = Object.freeze({
  ...(raftExperiment.drawAction === undefined ? {} : { drawAction: raftExperiment.drawAction }),
  drawScenario: drawKvScenario,
});
