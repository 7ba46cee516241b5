/**
 * What a node tells about itself while it runs, as data.
 */

/** The fields of a trace event: small and flat, no secrets, no client data. */
export type TraceFields = Readonly<Record<string, string | number | boolean>>;

/**
 * Structured events of one node, stamped by its Host with time, node and cause.
 *
 * Check `isOn` before building fields on a hot path. Events are for people and for later tools; a
 * node that is not listened to loses nothing but its story.
 */
export interface Trace {
  readonly isOn: boolean;
  /** Something happened: `election-won`, `snapshot-installed`. */
  event(type: string, fields?: TraceFields): void;
  /** The node's state, as it is drawn on its lifeline from now on: role, term, commit index. */
  state(fields: TraceFields): void;
}
