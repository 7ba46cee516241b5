/**
 * The list of all checks, for people and for machines.
 */
import { CHECKS, type Check, type CheckFamily } from '@mangrove/check';

const HEADINGS: readonly (readonly [family: CheckFamily, heading: string])[] = [
  ['linearizable', 'One object, linearizable: one order of all operations, in real time'],
  ['sequential', 'One object, sequentially consistent: one order, as each process has it'],
  ['isolation', 'Transactions: no anomaly refutes the level of isolation'],
  ['object', 'Objects by count and by bound'],
  ['promise', 'Promises of other kinds'],
];

/** All checks under their headings, with what each takes. */
export function checkListLines(): readonly string[] {
  const width = Math.max(...CHECKS.map(({ name }) => name.length)) + 2;
  return HEADINGS.flatMap(([family, heading], index) => {
    const group = CHECKS.filter((check) => check.family === family);
    const lines = group.flatMap((check) => linesOf(check, width));
    return [...(index === 0 ? [] : ['']), `${heading}:`, ...lines];
  });
}

/** All checks as JSON. */
export function checkListJson(): string {
  return JSON.stringify(CHECKS.map(({ judge: _, ...told }) => told));
}

function linesOf(check: Check, width: number): readonly string[] {
  const { name, family, sentence, operations, settings, takesInitial } = check;
  const indent = ' '.repeat(width + 2);
  const first = `  ${name.padEnd(width)}${sentence}`;
  // Levels take the same operations, and of sequential models the linearizable ones tell.
  if (family === 'isolation' || family === 'sequential') return [first];
  const told = settings.map((setting) => {
    const needed = setting.isRequired === true ? ' (needed)' : '';
    return `${indent}--set ${setting.name}=...${needed}: ${setting.sentence}`;
  });
  const initial = takesInitial ? [`${indent}--initial JSON: what an object begins with`] : [];
  return [first, `${indent}operations: ${operations}`, ...initial, ...told];
}
