/**
 * What a history is judged by, and the judgement: pure, so that it can run in any thread.
 *
 * A history of transactions is judged by an isolation level, any other by a model of one object.
 */
import {
  checkIsolation,
  finishTask,
  type HistoryEvent,
  ISOLATION_LEVELS,
  type IsolationLevel,
  type IsolationReport,
  isJepsenLogLine,
  judgeIsolation,
  judgeWeakIsolation,
  linearizableTask,
  modelNamed,
  type Progress,
  readAwditText,
  readJepsenEdn,
  readJepsenLog,
  readJsonLines,
  readPolysiText,
  type Transaction,
  type Value,
  type Verdict,
  WEAK_LEVELS,
  type WeakLevel,
} from '@mangrove/check';

/** What is asked of a history. What is undefined is found by looking. */
export interface Question {
  readonly model: string | undefined;
  readonly level: string | undefined;
  /** The value at the start; that of the model where it is undefined. */
  readonly initial: Value | undefined;
  readonly timeoutMs: number;
}

/** The formats by name: `json-lines` is our own. */
export type HistoryFormat = 'json-lines' | 'edn' | 'jepsen-log' | 'awdit' | 'polysi';

/** The answer. */
export interface Judgement {
  readonly format: HistoryFormat;
  readonly verdict: Verdict;
  /** What a history of transactions shows beside the verdict. */
  readonly isolation: Pick<IsolationReport, 'anomalies' | 'levels'> | undefined;
}

/** Every level that a history can be judged by; `causal` is for registers only. */
export const LEVEL_NAMES: readonly string[] = [
  ...ISOLATION_LEVELS,
  ...WEAK_LEVELS.filter((level) => !(ISOLATION_LEVELS as readonly string[]).includes(level)),
];

/** The model that is taken for a history of single operations. */
export const DEFAULT_MODEL = 'cas-register';

/**
 * Judges the history in `text`.
 *
 * @param nowMs any clock that does not go back
 * @throws HistoryFault when it is no history, or not one of what was asked about
 */
export function judgeText(
  text: string,
  question: Question,
  nowMs: () => number,
  onProgress: (progress: Progress) => void,
): Judgement {
  const format = formatOf(text);
  if (format === 'awdit' || format === 'polysi') {
    const transactions = format === 'awdit' ? readAwditText(text) : readPolysiText(text);
    return { format, ...judgeSessions(transactions, question.level ?? 'serializable') };
  }
  const events = readEvents(format, text);
  const isIsolation =
    question.level !== undefined || (question.model === undefined && areTransactions(events));
  if (isIsolation) {
    const level = (question.level ?? 'strict-serializable') as IsolationLevel;
    const { verdict, anomalies, levels } = checkIsolation(events, { level });
    return { format, verdict, isolation: { anomalies, levels } };
  }
  const model = modelNamed(question.model ?? DEFAULT_MODEL, question.initial);
  const bounds = { nowMs, timeoutMs: question.timeoutMs };
  const verdict = finishTask(watched(linearizableTask(model, events, bounds), onProgress));
  return { format, verdict, isolation: undefined };
}

/** The format of a text, by its first lines. EDN maps have keywords for keys, JSON has strings. */
export function formatOf(text: string): HistoryFormat {
  const head = text.slice(0, 10_000);
  if (/^[\s,]*(?:;.*\s*)*[[({]*\s*:/.test(head)) return 'edn';
  if (/^\s*[rw]\s*\(/.test(head)) return 'polysi';
  if (/^\s*(?:[rw] \S+ \S+\s*$|-{3,}|={3,})/m.test(head)) return 'awdit';
  return head.split('\n').some(isJepsenLogLine) ? 'jepsen-log' : 'json-lines';
}

function readEvents(
  format: Exclude<HistoryFormat, 'awdit' | 'polysi'>,
  text: string,
): readonly HistoryEvent[] {
  if (format === 'edn') return readJepsenEdn(text);
  return format === 'jepsen-log' ? readJepsenLog(text) : readJsonLines(text);
}

/** Sessions without times: nothing is known of real time. */
function judgeSessions(
  transactions: readonly Transaction[],
  level: string,
): Pick<Judgement, 'verdict' | 'isolation'> {
  if ((WEAK_LEVELS as readonly string[]).includes(level)) {
    const verdict = judgeWeakIsolation(transactions, level as WeakLevel);
    return { verdict, isolation: undefined };
  }
  const { verdict, anomalies, levels } = judgeIsolation(transactions, {
    level: level as IsolationLevel,
  });
  return { verdict, isolation: { anomalies, levels } };
}

/** Whether operations are lists of steps: `[["append", "x", 1], ["r", "y", [2]]]`. */
function areTransactions(events: readonly HistoryEvent[]): boolean {
  const answered = events.find(({ type, value }) => type === 'ok' && value !== undefined);
  const steps = answered?.value;
  if (!Array.isArray(steps) || steps.length === 0) return false;
  return steps.every((step) => Array.isArray(step) && typeof step[0] === 'string');
}

function* watched<Result>(
  task: Generator<Progress, Result, void>,
  onProgress: (progress: Progress) => void,
): Generator<Progress, Result, void> {
  for (;;) {
    const turn = task.next();
    if (turn.done === true) return turn.value;
    onProgress(turn.value);
    yield turn.value;
  }
}
