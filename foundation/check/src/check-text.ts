/**
 * The engine of `mangrove check FILE`: reads a history in any known format, finds out what to check
 * where nobody says it, and judges.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Bounds } from './budget.ts';
import type { AskedCheck, Judged } from './catalogue/check.ts';
import { checkNamed } from './catalogue/checks.ts';
import { guessCheck } from './catalogue/guess-check.ts';
import { Settings } from './catalogue/settings.ts';
import { type HistoryFormat, historyTextTask, type ReadHistory } from './formats/history-text.ts';
import type { HistoryText } from './formats/text-lines.ts';
import { HistoryFault, type Value } from './history.ts';
import type { Task } from './task.ts';
import type { Verdict } from './verdict.ts';

/** What a caller may set. */
export interface CheckTextOptions extends Bounds {
  /** One of `CHECK_NAMES`; found from the operations where it is absent. */
  readonly check?: string;
  /** The value that an object begins with; that of the model where it is absent. */
  readonly initial?: Value;
  /** The settings of the check, by the names that it declares in `CHECKS`. */
  readonly settings?: Readonly<Record<string, Value>>;
}

/** What came of a text. */
export interface TextReport {
  readonly format: HistoryFormat;
  /** One of `CHECK_NAMES`. */
  readonly check: string;
  /** Whether the check was found from the operations, since nobody asked for one. */
  readonly isGuessed: boolean;
  readonly verdict: Verdict;
  /** Sentences on more than the verdict: which levels stay possible, for example. */
  readonly notes: readonly string[];
  /** What the judge measured or found besides, as plain JSON. */
  readonly details: Readonly<Record<string, Value>>;
}

/**
 * Reads and judges a history, in slices.
 *
 * The exit code of a command follows from the verdict alone: `valid` 0, `invalid` 1, `unknown` 2.
 * What is thrown is no verdict: `HistoryFault` (the text is no history, or has operations that the
 * check does not know) and `BrokenInvariant` are 3, could not run; `InvalidArgument` (no such
 * check, a wrong bound or setting) is 64, wrong usage. A history in which nothing happened is
 * `valid`, and `coverage.notChecked` says that nothing was tested: a command should print that as a
 * warning. The text is let go once it is read.
 */
export function checkTextTask(text: HistoryText, options: CheckTextOptions = {}): Task<TextReport> {
  return checkHistoryTask(historyTextTask(text), options);
}

/** Only `reading` has the text, and lets it go when it ends: a judge needs the memory. */
function* checkHistoryTask(
  reading: Task<ReadHistory>,
  options: CheckTextOptions,
): Task<TextReport> {
  const { check: asked, initial } = options;
  if (asked !== undefined) refuseWrongOptions(asked, options);
  const history = yield* reading;
  const name = asked ?? guessCheck(history);
  const settings = refuseWrongOptions(name, options);
  const judged = yield* judgeTask(name, { history, settings, initial, bounds: options });
  return {
    ...{ format: history.format, check: name, isGuessed: asked === undefined },
    verdict: judged.verdict,
    notes: judged.notes ?? [],
    details: judged.details ?? {},
  };
}

/** A fault at an event is told by the line of the event, where it has one. */
function* judgeTask(name: string, asked: AskedCheck): Task<Judged> {
  try {
    return yield* checkNamed(name).judge(asked);
  } catch (error) {
    if (!(error instanceof HistoryFault) || !('events' in asked.history)) throw error;
    const [, event] = /^event (\d+)$/.exec(error.place) ?? [];
    const line = event === undefined ? undefined : asked.history.lineOf?.[Number(event)];
    if (line === undefined) throw error;
    throw new HistoryFault(`line ${line}`, error.message.slice(error.place.length + 2));
  }
}

function refuseWrongOptions(name: string, { settings, initial }: CheckTextOptions): Settings {
  const check = checkNamed(name);
  if (initial !== undefined && !check.takesInitial) {
    throw new InvalidArgument('initial', initial, `absent: ${name} begins in its own state`);
  }
  return new Settings(name, check.settings, settings);
}
