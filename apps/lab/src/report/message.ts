/**
 * The messages of a run, from their sending to what became of them.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';

/**
 * What a message is for, as far as its label tells: a diagram draws heartbeats faint, votes
 * dotted, the rest plain.
 */
export type MessageKind = 'heartbeat' | 'vote' | 'protocol';

/** One copy of a message on its way. */
export interface Message {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly kind: MessageKind;
  readonly sendMs: number;
  /** When it arrived or was lost; the end of the run where neither happened. */
  readonly endMs: number;
  readonly fate: 'delivered' | 'lost' | 'under-way';
  /** Why it was lost. */
  readonly reason?: string;
  /** Where its sending stands in the trace. */
  readonly sendIndex: number;
  /** Where its end stands in the trace; -1 where there was none. */
  readonly endIndex: number;
}

/** Every message of `trace` by the time of its sending; a duplicate is a message of its own. */
export function readMessages({ records }: RunTrace, untilMs: number): readonly Message[] {
  const ends = endsBySend(records);
  return records.flatMap((record, sendIndex): readonly Message[] => {
    if (record.type !== 'send' || record.to === record.node) return [];
    const { node, to, label, atMs } = record;
    const head = { from: node, to, label, kind: kindOf(label), sendMs: atMs, sendIndex };
    return (ends.get(sendIndex) ?? [-1]).map((endIndex) => {
      const end = records[endIndex];
      return { ...head, ...fateOf(end), endMs: Math.max(atMs, end?.atMs ?? untilMs), endIndex };
    });
  });
}

function endsBySend(records: readonly TraceRecord[]): ReadonlyMap<number, readonly number[]> {
  const ends = new Map<number, number[]>();
  for (const [index, record] of records.entries()) {
    if (record.type !== 'deliver' && record.type !== 'drop') continue;
    const list = ends.get(record.of);
    if (list === undefined) ends.set(record.of, [index]);
    else list.push(index);
  }
  return ends;
}

function fateOf(end: TraceRecord | undefined): Pick<Message, 'fate' | 'reason'> {
  if (end?.type === 'drop') return { fate: 'lost', reason: end.reason };
  return { fate: end === undefined ? 'under-way' : 'delivered' };
}

function kindOf(label: string): MessageKind {
  if (/heart-?beat|keep-?alive|\bping\b|\bpong\b|\bprobe\b/i.test(label)) return 'heartbeat';
  return /vote/i.test(label) ? 'vote' : 'protocol';
}
