/**
 * What clients do, and what comes of it.
 */
import type { NodeId } from '@mangrove/host';

/** A value that operations carry: plain JSON. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [name: string]: Value };

/** What a client is to do: a function of the system, and its argument. */
export interface Operation {
  /** `read`, `write`, `cas`, ... */
  readonly f: string;
  readonly key?: string;
  readonly value?: Value;
}

/**
 * An operation with its client and time: not before `atMs`, nor before the client's last one ended.
 */
export interface PlannedOperation extends Operation {
  readonly client: NodeId;
  readonly atMs: number;
}

/**
 * How an operation ended, as its client knows it.
 *
 * `fail` is definite: it did not happen and never will. `info` is not known: it may have happened,
 * or may yet. When in doubt, `info`.
 */
export type Outcome =
  | { readonly type: 'ok'; readonly value?: Value }
  | { readonly type: 'fail'; readonly error: string }
  | { readonly type: 'info'; readonly error: string };

/**
 * One line of a history: a process begins an operation, or learns its end.
 *
 * A process that ended in `info` begins no more; its client goes on under a new name, since the old
 * operation may still be under way.
 */
export interface HistoryEvent {
  /** When, in milliseconds of the recorder's one clock. */
  readonly atMs: number;
  /** The client, with a number behind it once an outcome was not known: `c1`, `c1.2`. */
  readonly process: string;
  readonly type: 'invoke' | Outcome['type'];
  readonly f: string;
  readonly key?: string;
  /** The argument in `invoke`; the result, or the argument where there is none, in `ok`. */
  readonly value?: Value;
  readonly error?: string;
}
