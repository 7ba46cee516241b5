/**
 * A client at the leader: keeps so many proposals in flight for a while, and times each one.
 *
 * The floor and the nodes are driven by this same loop, so what it costs itself weighs on both.
 */
import { channel } from 'node:diagnostics_channel';

/** The channel on which a client tells that it proposes, and that it was answered. */
export const PROPOSALS = 'mangrove:bench:proposals';

/** What a client is asked to do. */
export interface LoadOrder {
  /** How many proposals are in flight. */
  readonly width: number;
  readonly durationMs: number;
}

/** What came of it. */
export interface LoadReport {
  readonly proposalsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly syncsPerSecond: number;
  readonly proposalsPerSync: number;
}

/** What is proposed: 256 bytes. */
export const PROPOSAL_BYTES = 256;

/** Beyond so many, the latencies of a round are not kept. */
const LATENCIES_MAX = 1_000_000;

/**
 * Runs `order`.
 *
 * @param propose resolves when the proposal is committed; gets bytes of its own each time
 * @param syncCount how many syncs the leader's disk has done so far
 */
export async function runLoad(
  { width, durationMs }: LoadOrder,
  propose: (data: Uint8Array) => Promise<unknown>,
  syncCount: () => number,
): Promise<LoadReport> {
  const latencies = new Float64Array(LATENCIES_MAX);
  let count = 0;
  const syncsBefore = syncCount();
  const startedAt = performance.now();
  const proposals = channel(PROPOSALS);
  const worker = async () => {
    for (let at = performance.now(); at - startedAt < durationMs; ) {
      if (proposals.hasSubscribers) proposals.publish('proposed');
      await propose(new Uint8Array(PROPOSAL_BYTES));
      if (proposals.hasSubscribers) proposals.publish('resolved');
      const now = performance.now();
      if (count < LATENCIES_MAX) latencies[count] = now - at;
      count += 1;
      at = now;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const syncs = syncCount() - syncsBefore;
  const sorted = latencies.subarray(0, Math.min(count, LATENCIES_MAX)).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    proposalsPerSecond: count / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    syncsPerSecond: syncs / seconds,
    proposalsPerSync: count / Math.max(1, syncs),
  };
}
