/**
 * The lifelines of nodes: which role they had in which term, when they were down, what they did.
 *
 * A node tells its state as flat fields, and the diagram knows a few names in them: `role`, and the
 * number that grows with each leader (`term`, `epoch`, `ballot` or `view`). Thickness is role and
 * colour is term; a system without roles has thin lines.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';
import type { TimeWindow } from './time-scale.ts';

/** What a node tells of its state. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** What a piece of a lifeline is drawn as. */
export type SpanKind = 'leader' | 'candidate' | 'follower' | 'down' | 'paused';

/** A piece of a lifeline. The pieces of one node do not overlap. */
export interface Span {
  readonly node: string;
  readonly kind: SpanKind;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly term?: number;
  /** Why it is down. */
  readonly reason?: string;
}

/** A small sign on a lifeline. */
export interface Mark {
  readonly node: string;
  readonly atMs: number;
  /** `stored` is not known to be committed; `note` is any other event. */
  readonly kind: 'stored' | 'committed' | 'note';
  readonly term?: number;
  readonly text: string;
}

/** A change of what is known about a node, for the state at a moment. */
export interface Change {
  readonly node: string;
  readonly atMs: number;
  readonly type: 'state' | 'start' | 'down' | 'pause' | 'resume';
  readonly fields?: Fields;
  /** Of a start: which life; of an end: why. */
  readonly note?: string;
}

/** What `readLifelines` finds. */
export interface Lifelines {
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
  readonly changes: readonly Change[];
}

/** Reads all lifelines of `trace`. */
export function readLifelines(trace: RunTrace, told: TimeWindow): Lifelines {
  const changes = trace.records.flatMap(changeOf);
  const spans = trace.replicas.flatMap((node) => spansOf(node, changes, told));
  return { spans, marks: readMarks(trace.records, new Set(trace.replicas)), changes };
}

/** The number that grows with each leader, where the fields hold one. */
export function termOf(fields: Fields): number | undefined {
  for (const name of TERM_NAMES) {
    const value = fields[name];
    if (typeof value === 'number') return value;
  }
  return undefined;
}

/** What the role in `fields` is drawn as. */
export function roleOf(fields: Fields): 'leader' | 'candidate' | 'follower' {
  const role = String(fields['role'] ?? '').toLowerCase();
  if (/leader|primary|coordinator|master|owner/.test(role)) return 'leader';
  return /candidate|pre-?vote|electing/.test(role) ? 'candidate' : 'follower';
}

/** How far a node knows that its log is committed, where the fields hold it. */
export function commitOf(fields: Fields): number | undefined {
  for (const name of COMMIT_NAMES) {
    const value = fields[name];
    if (typeof value === 'number') return value;
  }
  return undefined;
}

/** Fields that are drawn in their own way, and so are not listed with the others. */
export const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...['role', 'term', 'epoch', 'ballot', 'view', 'log', 'logFrom'],
]);

/** What a node may call how far its log is committed. */
export const COMMIT_NAMES: ReadonlySet<string> = new Set([
  ...['commitIndex', 'commit', 'committed', 'highWatermark'],
]);

const TERM_NAMES = ['term', 'epoch', 'ballot', 'view'] as const;

/** What grows when something is stored. */
const STORED_NAMES = ['lastIndex', 'lastLogIndex', 'logLength', 'log', 'version', 'value'] as const;

function changeOf(record: TraceRecord): readonly Change[] {
  const { node, atMs } = record;
  switch (record.type) {
    case 'state':
      return [{ node, atMs, type: record.type, fields: record.fields }];
    case 'start':
      return [{ node, atMs, type: record.type, note: String(record.incarnation) }];
    case 'down':
      return [{ node, atMs, type: record.type, note: record.reason }];
    case 'pause':
    case 'resume':
      return [{ node, atMs, type: record.type }];
    default:
      return [];
  }
}

/** What a lifeline looks like between two changes. */
type Look = Pick<Span, 'kind' | 'term' | 'reason'>;

