/**
 * A replica as a process of its own: started by the lab, which tells it who else takes part.
 *
 *     lab                         this process
 *      | fork with its place  ----->  opens its Host
 *      | <----- up, at an address, with the planted bug
 *      | who takes part ----------->  starts the subject's node
 *      | <----- serving
 *
 * It ends when the lab does: a process without a lab is of no use, and must not stay behind.
 */
import process from 'node:process';
import type { Topology } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { findExperiment } from '../catalog.ts';
import { plantedHere } from '../planted/planted.ts';
import { sentenceOf } from '../run-plan.ts';

/** Where a replica stands. */
export interface ReplicaPlace {
  readonly experiment: string;
  readonly node: NodeId;
  readonly dataDirectory: string;
  /** 0 in its first life; the same as before in later ones, so that peers find it. */
  readonly port: number;
}

/** What the lab says to it. */
export interface ReplicaOrder {
  readonly topology: Topology;
}

/** What it says to the lab. */
export type ReplicaNews =
  | {
      readonly type: 'up';
      readonly address: string;
      readonly controlPath: string | undefined;
      readonly incarnation: number;
      readonly planted: string | undefined;
    }
  | { readonly type: 'serving' }
  /** Its node is over; the process ends. `code` is that of an operating error. */
  | { readonly type: 'over'; readonly cause: string; readonly code: string | undefined };

const place: ReplicaPlace = JSON.parse(process.argv[2] ?? '{}');
const { subject } = findExperiment(place.experiment).experiment;
const host = await createProcessHost({
  node: toNodeId(place.node),
  dataDirectory: place.dataDirectory,
  port: place.port,
  control: true,
});

process.once('disconnect', () => process.exit(0));
process.once('message', ({ topology }: ReplicaOrder) => {
  subject.start(host, { topology, version: 1 }).then(
    () => say({ type: 'serving' }),
    (cause: unknown) => leave(cause),
  );
});
void host.ended.then((end) => {
  if (end.type === 'failed') leave(end.cause);
});
const { messageAddress: address, controlPath, incarnation } = host;
say({ type: 'up', address, controlPath, incarnation, planted: plantedHere() });

function leave(cause: unknown): void {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  say({ type: 'over', cause: sentenceOf(cause), code }, () => process.exit(1));
}

function say(news: ReplicaNews, done: () => void = () => {}): void {
  process.send?.(news, undefined, undefined, done);
}
