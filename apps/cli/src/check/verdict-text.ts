/**
 * A judgement as lines for people.
 */
import type { Violation } from '@mangrove/check';
import { drawingLines } from './drawing-text.ts';
import type { Judgement } from './judgement.ts';

/** What was judged, the verdict, what it rests on, and what is wrong with a drawing of each. */
export function judgementLines({ verdict, format, isolation }: Judgement): readonly string[] {
  const { check, operationCount, okCount, failCount, openCount, keyCount, notChecked } =
    verdict.coverage;
  const keys = keyCount === 1 ? '1 key' : `${keyCount} keys`;
  const by = verdict.type === 'unknown' ? '' : `, decided by ${verdict.decidedBy}`;
  const lines = [
    `${check}: ${verdict.type === 'valid' ? 'valid' : verdict.type.toUpperCase()}`,
    `${operationCount} operations on ${keys} (${okCount} ok, ${failCount} failed, ${openCount} ` +
      `not known), read as ${format}${by}`,
    ...notChecked,
  ];
  if (isolation !== undefined) {
    const { anomalies, levels } = isolation;
    const found = anomalies.length === 0 ? 'none' : anomalies.join(', ');
    const possible = levels.strongestPossible;
    lines.push(`anomalies: ${found}`);
    lines.push(`still possible: ${possible.length === 0 ? 'no level' : possible.join(', ')}`);
  }
  if (verdict.type === 'unknown') lines.push(`It is not known: ${verdict.reason.sentence}.`);
  if (verdict.type === 'invalid') lines.push(...verdict.violations.flatMap(violationLines));
  return lines;
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
