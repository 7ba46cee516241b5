/**
 * Shows that the histories which stand in the package are judged as their table says, and that the
 * table has one for each check that is no model or level.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  CHECKS,
  checkTextTask,
  finishTask,
  ISOLATION_LEVELS,
  MODEL_NAMES,
  type TextReport,
} from '../src/index.ts';

const FOLDER = new URL('../histories/', import.meta.url);

interface Row {
  readonly file: string;
  readonly check: string;
  readonly settings: Readonly<Record<string, number>>;
  readonly verdict: string;
}

const table = readFileSync(new URL('README.md', FOLDER), 'utf8');
const rows = [...table.matchAll(/^\| `([^`]+\.jsonl)` \| `([^`]+)` \|([^|]*)\| (\w+) \|/gm)].map(
  ([, file = '', check = '', settings = '', verdict = '']): Row => ({
    ...{ file, check, verdict },
    settings: Object.fromEntries(
      [...settings.matchAll(/`(\w+)=(\d+)`/g)].map(([, name = '', value]) => [name, Number(value)]),
    ),
  }),
);

function judge({ file, check, settings }: Row): TextReport {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  return finishTask(checkTextTask(text, { check, settings }));
}

it('R24: every history of the package has the verdict that its table says', () => {
  for (const row of rows) {
    expect([row.file, row.check, judge(row).verdict.type]).toEqual([
      row.file,
      row.check,
      row.verdict,
    ]);
  }
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.jsonl'));
  expect(new Set(rows.map(({ file }) => file))).toEqual(new Set(files));
});

it('R25: every check that is no model or level has a history in the format of the house', () => {
  const shown = new Set(rows.map(({ check }) => check));
  const others = CHECKS.map(({ name }) => name).filter(
    (name) =>
      !MODEL_NAMES.some((model) => name.endsWith(model)) &&
      !(ISOLATION_LEVELS as readonly string[]).includes(name),
  );
  expect(others.filter((name) => !shown.has(name))).toEqual([]);
});

it('R25: the schema names every operation that a check takes, and the fields of events', () => {
  const text = readFileSync(new URL('../history.schema.json', import.meta.url), 'utf8');
  const schema = JSON.parse(text);
  const names = new Set(Object.keys(schema.$defs.operations.properties));
  const taken = CHECKS.flatMap(({ operations }) =>
    (operations.split(/[[(;]|, and/)[0] ?? '').split(',').map((name) => name.trim().split(' ')[0]),
  );
  const strange = taken.filter((name) => name !== undefined && name !== 'any' && !names.has(name));
  expect(strange.filter((name) => name !== '')).toEqual([]);
  const fields = new Set(Object.keys(schema.properties));
  for (const { file } of rows) {
    for (const line of readFileSync(new URL(file, FOLDER), 'utf8').trim().split('\n')) {
      const event = JSON.parse(line);
      expect(Object.keys(event).filter((field) => !fields.has(field))).toEqual([]);
      expect(schema.required.filter((field: string) => !(field in event))).toEqual([]);
    }
  }
});

it('R26: an invalid verdict has sentences, operations, and a drawing of each of them', () => {
  const invalid = rows.filter(({ verdict }) => verdict === 'invalid');
  for (const row of invalid) {
    const { verdict } = judge(row);
    if (verdict.type !== 'invalid') throw new Error(`${row.file} is ${verdict.type}`);
    for (const { sentences, operations, drawing } of verdict.violations) {
      expect([row.file, sentences.length > 0, operations.length > 0]).toEqual([
        row.file,
        true,
        true,
      ]);
      expect(drawing.bars.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
      const known = new Set(operations.map(({ id }) => id));
      expect(drawing.arrows.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual(
        [],
      );
      expect(JSON.parse(JSON.stringify(drawing))).toEqual(drawing);
    }
  }
  expect(invalid.length).toBeGreaterThan(15);
});
