/**
 * A replica as a process of its own: started by the lab, which tells it who else takes part.
 *
 *     lab                         this process
 *      | fork with its place  ----->  opens its Host
 *      | <----- up, at an address, with the planted bug
 *      | who takes part ----------->  starts the subject's node
 *      | <----- serving
 *      | do you lead? act; end at the n-th message  ----->
 *
 * It ends when the lab does: a process without a lab is of no use, and must not stay behind.
 */
import process from 'node:process';
import type { CrashPoint, PlannedAction, Topology } from '@mangrove/experiment';
import { type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { loadExperiment } from '../catalog.ts';
import { plantedHere } from '../planted/planted.ts';
import { sentenceOf } from '../run-plan.ts';
import { MessagePoint } from './message-point.ts';

/** Where a replica stands. */
export interface ReplicaPlace {
  readonly experiment: string;
  readonly node: NodeId;
  readonly dataDirectory: string;
  /** 0 in its first life; the same as before in later ones, so that peers find it. */
  readonly port: number;
}

/** What the lab says to it. */
export type ReplicaOrder =
  | { readonly type: 'serve'; readonly topology: Topology; readonly clientPort: number }
  /** Asks in which term the node leads; answered under the same id. */
  | { readonly type: 'leads'; readonly id: number }
  /** Asks the node to do what an operator wants; answered under the same id. */
  | { readonly type: 'act'; readonly id: number; readonly action: PlannedAction }
  /** Has the process end itself at a message; without a point, not any more. */
  | { readonly type: 'arm'; readonly point?: CrashPoint };

/** What it says to the lab. */
export type ReplicaNews =
  | {
      readonly type: 'up';
      readonly address: string;
      readonly controlPath: string | undefined;
      readonly incarnation: number;
      readonly planted: string | undefined;
    }
  | { readonly type: 'serving'; readonly clientAddress: string | undefined }
  | { readonly type: 'leads'; readonly id: number; readonly term: number | undefined }
  /** What the operator asked for is done, or was refused: for this reason. */
  | { readonly type: 'acted'; readonly id: number; readonly refusal: string | undefined }
  /** Its node is over; the process ends. `code` is that of an operating error. */
  | { readonly type: 'over'; readonly cause: string; readonly code: string | undefined };

// Before anything is waited for: a lab may be gone as soon as it has begun, even before this line.
process.once('disconnect', () => process.exit(0));
if (!process.connected) process.exit(0);

const place: ReplicaPlace = JSON.parse(process.argv[2] ?? '{}');
const { subject } = (await loadExperiment(place.experiment)).experiment;
const host = await createProcessHost({
  node: toNodeId(place.node),
  dataDirectory: place.dataDirectory,
  port: place.port,
  control: true,
});

takeOrders();
void host.ended.then((end) => {
  if (end.type === 'failed') leave(end.cause);
});
const { messageAddress: address, controlPath, incarnation } = host;
say({ type: 'up', address, controlPath, incarnation, planted: plantedHere() });

/** Does what the lab says, from now on. */
function takeOrders(): void {
  const messagePoint = new MessagePoint(host.messages, (bytes) => subject.describe?.(bytes) ?? '');
  let running: RunningNode | undefined;
  const serve = async (topology: Topology, clientPort: number) => {
    try {
      running = await subject.start(host, { topology, version: 1, clientPort });
      say({ type: 'serving', clientAddress: subject.clientAddressOf?.(running) });
    } catch (cause) {
      leave(cause);
    }
  };
  process.on('message', (order: ReplicaOrder) => {
    switch (order.type) {
      case 'serve':
        void serve(order.topology, order.clientPort);
        break;
      case 'leads': {
        const term = running === undefined ? undefined : subject.leads?.(running);
        say({ type: 'leads', id: order.id, term });
        break;
      }
      case 'act':
        void act(order, running);
        break;
      case 'arm':
        if (order.point === undefined) messagePoint.disarm();
        else messagePoint.arm(order.point);
        break;
      default:
        order satisfies never;
    }
  });
}

async function act(
  { id, action }: Extract<ReplicaOrder, { readonly type: 'act' }>,
  running: RunningNode | undefined,
): Promise<void> {
  let refusal: string | undefined;
  try {
    const nodes = new Map(running === undefined ? [] : [[place.node, running]]);
    await subject.act?.(action.name, action.args, nodes);
  } catch (cause) {
    refusal = sentenceOf(cause);
  }
  say({ type: 'acted', id, refusal });
}

function leave(cause: unknown): void {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  say({ type: 'over', cause: sentenceOf(cause), code }, () => process.exit(1));
}

function say(news: ReplicaNews, done: () => void = () => {}): void {
  process.send?.(news, undefined, undefined, done);
}
