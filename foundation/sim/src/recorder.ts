/**
 * The recorder: writes down what happens in a run, if anyone wants to see it.
 */
import { MAX_TRACE_RECORDS, type RunTrace, type TraceRecord } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';

/** `Omit` that keeps a union a union. */
type WithoutHead<Item> = Item extends unknown ? Omit<Item, 'atMs' | 'node' | 'cause'> : never;

/** Collects the records of one run. While it is off, it costs a comparison. */
export class Recorder {
  readonly isOn: boolean;
  private readonly records: TraceRecord[] = [];
  private isCut = false;

  constructor(isOn: boolean) {
    this.isOn = isOn;
  }

  /** Writes a record down; returns its index, or -1 where it was not written. */
  add(atUs: number, node: NodeId, cause: number, body: WithoutHead<TraceRecord>): number {
    if (!this.isOn) return -1;
    if (this.records.length >= MAX_TRACE_RECORDS) {
      this.isCut = true;
      return -1;
    }
    const { type, ...rest } = body;
    this.records.push({ type, atMs: toMs(atUs), node, cause, ...rest } as TraceRecord);
    return this.records.length - 1;
  }

  /** Says when, and how, a disk operation ended. */
  endDisk(index: number, atUs: number, error: string | undefined): void {
    const record = this.records[index];
    if (record?.type !== 'disk') return;
    const endMs = toMs(atUs);
    const end = error === undefined ? { endMs } : { endMs, error };
    this.records[index] = { ...record, ...end };
  }

  finish(replicas: readonly NodeId[], clients: readonly NodeId[]): RunTrace {
    const { records, isCut } = this;
    return { format: 'mangrove-trace/1', replicas, clients, records, isCut };
  }
}

/** Virtual time as it is told: milliseconds, in whole microseconds. */
export function toMs(atUs: number): number {
  return Math.round(atUs) / 1000;
}
