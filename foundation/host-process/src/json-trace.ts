/**
 * The trace as structured lines: one JSON object an event, to a writer that the embedder gives.
 */
import type { Clock, Incarnation, NodeId, Trace, TraceFields } from '@mangrove/host';

/** Takes one line, without its newline. Must not block; what it throws is its embedder's affair. */
export type TraceWriter = (line: string) => void;

/** A `Trace` that is off until it has a writer. */
export class JsonTrace implements Trace {
  readonly isOn: boolean;
  private readonly writer: TraceWriter | undefined;
  private readonly clock: Clock;
  private readonly node: NodeId;
  private readonly incarnation: Incarnation;

  constructor(
    writer: TraceWriter | undefined,
    clock: Clock,
    node: NodeId,
    incarnation: Incarnation,
  ) {
    this.isOn = writer !== undefined;
    this.writer = writer;
    this.clock = clock;
    this.node = node;
    this.incarnation = incarnation;
  }

  event(type: string, fields: TraceFields = {}): void {
    this.write('event', type, fields);
  }

  state(fields: TraceFields): void {
    this.write('state', 'state', fields);
  }

  private write(kind: 'event' | 'state', type: string, fields: TraceFields): void {
    if (this.writer === undefined) return;
    const { node, incarnation, clock } = this;
    const stamp = { wallMs: clock.wall(), atMs: Number(clock.now().toFixed(3)) };
    this.writer(JSON.stringify({ ...stamp, node, incarnation, kind, type, fields }));
  }
}
