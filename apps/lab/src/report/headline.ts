/**
 * The headline of a report: the consequence in one sentence, with times, and what to make of it.
 */

import { type ExperimentReport, type RunEvidence, repetitionWords } from '../run-report.ts';
import { type Answer, anomaliesOf, type HistoryExplanation } from '../verdict.ts';
import { injectedFaults } from './injected-faults.ts';
import { contradictionOf, isWrite, valueSeen, witnessOf } from './operation.ts';
import { formatMs, formatValue, plural, toSentence } from './wording.ts';

/** What stands at the top of a report. */
export interface Headline {
  readonly answer: Answer;
  /** One sentence. */
  readonly sentence: string;
  /** Whether it was expected, and what the clean code does; one sentence each. */
  readonly notes: readonly string[];
}

/** The run that a report draws and explains: the shrunk one where there is one. */
export function shownRun({ shrunk, found }: ExperimentReport): RunEvidence {
  return shrunk ?? found;
}

/**
 * The explanation of what the run's clients saw: of the class that its verdict is called by, where
 * a judge of that class gave one, else the first; undefined where no judge gave one.
 */
export function explanationOf({
  verdict,
}: Pick<RunEvidence, 'verdict'>): HistoryExplanation | undefined {
  const all = verdict.checks.flatMap(({ explanation }) => explanation ?? []);
  return all.find((each) => each.class === verdict.anomaly) ?? all[0];
}

/** The headline of `report`. */
export function headlineOf(report: ExperimentReport): Headline {
  const run = shownRun(report);
  const { answer } = run.verdict;
  return {
    answer,
    sentence: sentenceOf(run),
    notes: [...plantedNotes(report), ...unknownNotes(run), ...repetitionNotes(report)],
  };
}

/** What a run came to, in one sentence. */
export function sentenceOf(run: RunEvidence): string {
  const { verdict, history, endMs } = run;
  if (verdict.answer === 'invalid') {
    const explanation = explanationOf(run);
    const pair = explanation === undefined ? undefined : contrast(explanation);
    if (pair !== undefined && verdict.anomaly === 'linearizability') return pair;
    return toSentence(anomaliesOf(verdict)[0]?.sentence ?? 'a check did not hold');
  }
  if (verdict.answer === 'unknown') {
    const open = verdict.checks.find(({ answer }) => answer === 'unknown');
    const why = open?.anomalies[0]?.sentence ?? 'a judge gave up at its bound';
    return toSentence(`it is not known whether the promises held: ${why}`);
  }
  const operations = history.filter(({ type }) => type === 'invoke').length;
  const { length: count } = injectedFaults(run);
  const faults = count === 0 ? 'without faults' : `under ${plural(count, 'fault')}`;
  return (
    `Every check held: ${plural(operations, 'operation')} ${faults} ` +
    `in ${formatMs(endMs)} of the run\u2019s time.`
  );
}

const NO_ORDER = 'no order of the operations explains what clients saw';

/**
 * What a client was told, and what another was told after it, where the explanation shows such a
 * pair. Where other writes were about, the two alone prove nothing: then it says what does.
 */
function contrast(explanation: HistoryExplanation): string | undefined {
  const wrong = contradictionOf(explanation);
  const witness = witnessOf(explanation);
  if (wrong === undefined || witness === undefined) return undefined;
  const { key, f, untilMs, fromMs } = witness;
  const name = `${key === undefined ? '' : `${key}=`}${formatValue(valueSeen(witness))}`;
  const first = isWrite(f)
    ? `${name} was confirmed at ${formatMs(untilMs)}`
    : `A ${f} returned ${name} at ${formatMs(untilMs)}`;
  const gapMs = wrong.fromMs - untilMs;
  const later = gapMs < 0.05 ? 'right after it' : `that began ${formatMs(gapMs)} later`;
  const second = `a ${wrong.f} ${later} returned ${formatValue(wrong.output)}`;
  const others = explanation.operations.filter(
    (each) => isWrite(each.f) && each !== witness && each.untilMs > fromMs,
  );
  const isPlain = isWrite(f) && others.length === 0;
  return `${first}, and ${second}${isPlain ? '.' : `: ${NO_ORDER}.`}`;
}

function plantedNotes({ planted }: ExperimentReport): readonly string[] {
  if (planted === undefined) return [];
  const { bug, cleanAnswer } = planted;
  const clean =
    cleanAnswer === undefined
      ? 'The clean code was not run under the same plan.'
      : cleanAnswer === 'valid'
        ? 'The clean code is valid under the same plan.'
        : `The clean code is ${cleanAnswer} under the same plan, so the bug is not the only cause.`;
  return [`Expected: the bug ${bug.name} was planted, and it is what this report is about.`, clean];
}

function repetitionNotes({ repetition }: ExperimentReport): readonly string[] {
  if (repetition === undefined) return [];
  return [`Of the same seed ${repetitionWords(repetition)}.`];
}

function unknownNotes({ verdict }: RunEvidence): readonly string[] {
  if (verdict.answer !== 'unknown') return [];
  return ['Unknown is not valid: nothing was proven either way.'];
}
