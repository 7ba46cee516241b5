/**
 * The moments of a run: everything that the time cursor stops at, with its sentence.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';
import { describeChange, describeEvent, type Fields, roleOf, termOf, toWords } from './lifeline.ts';
import type { Message } from './message.ts';
import type { Operation } from './operation.ts';

/** Something that happened on one lifeline at one time. */
export interface Moment {
  readonly atMs: number;
  readonly node: string;
  /** What happened, for people; empty for a message, whose sentence `describeMoment` makes. */
  readonly text: string;
  /** Where the message that arrived or was lost stands in the story; -1 for anything else. */
  readonly messageIndex: number;
}

/** What moments are read from. */
export interface MomentSource {
  readonly trace: RunTrace;
  readonly messages: readonly Message[];
  readonly operations: readonly Operation[];
}

/** All moments of a run in order of time. */
export function readMoments({ trace, messages, operations }: MomentSource): readonly Moment[] {
  const byEnd = new Map(messages.map((message, index) => [message.endIndex, index]));
  const starts = new Map(operations.map((each) => [each.startIndex, each]));
  const ends = new Map(operations.map((each) => [each.endIndex, each]));
  const known = new Map<string, Fields>();
  const moments: Moment[] = [];
  for (const [index, record] of trace.records.entries()) {
    const { atMs, node } = record;
    const messageIndex = byEnd.get(index) ?? -1;
    if (messageIndex !== -1) {
      moments.push({ atMs, node, text: '', messageIndex });
      continue;
    }
    const text = describe(record, known.get(node), starts.get(index) ?? ends.get(index));
    if (record.type === 'state') known.set(node, record.fields);
    if (record.type === 'start') known.delete(node);
    if (text !== '') moments.push({ atMs, node, text, messageIndex: -1 });
  }
  return moments;
}

/** What happened at `moment`, in one sentence without its time. */
export function describeMoment(moment: Moment, messages: readonly Message[]): string {
  const message = messages[moment.messageIndex];
  if (message === undefined) return moment.text;
  const { from, to, label, fate, reason } = message;
  if (fate === 'delivered') return `${to} receives \u201c${label}\u201d from ${from}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `\u201c${label}\u201d from ${from} to ${to} is lost${why}`;
}

/** What a state says that the one before did not: a new role first. */
export function describeState(node: string, before: Fields | undefined, after: Fields): string {
  const role = after['role'];
  const term = termOf(after);
  const isNewRole = role !== undefined && role !== before?.['role'];
  if (isNewRole && (before !== undefined || roleOf(after) !== 'follower')) {
    const inTerm = term === undefined ? '' : ` in term ${term}`;
    return `${node} is ${toWords(String(role))}${inTerm}`;
  }
  const change = describeChange(before ?? {}, after);
  return change === '' ? '' : `${node}: ${change}`;
}

function describe(
  record: TraceRecord,
  before: Fields | undefined,
  operation: Operation | undefined,
): string {
  const { node } = record;
  switch (record.type) {
    case 'state':
      return describeState(node, before, record.fields);
    case 'event':
      return `${node}: ${describeEvent(record.name, record.fields)}`;
    case 'start':
      return record.incarnation === 1 ? `${node} starts` : `${node} starts again`;
    case 'down':
      return `${node} goes down: ${record.reason}${lossOf(record.lostBytes)}`;
    case 'pause':
      return `${node} is paused`;
    case 'resume':
      return `${node} runs again`;
    case 'invoke':
      return operation === undefined ? `${node} begins an operation` : begins(operation);
    case 'return':
      return operation === undefined ? `${node} ends an operation` : ends(operation);
    default:
      return '';
  }
}

function lossOf(lostBytes: number): string {
  return lostBytes === 0 ? '' : `, ${lostBytes} un-synced bytes lost`;
}

function begins({ process, label }: Operation): string {
  return `${process} begins ${label}`;
}

function ends({ process, label, result, outcome }: Operation): string {
  if (outcome === 'info') return `${process} gives up ${label}: its outcome is unknown`;
  if (outcome === 'fail') return `${process} is told that ${label} did not happen`;
  return `${process} is told \u201c${result}\u201d for ${label}`;
}
