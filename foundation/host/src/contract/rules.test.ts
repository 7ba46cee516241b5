/**
 * Shows that the contract suite is complete: every rule that a docstring of the Host states has a
 * case, and every case shows a rule that is stated.
 */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hostContract } from './index.ts';

/** A rule as it stands in a docstring: ` * - N5: ...`. */
const RULE = /^ \* - ([A-Z]\d+): /gm;

const source = new URL('../', import.meta.url);
const stated = fs
  .readdirSync(source)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .flatMap((name) => [...fs.readFileSync(new URL(name, source), 'utf8').matchAll(RULE)])
  .map(([, rule]) => rule ?? '');

describe('the contract suite', () => {
  it('finds the rules in the docstrings, each stated once', () => {
    const letters = [...new Set(stated.map((rule) => rule[0]))].sort();
    expect(letters).toEqual(['C', 'D', 'H', 'N', 'S', 'T']);
    expect(stated).toHaveLength(new Set(stated).size);
    for (const letter of letters) {
      const numbers = stated.filter((rule) => rule[0] === letter).map((rule) => +rule.slice(1));
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
  });

  it('has a case for every rule', () => {
    const shown = new Set(hostContract.flatMap(({ rules }) => rules));
    expect(stated.filter((rule) => !shown.has(rule))).toEqual([]);
  });

  it('shows no rule that is not stated, and names its cases apart', () => {
    const unknown = hostContract.flatMap(({ rules }) => rules.filter((r) => !stated.includes(r)));
    expect(unknown).toEqual([]);
    const titles = hostContract.map(({ title }) => title);
    expect(titles).toHaveLength(new Set(titles).size);
    for (const { rules, title } of hostContract) expect(rules, title).not.toHaveLength(0);
  });
});
