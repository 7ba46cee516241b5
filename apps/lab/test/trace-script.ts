/**
 * Traces written by hand: a script says who sends what when, and the records come out in order,
 * with causes and references put right.
 */
import type { HistoryEvent, RunTrace, TraceRecord, Value } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import type { Fields } from '../src/report/lifeline.ts';

/** A record on its way: references are positions in the script, not yet in the trace. */
type Draft = Omit<TraceRecord, 'node'> & { node: NodeId };

/** Collects records and a history. Everything that is added returns its position, for `cause`. */
export class TraceScript {
  private readonly drafts: Draft[] = [];
  private readonly events: HistoryEvent[] = [];
  private readonly replicas: readonly NodeId[];
  private readonly clients: readonly NodeId[];
  private operationCount = 0;

  constructor(replicas: readonly string[], clients: readonly string[]) {
    this.replicas = replicas.map(toNodeId);
    this.clients = clients.map(toNodeId);
  }

  start(node: string, atMs: number, incarnation = 1): number {
    return this.add(node, atMs, -1, { type: 'start', incarnation, version: 1 });
  }

  down(node: string, atMs: number, lostBytes = 0, reason = 'crash'): number {
    return this.add(node, atMs, -1, { type: 'down', reason, lostBytes });
  }

  pause(node: string, fromMs: number, untilMs: number): void {
    this.add(node, fromMs, -1, { type: 'pause' });
    this.add(node, untilMs, -1, { type: 'resume' });
  }

  state(node: string, atMs: number, fields: Fields, cause = -1): number {
    return this.add(node, atMs, cause, { type: 'state', fields });
  }

  event(node: string, atMs: number, name: string, fields: Fields = {}, cause = -1): number {
    return this.add(node, atMs, cause, { type: 'event', name, fields });
  }

  timer(node: string, atMs: number): number {
    return this.add(node, atMs, -1, { type: 'timer' });
  }

  /** A message that arrives; returns its arrival. */
  send(from: string, to: string, label: string, atMs: number, untilMs: number, cause = -1): number {
    const of = this.sending(from, to, label, atMs, cause);
    return this.add(to, untilMs, of, { type: 'deliver', of });
  }

  /** A message that is lost. */
  lose(from: string, to: string, label: string, atMs: number, cause = -1, reason = 'cut'): number {
    const of = this.sending(from, to, label, atMs, cause);
    return this.add(to, atMs + 8, of, { type: 'drop', of, reason });
  }

  /** An operation begins; returns its record and how to end it. */
  invoke(process: string, atMs: number, f: string, key: string, value?: Value) {
    const client = process.split('.')[0] ?? process;
    const operation = this.operationCount;
    this.operationCount += 1;
    const head = { process, f, key };
    const record = this.add(client, atMs, -1, { type: 'invoke', operation, process });
    this.events.push({ ...head, atMs, type: 'invoke', ...(value === undefined ? {} : { value }) });
    const end = (endMs: number, outcome: 'ok' | 'fail' | 'info', cause = -1, result?: Value) => {
      this.add(client, endMs, cause, { type: 'return', operation, outcome });
      const rest = outcome === 'ok' ? { value: result ?? value ?? null } : { error: 'timeout' };
      this.events.push({ ...head, atMs: endMs, type: outcome, ...rest });
    };
    return { record, end };
  }

  /** The trace with its records in order of time. */
  trace(): RunTrace {
    const order = this.drafts.map((_, index) => index);
    order.sort((a, b) => (this.drafts[a]?.atMs ?? 0) - (this.drafts[b]?.atMs ?? 0) || a - b);
    const place = new Map(order.map((draft, index) => [draft, index]));
    const records = order.map((draft) => {
      const record = this.drafts[draft] as TraceRecord;
      const cause = place.get(record.cause) ?? -1;
      return 'of' in record
        ? { ...record, cause, of: place.get(record.of) ?? -1 }
        : { ...record, cause };
    });
    const { replicas, clients } = this;
    return { format: 'mangrove-trace/1', replicas, clients, records, isCut: false };
  }

  /** What the clients saw, in order of time. */
  history(): readonly HistoryEvent[] {
    return this.events.toSorted((a, b) => a.atMs - b.atMs);
  }

  private sending(from: string, to: string, label: string, atMs: number, cause: number): number {
    return this.add(from, atMs, cause, { type: 'send', to: toNodeId(to), label, sizeBytes: 64 });
  }

  private add(node: string, atMs: number, cause: number, body: object): number {
    this.drafts.push({ ...body, atMs, node: toNodeId(node), cause } as Draft);
    return this.drafts.length - 1;
  }
}
