/**
 * The failure scenarios of a system with a leader and a log, played with the store.
 */
import { always, mix, perKey, type Source, type Subject } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { describePeerMessage, experimentsOf, type LedSystem, READ_ASKED } from '@mangrove/raft';
import { isReadOnly } from '../core/operation-kind.ts';
import { kvSubject } from './kv-experiment.ts';
import { startReplica } from './kv-replica.ts';

const KEYS = Object.freeze(['r/a', 'r/b']);

const reads: Source = mix([
  [1, always({ f: 'read' })],
  [1, always({ f: 'lease-read' })],
]);

const store: LedSystem = Object.freeze({
  name: kvSubject.name,
  subjectOf: (founderCount) =>
    Object.freeze({
      ...kvSubject,
      start: (host, config) =>
        startReplica(host, config, {
          founderCount,
          onAsked: (request) => {
            if (request.type === 'operation' && isReadOnly(request.operation)) {
              host.trace.event(READ_ASKED);
            }
          },
        }),
      describe: (bytes) => describePeerMessage(bytes) ?? `${bytes.length} bytes`,
    } satisfies Subject),
  mixed: perKey(KEYS, () =>
    mix([
      [1, ({ index }) => ({ f: 'write', value: index + 1 })],
      [1, reads],
    ]),
  ),
  reading: perKey(KEYS, () => reads),
  last: KEYS.map((key) => ({ f: 'read', key })),
  appendKind: 'append-entries',
  snapshotKind: 'install-snapshot',
  addLearner: (node) => ({ name: 'add-learner', args: { node } }),
  promoteBoth: (node: NodeId, other: NodeId) => ({ name: 'promote-both', args: { node, other } }),
} satisfies LedSystem);

/** Every one of them. */
export const kvScenarioExperiments = Object.freeze(experimentsOf(store));
