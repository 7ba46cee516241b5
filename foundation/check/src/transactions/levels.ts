/**
 * Isolation levels, what each forbids, and which is stronger than which.
 *
 * An anomaly refutes a level when no execution of that level shows it; it then refutes every
 * stronger level too. A level that is not refuted is not thereby proven: it is what the history
 * leaves possible.
 *
 * ```
 * strict-serializable ─> strong-session-serializable ─> serializable
 *   ├> strong-snapshot-isolation ─> strong-session-... ─> snapshot-isolation   (each row likewise)
 *   └> strong-repeatable-read    ─> strong-session-... ─> repeatable-read
 *
 * serializable ─> snapshot-isolation ─> consistent-view ─> cursor-stability ─> read-committed
 *   │               └> update-atomic ─> read-atomic ─> read-committed ─> read-uncommitted
 *   └> repeatable-read ─> cursor-stability
 * ```
 *
 * Source: Adya's thesis, chapter 4 (G0, G1, G-single, G2, PL-1 to PL-3); Cerone, Bernardi and
 * Gotsman, CONCUR 2015 (snapshot isolation allows only cycles with two adjacent
 * anti-dependencies); Kingsbury and Alvaro, VLDB 2020 (the names, the session and real-time forms).
 */

/** What orders transactions besides their data: nothing, the order of each process, real time. */
const ORDER_FORMS = ['', '-process', '-realtime'] as const;

/** One of these orders, as it stands behind the name of a cycle. */
export type OrderForm = (typeof ORDER_FORMS)[number];

const CYCLES = ['G0', 'G1c'] as const;
const ANTI_CYCLES = ['G-single', 'G-nonadjacent', 'G2'] as const;

/** A cycle of dependencies. */
export type CycleName =
  | `${(typeof CYCLES)[number]}${OrderForm}`
  | `${(typeof ANTI_CYCLES)[number]}${'' | '-item'}${OrderForm}`;

const DIRECT_ANOMALIES = [
  'G1a',
  'G1b',
  'internal',
  'future-read',
  'garbage-read',
  'duplicate-elements',
  'incompatible-order',
  'dirty-update',
  'lost-update',
  'fractured-read',
  'cyclic-versions',
  'predicate-read-miss',
  'causality-violation',
  'causality-violation-process',
] as const;

/** An anomaly that one or two transactions show without a cycle. */
export type DirectAnomalyName = (typeof DIRECT_ANOMALIES)[number];

/** Every anomaly of this judge. */
export type AnomalyName = CycleName | DirectAnomalyName;

/** The names of all anomalies of this judge. */
export const ANOMALY_NAMES: readonly AnomalyName[] = [
  ...CYCLES.flatMap((name) => ORDER_FORMS.map((form) => `${name}${form}` as const)),
  ...ANTI_CYCLES.flatMap((name) =>
    (['-item', ''] as const).flatMap((item) =>
      ORDER_FORMS.map((form) => `${name}${item}${form}` as const),
    ),
  ),
  ...DIRECT_ANOMALIES,
];

/** Levels that have a form for the order of sessions and one for real time. */
const ORDERED_LEVELS = [
  'read-uncommitted',
  'read-committed',
  'consistent-view',
  'repeatable-read',
  'snapshot-isolation',
] as const;

type OrderedLevel = (typeof ORDERED_LEVELS)[number];

/** An isolation level. */
export type IsolationLevel =
  | OrderedLevel
  | `strong-session-${OrderedLevel}`
  | `strong-${OrderedLevel}`
  | 'cursor-stability'
  | 'read-atomic'
  | 'update-atomic'
  | 'serializable'
  | 'strong-session-serializable'
  | 'strict-serializable';

/** The levels that are directly weaker than each of those without a form. */
const WEAKER: Readonly<Record<string, readonly IsolationLevel[]>> = {
  'read-uncommitted': [],
  'read-committed': ['read-uncommitted'],
  'cursor-stability': ['read-committed'],
  'read-atomic': ['read-committed'],
  'update-atomic': ['read-atomic'],
  'consistent-view': ['cursor-stability'],
  'repeatable-read': ['cursor-stability'],
  'snapshot-isolation': ['consistent-view', 'update-atomic'],
  serializable: ['snapshot-isolation', 'repeatable-read'],
};

/** Every level, weaker ones first. */
export const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  ...(Object.keys(WEAKER) as IsolationLevel[]),
  ...ORDERED_LEVELS.map((level) => `strong-session-${level}` as const),
  'strong-session-serializable',
  ...ORDERED_LEVELS.map((level) => `strong-${level}` as const),
  'strict-serializable',
];

