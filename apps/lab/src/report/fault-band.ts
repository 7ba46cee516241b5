/**
 * Faults as bands over lifelines, each with its number and a label of a few words.
 */

import {
  type DiskFate,
  type DiskFault,
  endOf,
  type Fault,
  type NetworkFault,
  type TraceRecord,
} from '@mangrove/experiment';
import type { RunEvidence } from '../run-report.ts';
import { injectedFaults } from './injected-faults.ts';
import { toWords } from './lifeline.ts';
import { formatCount, formatDuration, formatList, formatMs } from './wording.ts';

/** A fault as the diagram shows it, with the number that every part of the report calls it by. */
export interface Band {
  /** From 1: `F1`. */
  readonly number: number;
  readonly type: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The lifelines on which it is drawn. */
  readonly nodes: readonly string[];
  /** In a few words: `n5 cut off from n1-n4`. */
  readonly label: string;
  /** A crash is drawn from what the trace says of the node, not from the plan. */
  readonly isDrawn: boolean;
  /** A crash at a point that was never reached has not struck. */
  readonly hasStruck: boolean;
  /** Whether that is known: of a run that was not recorded, nobody knows. */
  readonly isKnown: boolean;
}

/** What of a trace is looked at; without records where the run was not recorded. */
export interface BandTrace {
  readonly records: readonly TraceRecord[] | undefined;
  readonly replicas: readonly string[];
  readonly clients: readonly string[];
}

/**
 * The faults of a plan in order of time, numbered from 1. Two that do the same in both directions
 * of the same links at the same time are one.
 */
export function readBands(
  faults: readonly Fault[],
  trace: BandTrace,
  endMs: number,
): readonly Band[] {
  const memberCount = trace.replicas.length + trace.clients.length;
  const strikes = strikesOf(faults, trace.records ?? []);
  return joinDirections(faults)
    .map((each) => {
      const { fault } = each;
      return { ...each, fromMs: fault.type === 'crash-at' ? strikes.get(fault) : fault.atMs };
    })
    .sort((a, b) => (a.fromMs ?? Infinity) - (b.fromMs ?? Infinity))
    .map(({ fault, isMutual, fromMs }, index) => ({
      number: index + 1,
      type: fault.type,
      fromMs: fromMs ?? endMs,
      untilMs: Math.min(endMs, Math.max(fromMs ?? endMs, untilOf(fault, fromMs))),
      nodes: nodesOf(fault),
      label: labelOf(fault, memberCount, isMutual),
      isDrawn: fromMs !== undefined && !isDown(fault),
      hasStruck: fromMs !== undefined,
      isKnown: fromMs !== undefined || trace.records !== undefined,
    }));
}

/** The faults that a run was given, with their numbers. */
export function bandsOf(run: RunEvidence): readonly Band[] {
  const { plan, endMs, trace } = run;
  const { replicas, clients } = plan;
  return readBands(injectedFaults(run), trace ?? { records: undefined, replicas, clients }, endMs);
}

/** From when until when a fault lasted, and how long; or why there is no such time. */
export function whenOf({ fromMs, untilMs, hasStruck, isKnown }: Band): string {
  if (!isKnown) return 'at a moment that was not recorded';
  if (!hasStruck) return 'never: its moment did not come';
  if (untilMs <= fromMs) return `at ${formatMs(fromMs)}`;
  return `${formatMs(fromMs)} to ${formatMs(untilMs)}, ${formatDuration(untilMs - fromMs)}`;
}

/** Each fault once, and whether its twin in the other direction was left out for it. */
function joinDirections(
  faults: readonly Fault[],
): readonly { readonly fault: Fault; readonly isMutual: boolean }[] {
  const isTwin = new Set<number>();
  const joined: { fault: Fault; isMutual: boolean }[] = [];
  for (const [index, fault] of faults.entries()) {
    if (isTwin.has(index)) continue;
    const twin = faults.findIndex(
      (other, at) => at > index && !isTwin.has(at) && isReverse(fault, other),
    );
    if (twin !== -1) isTwin.add(twin);
    joined.push({ fault, isMutual: twin !== -1 });
  }
  return joined;
}

function isReverse(fault: Fault, other: Fault): boolean {
  if (!('from' in fault && 'from' in other)) return false;
  const swapped = { ...other, from: other.to, to: other.from };
  return signature(fault) === signature(swapped) && signature(fault) !== signature(other);
}

