/**
 * A report on a history as lines for people.
 */
import type { TextReport, Violation } from '@mangrove/check';
import { drawingLines } from './drawing-text.ts';

/** What was judged, the verdict, what it rests on, and what is wrong with a drawing of each. */
export function reportLines(report: TextReport): readonly string[] {
  const { verdict, format, check, isGuessed, notes } = report;
  const { operationCount, okCount, failCount, openCount, keyCount, notChecked } = verdict.coverage;
  const keys = keyCount === 1 ? '1 key' : `${keyCount} keys`;
  const by = verdict.type === 'unknown' ? '' : `, decided by ${verdict.decidedBy}`;
  return [
    `${verdict.coverage.check}: ${verdict.type === 'valid' ? 'valid' : verdict.type.toUpperCase()}`,
    `${operationCount} operations on ${keys} (${okCount} ok, ${failCount} failed, ${openCount} ` +
      `not known), read as ${format}${by}`,
    ...(isGuessed ? [`judged as ${check}, which it looks like: --model asks for another`] : []),
    ...notChecked.map(warningOf),
    ...notes,
    ...(verdict.type === 'unknown' ? [`It is not known: ${verdict.reason.sentence}.`] : []),
    ...(verdict.type === 'invalid' ? verdict.violations.flatMap(violationLines) : []),
  ];
}

function warningOf(sentence: string): string {
  const isNothing = sentence.startsWith('nothing was tested');
  return isNothing ? `warning: ${sentence}` : `not checked: ${sentence}`;
}

function violationLines({ anomaly, key, sentences, drawing }: Violation): readonly string[] {
  const drawn = drawingLines(drawing);
  return [
    '',
    key === undefined ? anomaly : `${anomaly}, key ${key}`,
    ...sentences.map((sentence) => `  ${sentence}`),
    ...(drawn.length === 0 ? [] : ['', ...drawn.map((line) => `  ${line}`)]),
  ];
}