function spansOf(node: string, changes: readonly Change[], told: TimeWindow): readonly Span[] {
  const spans: Span[] = [];
  let look: Look = { kind: 'follower' };
  let beforePause = look;
  let since = told.fromMs;
  for (const change of changes) {
    if (change.node !== node) continue;
    if (change.type === 'pause') beforePause = look;
    const next = lookAfter(change, look, beforePause);
    if (next.kind === look.kind && next.term === look.term) continue;
    const { atMs } = change;
    if (atMs > since) spans.push({ node, fromMs: since, untilMs: atMs, ...look });
    look = next;
    since = Math.max(atMs, told.fromMs);
  }
  if (told.untilMs > since) spans.push({ node, fromMs: since, untilMs: told.untilMs, ...look });
  return spans;
}

function lookAfter({ type, fields = {}, note }: Change, look: Look, beforePause: Look): Look {
  switch (type) {
    case 'state': {
      const term = termOf(fields);
      return { kind: roleOf(fields), ...(term === undefined ? {} : { term }) };
    }
    case 'down':
      return { kind: 'down', ...(note === undefined ? {} : { reason: note }) };
    case 'start':
      return { kind: 'follower' };
    case 'pause':
      return { kind: 'paused' };
    case 'resume':
      return look.kind === 'paused' ? beforePause : look;
  }
}

function readMarks(
  records: readonly TraceRecord[],
  replicas: ReadonlySet<string>,
): readonly Mark[] {
  const known = new Map<string, Fields>();
  return records.flatMap((record): readonly Mark[] => {
    const { node, atMs } = record;
    if (!replicas.has(node)) return [];
    const before = known.get(node);
    if (record.type === 'start') known.delete(node);
    if (record.type === 'state') known.set(node, record.fields);
    const sign = signOf(record, before);
    return sign === undefined ? [] : [{ node, atMs, ...sign }];
  });
}

/** The sign of an event, or of a state in which something was stored or committed. */
function signOf(
  record: TraceRecord,
  before: Fields | undefined,
): Pick<Mark, 'kind' | 'text' | 'term'> | undefined {
  if (record.type === 'event') {
    const term = termOf(record.fields) ?? termOf(before ?? {});
    const text = describeEvent(record.name, record.fields);
    return { kind: kindOfEvent(record.name), text, ...(term === undefined ? {} : { term }) };
  }
  if (record.type !== 'state' || before === undefined) return undefined;
  const kind = kindOfChange(before, record.fields);
  const term = termOf(record.fields);
  if (kind === undefined) return undefined;
  const text = describeChange(before, record.fields);
  return { kind, text, ...(term === undefined ? {} : { term }) };
}

/** An event in words: `election won (term 4)`. */
export function describeEvent(name: string, fields: Fields): string {
  const entries = Object.entries(fields).map(([key, value]) => describeField(key, value));
  return `${toWords(name)}${entries.length === 0 ? '' : ` (${entries.join(', ')})`}`;
}

/** What changed between two states, in words: `commit index 2, was 1`. */
export function describeChange(before: Fields, after: Fields): string {
  const changed = Object.entries(after).filter(([key, value]) => before[key] !== value);
  return changed.map(([key, value]) => describeField(key, value)).join(', ');
}

/** A field as people read it: `voted for n2`; an empty text is a dash. */
export function describeField(name: string, value: Fields[string]): string {
  return `${toWords(name)} ${value === '' ? '\u2013' : value}`;
}

/** `commitIndex` and `commit-index` as people write it: `commit index`. */
export function toWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]/g, ' ')
    .toLowerCase();
}

function kindOfEvent(name: string): Mark['kind'] {
  if (/commit|decide|appl(?:y|ied)|chosen|install/i.test(name)) return 'committed';
  return /append|store|persist|accept|replace|overwr/i.test(name) ? 'stored' : 'note';
}

function kindOfChange(before: Fields, after: Fields): 'stored' | 'committed' | undefined {
  if ((commitOf(after) ?? 0) > (commitOf(before) ?? 0)) return 'committed';
  const isStored = STORED_NAMES.some(
    (name) => after[name] !== undefined && after[name] !== before[name],
  );
  return isStored ? 'stored' : undefined;
}
