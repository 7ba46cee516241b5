/**
 * Faults as bands over lifelines, each with its number and a label of a few words.
 */

import type { DiskFate, DiskFault, Fault, NetworkFault } from '@mangrove/experiment';
import type { FaultStrike, RunEvidence } from '../run-report.ts';
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
  /** Of an action: how it ended, and why where it was refused. */
  readonly end?: string;
}

/** What faults are read from. */
export type FaultedRun = Pick<RunEvidence, 'plan' | 'strikes' | 'notInjected' | 'endMs'>;

/**
 * The faults that a run was given, in order of time, numbered from 1. Two that do the same in both
 * directions of the same links at the same time are one. Those that did not strike come last.
 */
export function bandsOf(run: FaultedRun): readonly Band[] {
  const { plan, strikes, endMs } = run;
  const memberCount = plan.replicas.length + plan.clients.length;
  const struck = new Map(strikes.map((strike) => [plan.faults[strike.fault], strike]));
  return joinDirections(injectedFaults(run))
    .map((each) => ({ ...each, strike: struck.get(each.fault) }))
    .sort((a, b) => (a.strike?.atMs ?? Infinity) - (b.strike?.atMs ?? Infinity))
    .map(({ fault, isMutual, strike }, index) => ({
      number: index + 1,
      type: fault.type,
      fromMs: strike?.atMs ?? endMs,
      untilMs: Math.min(endMs, strike?.untilMs ?? endMs),
      nodes: nodesOf(fault),
      label: labelOf(fault, memberCount, isMutual),
      isDrawn: strike !== undefined && !isDown(fault),
      hasStruck: strike !== undefined,
      ...endOfAction(strike),
    }));
}

function endOfAction(strike: FaultStrike | undefined): Pick<Band, 'end'> {
  const { outcome, reason } = strike ?? {};
  if (outcome === undefined) return {};
  return { end: reason === undefined ? outcome : `${outcome}, ${reason}` };
}

/** From when until when a fault lasted, and how long; or why there is no such time. */
export function whenOf({ fromMs, untilMs, hasStruck, end }: Band): string {
  if (!hasStruck) return 'never: its moment did not come';
  if (end !== undefined) return `at ${formatMs(fromMs)}: ${end}`;
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
