/**
 * A verdict: what a judge says of a history, why, and of how much of it.
 *
 * There are three, and `unknown` is not `valid`: it means that a bound was reached, or that what
 * was recorded does not decide it, and says which.
 *
 * No verdict passes in silence. Where nothing could have been refuted, `coverage.isTested` is false
 * and `coverage.notChecked` begins with the reason. The type is then `unknown`, but for four
 * promises that an empty history keeps by definition, and that those who recorded such histories
 * call valid: linearizability, sequential consistency, the bounds of a counter, and a queue from
 * which nothing came out.
 */
import { type EventMention, spoken, type Told } from './event-mention.ts';
import type { RecordedOperation } from './history.ts';
import { describeOperation } from './model.ts';
import { finishSlices, Pace, type Slices } from './task.ts';

/** What a judge says. */
export type Verdict =
  | { readonly type: 'valid'; readonly coverage: Coverage; readonly decidedBy: string }
  | {
      readonly type: 'invalid';
      readonly coverage: Coverage;
      readonly decidedBy: string;
      /** At least one. */
      readonly violations: readonly Violation[];
    }
  | { readonly type: 'unknown'; readonly coverage: Coverage; readonly reason: UnknownReason };

/** Why a judge does not know; `sentence` is for people. */
export interface UnknownReason {
  readonly code: 'steps' | 'memory' | 'time' | 'nothing-tested' | 'undecided';
  readonly sentence: string;
}

/** How much of the history a judge looked at. */
export interface Coverage {
  /** The judge: `linearizable (cas-register)`. */
  readonly check: string;
  readonly operationCount: number;
  readonly okCount: number;
  readonly failCount: number;
  /** Operations whose outcome is not known. */
  readonly openCount: number;
  readonly keyCount: number;
  /** Whether anything in the history could have refuted the promise. */
  readonly isTested: boolean;
  /** Sentences on what was not looked at, and why; empty when everything was. */
  readonly notChecked: readonly string[];
}

/** One thing that is wrong, with what a person needs to see it. */
export interface Violation {
  /** `not-linearizable`, `lost`, `G-single`, ... */
  readonly anomaly: string;
  readonly key?: string;
  /** What happened and why it cannot be, sentence by sentence. */
  readonly sentences: readonly string[];
  /** Where they name events of the history; missing where they name none. */
  readonly mentions?: readonly EventMention[];
  /** The smallest sub-history that was found to be wrong still. */
  readonly operations: readonly RecordedOperation[];
  readonly drawing: Drawing;
}

/**
 * Data to draw a space-time diagram: a lane a process, a bar an operation, an arrow a constraint.
 */
export interface Drawing {
  readonly lanes: readonly string[];
  readonly bars: readonly DrawingBar[];
  readonly arrows: readonly DrawingArrow[];
}

/** An operation as it is drawn. */
export interface DrawingBar {
  /** The operation's id; arrows refer to it. */
  readonly id: number;
  /** An index into `lanes`. */
  readonly lane: number;
  readonly label: string;
  /** Ranks, not times: 0, 1, 2, ... in the order of the events. */
  readonly from: number;
  /** The rank of the completion; absent when the operation is open. */
  readonly to?: number;
  /** Whether the violation is seen at this operation. */
  readonly marked: boolean;
}

/** Why one operation comes before another. */
export interface DrawingArrow {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** How many violations a judge explains; its report still lists all that is wrong. */
export const MAX_VIOLATIONS = 8;

/** What a judge came to. */
export interface Conclusion {
  readonly coverage: Coverage;
  readonly decidedBy: string;
  /** At most `MAX_VIOLATIONS` of them go into the verdict. */
  readonly violations: readonly Violation[];
  /** How many things were held against the promise. */
  readonly testedCount: number;
  /** What there is none of where nothing was tested: `no acquire is known to have happened`. */
  readonly nothing: string;
}

/** The verdict of a judge that has looked at everything. */
export function concluded(conclusion: Conclusion): Verdict {
  const { coverage, decidedBy, violations, testedCount, nothing } = conclusion;
  if (violations.length > 0) {
    const explained = violations.slice(0, MAX_VIOLATIONS);
    return { type: 'invalid', coverage, decidedBy, violations: explained };
  }
  if (testedCount > 0) return { type: 'valid', coverage, decidedBy };
  return nothingTested(coverage, nothing);
}

/** The verdict where nothing could have been refuted, of a promise that is then kept. */
export function vacuouslyValid(coverage: Coverage, nothing: string): Verdict {
  return { type: 'valid', coverage: untested(coverage, nothing), decidedBy: 'nothing to test' };
}

/** The verdict on a history in which nothing could have been refuted. */
export function nothingTested(coverage: Coverage, nothing: string): Verdict {
  const reason = { code: 'nothing-tested', sentence: `nothing was tested: ${nothing}` } as const;
  return { type: 'unknown', coverage: untested(coverage, nothing), reason };
}

function untested(coverage: Coverage, nothing: string): Coverage {
  const others = coverage.notChecked.filter((note) => note !== NOTHING_HAPPENED);
  return {
    ...coverage,
    isTested: false,
    notChecked: [`nothing was tested: ${nothing}`, ...others],
  };
}

const NOTHING_HAPPENED = 'nothing was tested: no operation is known to have happened';

/** What a judge looked at when it looked at all of `operations`. */
export function coverageOf(
  check: string,
  operations: readonly RecordedOperation[],
  notChecked: readonly string[] = [],
): Coverage {
  return finishSlices(coverageSlices(check, operations, notChecked));
}

/** The same in slices. */
export function* coverageSlices(
  check: string,
  operations: readonly RecordedOperation[],
  notChecked: readonly string[] = [],
): Slices<Coverage> {
  const pace = new Pace(check);
  const counter = new CoverageCounter();
  for (const operation of operations) {
    counter.add(operation);
    if (pace.isOver()) yield;
  }
  return counter.coverage(check, notChecked);
}

/** Counts what a judge looks at, operation by operation. */
export class CoverageCounter {
  readonly #keys = new Set<string | undefined>();
  #okCount = 0;
  #failCount = 0;
  #openCount = 0;

