/**
 * What the log of a cluster carries: changes of the store, in a session or outside of one, and what
 * concerns the cluster itself.
 */
import type { NodeId } from '@mangrove/host';
import type { Command } from './command.ts';
import type { Alarm, SessionPlace } from './kv-request.ts';

/** A command in the log. */
export type LogCommand =
  /** Opens a session; its number is the index of the entry. */
  | { readonly type: 'open-session' }
  | {
      readonly type: 'change';
      readonly place: SessionPlace | undefined;
      readonly command: Command;
    }
  | { readonly type: 'raise-alarm'; readonly alarm: Alarm; readonly member: NodeId }
  /** Ends an alarm, whoever raised it. */
  | { readonly type: 'disarm-alarm'; readonly alarm: Alarm }
  /** Says where clients reach a member. */
  | { readonly type: 'announce'; readonly member: NodeId; readonly clientAddress: string }
  /** Has every member take the digest of its state as it is at this place of the log. */
  | { readonly type: 'take-digest' };
