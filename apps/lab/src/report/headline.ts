/**
 * The headline of a report: the consequence in one sentence, with times, and what to make of it.
 */
import type { ExperimentReport, RunEvidence } from '../run-report.ts';
import {
  type Answer,
  anomaliesOf,
  type ExplainedOperation,
  type HistoryExplanation,
} from '../verdict.ts';
import { contradictionOf, isWrite } from './operation.ts';
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

/** The explanation of the run's history; undefined where no judge gave one. */
export function explanationOf({ verdict }: RunEvidence): HistoryExplanation | undefined {
  return verdict.checks.find(({ explanation }) => explanation !== undefined)?.explanation;
}

/** The headline of `report`. */
export function headlineOf(report: ExperimentReport): Headline {
  const run = shownRun(report);
  const { answer } = run.verdict;
  return {
    answer,
    sentence: sentenceOf(run),
    notes: [...plantedNotes(report), ...unknownNotes(run)],
  };
}

function sentenceOf(run: RunEvidence): string {
  const { verdict, history, plan, endMs } = run;
  if (verdict.answer === 'invalid') {
    const explanation = explanationOf(run);
    const lost = explanation === undefined ? undefined : lostWrite(explanation);
    if (lost !== undefined && verdict.anomaly === 'linearizability') return lost;
    return toSentence(anomaliesOf(verdict)[0]?.sentence ?? 'a check did not hold');
  }
  if (verdict.answer === 'unknown') {
    const open = verdict.checks.find(({ answer }) => answer === 'unknown');
    const why = open?.anomalies[0]?.sentence ?? 'a judge gave up at its bound';
    return toSentence(`it is not known whether the promises held: ${why}`);
  }
  const operations = history.filter(({ type }) => type === 'invoke').length;
  const faults =
    plan.faults.length === 0 ? 'without faults' : `under ${plural(plan.faults.length, 'fault')}`;
  return (
    `Every check held: ${plural(operations, 'operation')} ${faults} ` +
    `in ${formatMs(endMs)} of the run\u2019s time.`
  );
}

/**
 * A confirmed write that a later read did not see, where the explanation shows one: the last one
 * that was over before the read began, with no other write of the key beside them.
 */
function lostWrite(explanation: HistoryExplanation): string | undefined {
  const read = contradictionOf(explanation);
  if (read === undefined || isWrite(read.f) || read.output === undefined) return undefined;
  const writes = explanation.operations.filter(({ f }) => isWrite(f));
  const before = writes.filter(({ outcome, untilMs }) => outcome === 'ok' && untilMs < read.fromMs);
  const write = before.reduce<ExplainedOperation | undefined>(
    (last, each) => (last === undefined || each.untilMs > last.untilMs ? each : last),
    undefined,
  );
  if (write?.input === undefined) return undefined;
  const isSeen = JSON.stringify(write.input) === JSON.stringify(read.output);
  const isOther = writes.some((each) => each !== write && each.untilMs > write.fromMs);
  if (isSeen || isOther) return undefined;
  const name = `${write.key === undefined ? '' : `${write.key}=`}${formatValue(write.input)}`;
  return (
    `${name} was confirmed at ${formatMs(write.untilMs)}, and a read that began ` +
    `${formatMs(read.fromMs - write.untilMs)} later returned ${formatValue(read.output)}.`
  );
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

function unknownNotes({ verdict }: RunEvidence): readonly string[] {
  if (verdict.answer !== 'unknown') return [];
  return ['Unknown is not valid: nothing was proven either way.'];
}
