/**
 * A check: a judge by the name that people ask for it, with what it takes and how it is begun.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Bounds } from '../budget.ts';
import type { HistoryFormat, ReadHistory } from '../formats/history-text.ts';
import type { HistoryEvent, Value } from '../history.ts';
import { SLICE_UNITS, type Slices, type Task, told } from '../task.ts';
import type { Verdict } from '../verdict.ts';
import type { Setting, Settings } from './settings.ts';

/** A judge with its name. */
export interface Check {
  /** As it is asked for: `cas-register`, `serializable`, `set-full`. */
  readonly name: string;
  readonly family: CheckFamily;
  /** What holds when the verdict is `valid`, in one sentence without a full stop. */
  readonly sentence: string;
  /** The operations that it looks at, as a history has them in `f`. */
  readonly operations: string;
  readonly settings: readonly Setting[];
  /** Whether `initial` may be given: the value that an object begins with. */
  readonly takesInitial: boolean;
  readonly judge: (asked: AskedCheck) => Task<Judged>;
}

/** What a check is about: lists show those of a family together. */
export type CheckFamily = 'linearizable' | 'sequential' | 'isolation' | 'object' | 'promise';

/** What a judge is given. */
export interface AskedCheck {
  readonly history: ReadHistory;
  readonly settings: Settings;
  readonly bounds: Bounds;
  readonly initial: Value | undefined;
}

/** What a judge says. */
export interface Judged {
  readonly verdict: Verdict;
  /** Sentences on more than the verdict: which levels stay possible, for example. */
  readonly notes?: readonly string[];
  /** What the judge measured or found besides, as plain JSON. */
  readonly details?: Readonly<Record<string, Value>>;
}

/** A judge that works in slices, as a task: its progress is how much of its work is done. */
export function inSlices(
  check: string,
  judge: (asked: AskedCheck) => Slices<Judged>,
): (asked: AskedCheck) => Task<Judged> {
  return (asked) => {
    let stepCount = 0;
    return told(judge(asked), () => {
      stepCount += SLICE_UNITS;
      return { check, partsDone: 0, partCount: 1, stepCount };
    });
  };
}

/**
 * The events of a history. @throws InvalidArgument where its format has transactions and no events
 */
export function eventsOf(history: ReadHistory): readonly HistoryEvent[] {
  if ('events' in history) return history.events;
  throw new InvalidArgument('check', history.format, 'a level of isolation for this format');
}

/** Whether the recorder was Jepsen or its kin, which write nil for what is not known. */
export function isJepsenFormat(format: HistoryFormat): boolean {
  return format === 'jepsen-edn' || format === 'jepsen-json';
}

/** A check without settings. */
export function plainCheck(
  described: Pick<Check, 'name' | 'family' | 'sentence' | 'operations'>,
  judge: (events: readonly HistoryEvent[]) => Slices<Verdict>,
): Check {
  return {
    ...described,
    settings: [],
    takesInitial: false,
    judge: inSlices(described.name, function* ({ history }) {
      return { verdict: yield* judge(eventsOf(history)) };
    }),
  };
}