/** The levels directly weaker than `level`. */
export function weakerLevels(level: IsolationLevel): readonly IsolationLevel[] {
  const plain = WEAKER[level];
  if (plain !== undefined) return plain;
  const isSession = level.startsWith('strong-session-');
  const base =
    level === 'strict-serializable' ? 'serializable' : level.replace(/^strong-(session-)?/, '');
  const below = formsBelow(base as IsolationLevel).map((weaker) =>
    isSession ? sessionForm(weaker) : strongForm(weaker),
  );
  return [isSession ? (base as IsolationLevel) : sessionForm(base as IsolationLevel), ...below];
}

/** The nearest levels below a base that have forms of their own. */
function formsBelow(base: IsolationLevel): readonly IsolationLevel[] {
  return (WEAKER[base] ?? []).flatMap((weaker) =>
    (ORDERED_LEVELS as readonly string[]).includes(weaker) ? [weaker] : formsBelow(weaker),
  );
}

function sessionForm(base: IsolationLevel): IsolationLevel {
  return `strong-session-${base}` as IsolationLevel;
}

function strongForm(base: IsolationLevel): IsolationLevel {
  return (base === 'serializable' ? 'strict-serializable' : `strong-${base}`) as IsolationLevel;
}

/** The weakest levels that an anomaly refutes by itself. */
export function refutedBy(anomaly: AnomalyName): readonly IsolationLevel[] {
  const form = /-(process|realtime)$/.exec(anomaly)?.[1];
  const base = REFUTES[anomaly.replace(/-(process|realtime)$/, '')] ?? [];
  if (form === undefined) return base;
  return base.map(form === 'process' ? sessionForm : strongForm);
}

const REFUTES: Readonly<Record<string, readonly IsolationLevel[]>> = {
  G0: ['read-uncommitted'],
  'garbage-read': ['read-uncommitted'],
  'duplicate-elements': ['read-uncommitted'],
  'cyclic-versions': ['read-uncommitted'],
  'predicate-read-miss': ['read-uncommitted'],
  G1a: ['read-committed'],
  G1b: ['read-committed'],
  G1c: ['read-committed'],
  'future-read': ['read-committed'],
  'dirty-update': ['read-committed'],
  'incompatible-order': ['read-committed'],
  internal: ['read-atomic'],
  'fractured-read': ['read-atomic'],
  'lost-update': ['cursor-stability', 'update-atomic'],
  'causality-violation': ['consistent-view'],
  'G-single': ['consistent-view'],
  'G-single-item': ['consistent-view', 'repeatable-read'],
  'G-nonadjacent': ['snapshot-isolation'],
  'G-nonadjacent-item': ['snapshot-isolation', 'repeatable-read'],
  'G2-item': ['repeatable-read'],
  G2: ['serializable'],
};

/** What a history says of the levels. */
export interface LevelReport {
  /** Levels that an anomaly refutes. */
  readonly refuted: readonly IsolationLevel[];
  /** The weakest of those: all others are refuted because these are. */
  readonly weakestRefuted: readonly IsolationLevel[];
  /** The strongest levels that are not refuted: the history leaves them possible. */
  readonly strongestPossible: readonly IsolationLevel[];
}

/** The levels that `anomalies` leave possible, and those that they refute. */
export function reportLevels(anomalies: Iterable<AnomalyName>): LevelReport {
  const direct = new Set([...anomalies].flatMap(refutedBy));
  const refuted = new Set<IsolationLevel>();
  for (const level of ISOLATION_LEVELS) {
    const isRefuted =
      direct.has(level) || weakerLevels(level).some((weaker) => refuted.has(weaker));
    if (isRefuted) refuted.add(level);
  }
  const possible = ISOLATION_LEVELS.filter((level) => !refuted.has(level));
  const belowPossible = new Set(possible.flatMap(weakerLevels));
  return {
    refuted: [...refuted],
    weakestRefuted: [...refuted].filter(
      (level) => !weakerLevels(level).some((weaker) => refuted.has(weaker)),
    ),
    strongestPossible: possible.filter((level) => !belowPossible.has(level)),
  };
}

/** Whether an anomaly refutes `level`, by itself or by a weaker one. */
export function refutes(anomaly: AnomalyName, level: IsolationLevel): boolean {
  return reportLevels([anomaly]).refuted.includes(level);
}
