/**
 * The audit of a run: everything that goes into its hash, as text, so that two runs can be
 * compared.
 */

/** What a node did or met; the numbers are part of the trace hash. */
export const EVENT_KINDS = {
  start: 1,
  timer: 2,
  message: 3,
  link: 4,
  disk: 5,
  stream: 6,
  wake: 7,
  fault: 8,
  send: 9,
  'set-timer': 10,
  'begin-disk': 11,
  'begin-stream': 12,
} as const;

/** The name of one of them. */
export type EventKind = keyof typeof EVENT_KINDS;

/** One line of an audit. */
export interface AuditEntry {
  readonly atUs: number;
  readonly node: string;
  readonly kind: EventKind;
  /** The values, readable. */
  readonly detail: string;
  /** The code that did it. */
  readonly stack: string;
}

/** Where two runs part: the first entry that differs, in both. One is missing where a run ended. */
export interface Divergence {
  /** 0-based. */
  readonly index: number;
  readonly left: AuditEntry | undefined;
  readonly right: AuditEntry | undefined;
}

/** Collects the entries of one run. Slow (a stack each): for checking determinism only. */
export class Audit {
  readonly entries: AuditEntry[] = [];

  add(atUs: number, node: string, kind: EventKind, detail: string): void {
    const lines = (new Error().stack ?? '').split('\n').slice(3, 11);
    const stack = lines.map((line) => line.trim()).join('\n');
    this.entries.push({ atUs, node, kind, detail, stack });
  }
}

/** The first entry in which two runs differ, by anything but the stack; `undefined` if in none. */
export function firstDivergence(
  left: readonly AuditEntry[],
  right: readonly AuditEntry[],
): Divergence | undefined {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left[index], right[index]];
    if (a === undefined || b === undefined || !isSame(a, b)) return { index, left: a, right: b };
  }
  return undefined;
}

/** The divergence in words, with both values and both stacks. */
export function describeDivergence(divergence: Divergence): string {
  const side = (name: string, entry: AuditEntry | undefined) =>
    entry === undefined
      ? `${name}: the run had ended`
      : `${name}: ${entry.atUs} us ${entry.node} ${entry.kind} ${entry.detail}\n${entry.stack}`;
  const { index, left, right } = divergence;
  return `the runs differ first at event ${index}\n${side('left', left)}\n${side('right', right)}`;
}

function isSame(a: AuditEntry, b: AuditEntry): boolean {
  return a.atUs === b.atUs && a.node === b.node && a.kind === b.kind && a.detail === b.detail;
}