function signature(fault: NetworkFault): string {
  const entries = Object.entries({
    ...fault,
    from: [...new Set<string>(fault.from)].sort(),
    to: [...new Set<string>(fault.to)].sort(),
  });
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether the fault takes its node down, so that the trace itself shows it. */
function isDown({ type }: Fault): boolean {
  return type === 'crash' || type === 'crash-at' || type === 'upgrade' || type === 'pause';
}

/**
 * When the n-th crash at a point of its node strikes: a trace does not say which of them took a
 * node down, so they are told by what happened to the disk, and by their order.
 */
function strikesOf(
  faults: readonly Fault[],
  records: readonly TraceRecord[],
): ReadonlyMap<Fault, number> {
  const timed = faults.flatMap((fault) => (fault.type === 'crash' ? [fault] : []));
  const taken = new Set<number>();
  const strikes = new Map<Fault, number>();
  for (const fault of faults) {
    if (fault.type !== 'crash-at') continue;
    const index = records.findIndex((record, at) => {
      const isDown = record.type === 'down' && record.node === fault.node && !taken.has(at);
      if (!isDown) return false;
      const isOther = /\((?:kept|wiped|unsynced-lost)\)/.test(record.reason);
      if (isOther && !record.reason.includes(`(${fault.disk})`)) return false;
      const isTimed = ({ node, atMs }: { node: string; atMs: number }) =>
        node === record.node && Math.abs(atMs - record.atMs) < 0.01;
      return !timed.some(isTimed);
    });
    const record = records[index];
    if (record === undefined) continue;
    taken.add(index);
    strikes.set(fault, record.atMs);
  }
  return strikes;
}

function untilOf(fault: Fault, fromMs: number | undefined): number {
  if (fault.type === 'crash-at') return (fromMs ?? 0) + fault.downMs;
  return endOf(fault);
}

/** The lifelines that a fault concerns: of a cut, the smaller of its two sides. */
function nodesOf(fault: Fault): readonly string[] {
  if ('node' in fault) return [fault.node];
  if (!('from' in fault)) return [];
  const [from, to] = [[...new Set(fault.from)], [...new Set(fault.to)]];
  const both = from.filter((node) => to.includes(node));
  if (both.length > 0) return [...new Set([...from, ...to])];
  return to.length < from.length ? to : from;
}

/** The fault in a few words, without its time: what a diagram and a table call it. */
export function labelOf(fault: Fault, memberCount: number, isMutual = false): string {
  if ('from' in fault) return linkLabel(fault, memberCount, isMutual);
  switch (fault.type) {
    case 'crash':
      return `${fault.node} crashes, ${fateOf(fault.disk)}`;
    case 'crash-at': {
      const { operation, target = '', kind, nth, when } = fault.point;
      const of = kind === undefined ? '' : ` of ${toWords(kind)}`;
      const what = `${operation}${of}${target === '' ? '' : ` ${target}`}`;
      return `${fault.node} crashes ${when} its ${what} no. ${nth}, ${fateOf(fault.disk)}`;
    }
    case 'pause':
      return `${fault.node} is paused`;
    case 'slow-node':
      return `${fault.node} is slow, ${formatMs(fault.busyMs)} a callback`;
    case 'wall-jump':
      return `${fault.node}: wall clock jumps ${formatDuration(fault.byMs)}`;
    case 'clock-drift':
      return `${fault.node}: clock ${formatCount(fault.ppm)} ppm off`;
    case 'upgrade':
      return `${fault.node} upgraded to version ${fault.version}`;
    case 'action':
      return `operator: ${fault.name}`;
    default:
      return diskLabel(fault);
  }
}

function diskLabel(fault: DiskFault): string {
  const { node } = fault;
  switch (fault.type) {
    case 'disk-error':
      return `${node}: disk ${toWords(fault.operation)} fails`;
    case 'disk-full':
      return `${node}: disk full`;
    case 'slow-disk':
      return `${node}: disk ${formatMs(fault.latencyMs)} slower`;
    case 'stall-disk':
      return `${node}: disk stalls`;
    case 'bit-rot':
      return `${node}: a bit flips in ${fault.path === '' ? 'its files' : fault.path}`;
  }
}

function linkLabel(fault: NetworkFault, memberCount: number, isMutual: boolean): string {
  const [from, to] = [new Set<string>(fault.from), new Set<string>(fault.to)];
  const trouble = linkTrouble(fault);
  if (trouble === '') return cutLabel(from, to, memberCount, isMutual);
  const name = (nodes: ReadonlySet<string>) =>
    nodes.size >= Math.max(2, memberCount - 1) ? 'everyone' : names(nodes);
  const arrow = isMutual ? '\u2194' : '\u2192';
  const ends = from.size === memberCount ? 'everyone' : `${name(from)} ${arrow} ${name(to)}`;
  return `${ends}: ${trouble}`;
}

function cutLabel(
  from: ReadonlySet<string>,
  to: ReadonlySet<string>,
  memberCount: number,
  isMutual: boolean,
): string {
  const few = to.size < from.size ? to : from;
  const many = few === from ? to : from;
  const others = few.size + many.size >= memberCount ? 'everyone else' : names(many);
  if (isMutual) return `${names(few)} cut off from ${others}`;
  return `${names(few)} ${few === to ? 'hears nothing of' : 'cannot reach'} ${others}`;
}

/** What a fault does to links; empty for a cut, which is said in its own way. */
function linkTrouble(fault: NetworkFault): string {
  switch (fault.type) {
    case 'cut':
      return '';
    case 'rough-links':
      return `${formatCount(fault.lossPerMille / 10)} % of messages lost`;
    case 'corrupt-links':
      return `${formatCount(fault.corruptPerMille / 10)} % of messages corrupted`;
    case 'slow-links':
      return `${formatMs(fault.latencyMs)} slower`;
    case 'full-queues':
      return `queues of ${formatCount(fault.queueBytes)} bytes`;
    case 'stall-links':
      return 'stalled';
    case 'reset-streams':
      return 'streams reset';
  }
}

function fateOf(disk: DiskFate): string {
  if (disk === 'kept') return 'disk kept';
  return disk === 'wiped' ? 'disk replaced by an empty one' : 'un-synced writes lost';
}

function names(nodes: ReadonlySet<string>): string {
  return formatList([...nodes], 3);
}
