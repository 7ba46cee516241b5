/**
 * Which faults of a plan real processes can be given without root, and in which words.
 */
import type { Fault } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import type { HostFault } from '@mangrove/host-process/node';
import { isMessagePoint } from './message-point.ts';

/** A fault as one Host does it to itself. */
export interface PlacedFault {
  readonly node: NodeId;
  readonly fault: HostFault;
}

/** Whether real processes can be given the fault without root. */
export function isInjectable(fault: Fault): boolean {
  return whyNotInjectable(fault) === undefined;
}

/** Why real processes cannot be given the fault, in a sentence; undefined where they can. */
export function whyNotInjectable(fault: Fault): string | undefined {
  switch (fault.type) {
    case 'crash':
    case 'crash-at':
      if (fault.disk !== 'kept') return WHY_NOT[fault.disk];
      return fault.type === 'crash' || isMessagePoint(fault.point) ? undefined : WHY_NOT.point;
    case 'pause':
    case 'action':
      return undefined;
    case 'wall-jump':
    case 'clock-drift':
      return WHY_NOT.clock;
    default:
      return toHostFaults(fault) === undefined ? WHY_NOT.host : undefined;
  }
}

const WHY_NOT = Object.freeze({
  'unsynced-lost':
    'the kernel keeps what a killed process wrote; to lose it as a power failure does takes a ' +
    'block device that drops writes, and so root',
  wiped: 'the lab does not empty the folder of a process',
  point: 'a process ends itself at messages, not at operations of its disk',
  clock: 'processes share the clock of the machine, and to set it takes root',
  host: 'the fault layer of a process does not know this kind',
});

/** What the Hosts of the nodes concerned are told; undefined where Hosts cannot do it. */
export function toHostFaults(fault: Fault): readonly PlacedFault[] | undefined {
  switch (fault.type) {
    case 'cut':
      return onLinks(fault, (peer) => [{ type: 'cut', peer, direction: 'out' }]);
    case 'stall-links':
      return onLinks(fault, (peer) => [{ type: 'stall', peer, direction: 'out' }]);
    case 'slow-links':
      return onLinks(fault, (peer) => [delay(peer, { delayMs: fault.latencyMs })]);
    case 'rough-links':
      return onLinks(fault, (peer) => [
        { type: 'drop', peer, direction: 'out', perMille: fault.lossPerMille },
        { type: 'duplicate', peer, direction: 'out', perMille: fault.duplicatePerMille },
        delay(peer, { perMille: fault.delayPerMille, jitterMs: fault.delayMs }),
      ]);
    case 'disk-full':
      return [{ node: fault.node, fault: { type: 'disk-full' } }];
    case 'stall-disk':
      return [{ node: fault.node, fault: { type: 'stall-disk', path: '', operation: '*' } }];
    case 'slow-disk': {
      const slow = { path: '', operation: '*', delayMs: fault.latencyMs } as const;
      return [{ node: fault.node, fault: { type: 'slow-disk', ...slow } }];
    }
    case 'disk-error': {
      const { node, operation, path, count } = fault;
      const code = 'input-output';
      return [{ node, fault: { type: 'disk-error', operation, path, code, count } }];
    }
    default:
      return undefined;
  }
}

/**
 * What is left of a fault where clients come by byte streams, which Hosts cannot be told to hurt:
 * the links between replicas. The fault itself where it concerns no client; undefined where it
 * concerns clients alone.
 */
export function betweenReplicas(fault: Fault, clients: readonly NodeId[]): Fault | undefined {
  if (!('from' in fault)) return fault;
  const isReplica = (node: NodeId) => !clients.includes(node);
  const [from, to] = [fault.from.filter(isReplica), fault.to.filter(isReplica)];
  if (from.length === fault.from.length && to.length === fault.to.length) return fault;
  return from.length === 0 || to.length === 0 ? undefined : { ...fault, from, to };
}

function delay(
  peer: NodeId,
  lateness: { readonly perMille?: number; readonly delayMs?: number; readonly jitterMs?: number },
): HostFault {
  const all = { perMille: 1000, delayMs: 0, jitterMs: 0 };
  return { type: 'delay', peer, direction: 'out', ...all, ...lateness };
}

function onLinks(
  { from, to }: { readonly from: readonly NodeId[]; readonly to: readonly NodeId[] },
  faultsOf: (peer: NodeId) => readonly HostFault[],
): readonly PlacedFault[] {
  return from.flatMap((node) =>
    to
      .filter((peer) => peer !== node)
      .flatMap((peer) => faultsOf(peer).map((fault) => ({ node, fault }))),
  );
}
