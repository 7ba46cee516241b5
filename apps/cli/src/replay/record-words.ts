/**
 * What happened in a run, in words: one line for each record of its trace that says something.
 */
import type { Plan, PlannedOperation, TraceRecord } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';

/** Fields of a state or an event. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** What the words of a record may need of its run. */
export interface RecordedRun {
  readonly records: readonly TraceRecord[];
  readonly plan: Plan;
}

/** The record in words; undefined for what says nothing by itself, as a timer that fired. */
export function wordsOf(record: TraceRecord, { records, plan }: RecordedRun): string | undefined {
  switch (record.type) {
    case 'send':
      return `sends ${record.to}: ${record.label}`;
    case 'deliver':
      return `gets ${sentWords(records[record.of])}`;
    case 'drop':
      return `${lossWords(record.node, records[record.of])}: ${record.reason}`;
    case 'disk':
      return `${record.operation} ${record.path} ${record.error ?? ''}`.trimEnd();
    case 'state':
      return `is ${fieldWords(record.fields)}`;
    case 'event':
      return `${record.name} ${fieldWords(record.fields)}`.trimEnd();
    case 'start':
      return `starts its life ${record.incarnation}`;
    case 'down':
      return `is down: ${record.reason}`;
    case 'pause':
      return 'is paused';
    case 'resume':
      return 'goes on';
    case 'invoke':
      return `begins ${operationWords(plan.operations[record.operation])}`;
    case 'return':
      return `ends ${operationWords(plan.operations[record.operation])}: ${record.outcome}`;
    default:
      return undefined;
  }
}

/** `write x 7`, or `read` where there is neither key nor value. */
export function operationWords(operation: PlannedOperation | undefined): string {
  const { f = '?', key, value } = operation ?? {};
  const words = [f, key, value === undefined ? undefined : JSON.stringify(value)];
  return words.filter((word) => word !== undefined).join(' ');
}

/** A loss is told of the sender where no receiver was there to miss it. */
function lossWords(node: NodeId, sent: TraceRecord | undefined): string {
  const isSender = sent?.type === 'send' && sent.node === node;
  return isSender ? `does not reach ${sent.to}: ${sent.label}` : `does not get ${sentWords(sent)}`;
}

function sentWords(sent: TraceRecord | undefined): string {
  return sent?.type === 'send' ? `from ${sent.node}: ${sent.label}` : 'a message';
}

/** `role leader, term 2`. */
export function fieldWords(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
