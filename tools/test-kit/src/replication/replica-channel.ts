/**
 * What a benchmark and the replicas that it forked say to each other.
 */
import type { LoadOrder, LoadReport } from './load.ts';

/** What a replica is told. */
export type ReplicaOrder =
  /** Where all replicas are, in order of their places. */
  | { readonly type: 'start'; readonly addresses: readonly string[] }
  /** To the leader: be its client for a while. */
  | { readonly type: 'load'; readonly load: LoadOrder }
  /** Propose a small command, and tell what became of it. */
  | { readonly type: 'propose'; readonly id: number };

/** What a replica tells. */
export type ReplicaNews =
  | { readonly type: 'ready'; readonly address: string }
  /** It has the lead, and whoever it needs is connected. */
  | { readonly type: 'leading' }
  | { readonly type: 'done'; readonly report: LoadReport }
  | { readonly type: 'outcome'; readonly id: number; readonly isCommitted: boolean };

/** Tells the benchmark. */
export function tell(news: ReplicaNews): void {
  process.send?.(news);
}

/** Has `take` called with each order, and ends the process with the benchmark. */
export function onOrder(take: (order: ReplicaOrder) => Promise<void>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (order: ReplicaOrder) => {
    take(order).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
  });
}