  add({ end, key }: RecordedOperation): void {
    if (end === 'ok') this.#okCount++;
    else if (end === 'fail') this.#failCount++;
    else this.#openCount++;
    this.#keys.add(key);
  }

  /** What was counted so far. */
  coverage(check: string, notChecked: readonly string[] = []): Coverage {
    const [okCount, failCount, openCount] = [this.#okCount, this.#failCount, this.#openCount];
    return {
      check,
      operationCount: okCount + failCount + openCount,
      okCount,
      failCount,
      openCount,
      keyCount: this.#keys.size,
      isTested: okCount > 0,
      notChecked: okCount === 0 ? [NOTHING_HAPPENED, ...notChecked] : notChecked,
    };
  }
}

/** How many operations of a long history are drawn. */
const MAX_DRAWN = 40;

/** A violation seen at the operation `marked`, with its drawing; of many operations some. */
export function violationOf(
  anomaly: string,
  sentences: readonly (string | Told)[],
  operations: readonly RecordedOperation[],
  marked: RecordedOperation | undefined,
  arrows: readonly DrawingArrow[] = [],
): Violation {
  const ids = new Set(marked === undefined ? [] : [marked.id]);
  const drawn = marked === undefined ? operations : drawnOf(operations, marked, arrows);
  return {
    anomaly,
    ...(marked?.key === undefined ? {} : { key: marked.key }),
    ...spoken([...sentences, ...sizeSentences(operations)]),
    operations,
    drawing: drawingOf(drawn, describeOperation, ids, arrows),
  };
}

/**
 * Of a long history those that arrows lead from or to, and those that ended last, up to `last`:
 * there it shows what is wrong.
 */
export function drawnOf(
  operations: readonly RecordedOperation[],
  last: RecordedOperation,
  arrows: readonly DrawingArrow[] = [],
): readonly RecordedOperation[] {
  if (operations.length <= MAX_DRAWN) return operations;
  const named = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const endOf = ({ completedAt }: RecordedOperation) => Math.min(completedAt, last.completedAt);
  return operations
    .toSorted((a, b) => endOf(b) - endOf(a))
    .filter((it, index) => index < MAX_DRAWN || it === last || named.has(it.id))
    .sort((a, b) => a.id - b.id);
}

/** That a part is large, where it is, and that not all of it is drawn. */
export function sizeSentences(operations: readonly RecordedOperation[]): readonly string[] {
  if (operations.length <= MAX_DRAWN) return [];
  return [
    `It takes ${operations.length} operations, those that the reads saw among them; ${MAX_DRAWN} ` +
      'are drawn.',
  ];
}

/** The drawing of some operations; `label` says what stands on a bar. */
export function drawingOf(
  operations: readonly RecordedOperation[],
  label: (operation: RecordedOperation) => string,
  marked: ReadonlySet<number>,
  arrows: readonly DrawingArrow[] = [],
): Drawing {
  const lanes = [...new Set(operations.map((operation) => operation.process))];
  const laneOf = new Map(lanes.map((process, lane) => [process, lane]));
  const positions = operations.flatMap(({ invokedAt, completedAt }) => [invokedAt, completedAt]);
  const ranks = new Map<number, number>();
  for (const position of positions.sort((a, b) => a - b)) {
    if (!ranks.has(position)) ranks.set(position, ranks.size);
  }
  const bars = operations.map((operation) => {
    const to = operation.end === 'open' ? undefined : ranks.get(operation.completedAt);
    return {
      id: operation.id,
      lane: laneOf.get(operation.process) ?? 0,
      label: label(operation),
      from: ranks.get(operation.invokedAt) ?? 0,
      ...(to === undefined ? {} : { to }),
      marked: marked.has(operation.id),
    };
  });
  return { lanes, bars, arrows };
}
