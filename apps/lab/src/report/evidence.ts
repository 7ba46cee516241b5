/**
 * What a run exercised, and what it says nothing about.
 *
 * A valid verdict on a quiet run means little. So every report counts what took place, and names
 * what did not: whoever reads it should not believe more than was tried.
 */

import type { Fault } from '@mangrove/experiment';
import type { ExperimentReport, RunEvidence } from '../run-report.ts';
import { hurtCount, timingsOf } from './latency.ts';
import { toWords } from './lifeline.ts';

/** Something that was counted, in the run that is shown and in the one before shrinking. */
export interface EvidenceRow {
  readonly what: string;
  readonly found: number;
  /** Missing where there is no shrunk run. */
  readonly shrunk?: number;
  /** Over all seeds of the hunt; missing where there was none, or nobody counted it there. */
  readonly hunt?: number;
}

/** Something that did not happen, and what the report is silent about for that. */
export interface Silence {
  readonly missing: string;
  readonly about: string;
}

/** The most rows of counts; those of the greatest numbers are left out last. */
export const MAX_EVIDENCE_ROWS = 40;

/** What was counted: operations first, then faults, then what they did to nodes and messages. */
export function evidenceOf({ found, shrunk, hunt }: ExperimentReport): readonly EvidenceRow[] {
  const [left, right] = [countsOf(found), shrunk === undefined ? undefined : countsOf(shrunk)];
  const all = new Map(told(hunt?.counts ?? {}));
  const names = [...new Set([...left.keys(), ...(right?.keys() ?? []), ...all.keys()])];
  names.sort((a, b) => rankOf(a) - rankOf(b));
  return names.slice(0, MAX_EVIDENCE_ROWS).map((what) => {
    const row = { what, found: left.get(what) ?? 0 };
    const count = all.get(what);
    return {
      ...row,
      ...(right === undefined ? {} : { shrunk: right.get(what) ?? 0 }),
      ...(count === undefined ? {} : { hunt: count }),
    };
  });
}

function countsOf(run: RunEvidence): ReadonlyMap<string, number> {
  const { history, endMs, counts, strikes } = run;
  const timings = timingsOf(history, endMs);
  const unknown = timings.filter(({ outcome }) => outcome === 'info').length;
  const own: [string, number][] = [
    ['operations', timings.length],
    ['operations during a fault', hurtCount(timings, strikes)],
    ['operations with unknown outcome', unknown],
    ['faults in the plan', run.plan.faults.length],
  ];
  // The first of them comes first; where both count something, the history has the last word.
  return new Map([...own.slice(0, 1), ...told(counts), ...own]);
}

/**
 * What a world counted, in the words of a reader. Unknown outcomes are left to the history, which
 * knows of those that were still open at the end, too.
 */
function told(counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(counts)
    .filter(([name]) => name !== 'operation info')
    .map(([name, count]) => [wordsFor(name), count] as const);
}

function wordsFor(name: string): string {
  const whole = WORDS[name];
  if (whole !== undefined) return whole;
  const [kind = '', ...rest] = name.split(' ');
  if (kind === 'fault') return `faults: ${toWords(rest.join(' '))}`;
  return toWords(name.replace(/^message dropped: /, 'messages lost: '));
}

const WORDS: Readonly<Record<string, string>> = Object.freeze({
  'operation invoke': 'operations',
  'operation ok': 'operations answered ok',
  'operation fail': 'operations refused',
  'message corrupted': 'messages with a changed bit',
  'message refused: queue full': 'messages refused: queue full',
});

/** What belongs together stands together: by what a row begins with. */
function rankOf(what: string): number {
  const place = ORDER.findIndex((start) => what.startsWith(start));
  return place < 0 ? ORDER.length : place;
}

const ORDER: readonly string[] = Object.freeze([
  ...['operations', 'faults', 'action', 'crashes', 'node', 'link', 'messages', 'bytes'],
]);

/** What the shown run and the one before it did not contain. */
export function silencesOf({ found, shrunk, others }: ExperimentReport): readonly Silence[] {
  const runs = [found, ...(shrunk === undefined ? [] : [shrunk]), ...others];
  const types = new Set(runs.flatMap((run) => struckFaults(run).map(kindOf)));
  const silences = SILENCES.filter(({ kinds }) => !kinds.some((kind) => types.has(kind)));
  const missed = runs.flatMap(({ notInjected, world }) =>
    notInjected.map((missing) => ({
      missing: `${missing}: not injected in world ${world}`,
      about: 'what it would have done',
    })),
  );
  const isSimulated = runs.every(({ world }) => world === 'sim');
  const real = isSimulated
    ? [{ missing: 'Real processes', about: 'kernels, sockets, file systems and their bugs' }]
    : [];
  return [...silences.map(({ missing, about }) => ({ missing, about })), ...missed, ...real];
}

/** What struck: a fault that was planned and did not shows nothing. */
function struckFaults({ plan, strikes }: RunEvidence): readonly Fault[] {
  return strikes.flatMap(({ fault }) => plan.faults[fault] ?? []);
}

/** A fault's kind; of a crash, what it did to the disk. */
function kindOf(fault: Fault): string {
  return fault.type === 'crash' || fault.type === 'crash-at' ? fault.disk : fault.type;
}

const SILENCES: readonly (Silence & { readonly kinds: readonly string[] })[] = [
  {
    kinds: ['cut', 'stall-links'],
    missing: 'Cuts of the network',
    about: 'two sides that both hear clients',
  },
  {
    kinds: ['rough-links'],
    missing: 'Lost, doubled and reordered messages',
    about: 'retries and duplicates',
  },
  {
    kinds: ['corrupt-links'],
    missing: 'Messages with a changed bit',
    about: 'checksums that are not there',
  },
  {
    kinds: ['slow-links', 'full-queues'],
    missing: 'Slow links and full queues',
    about: 'time-outs and back-pressure',
  },
  {
    kinds: ['unsynced-lost', 'kept'],
    missing: 'Crashes',
    about: 'recovery from what is on disk',
  },
  {
    kinds: ['unsynced-lost'],
    missing: 'Power failures',
    about: 'writes that were not synced, torn writes',
  },
  { kinds: ['wiped'], missing: 'Lost disks', about: 'nodes that come back with an empty disk' },
  {
    kinds: ['disk-error', 'disk-full', 'slow-disk', 'stall-disk', 'bit-rot'],
    missing: 'Faults of disks',
    about: 'failed syncs, full and slow disks, damage',
  },
  { kinds: ['pause', 'slow-node'], missing: 'Pauses', about: 'leaders that sleep and wake up' },
  {
    kinds: ['wall-jump', 'clock-drift'],
    missing: 'Faults of clocks',
    about: 'leases and anything that trusts a clock',
  },
  { kinds: ['upgrade'], missing: 'Upgrades', about: 'two versions of the code side by side' },
  {
    kinds: ['action'],
    missing: 'Acts of an operator',
    about: 'membership changes, compaction, transfers of leadership',
  },
];
