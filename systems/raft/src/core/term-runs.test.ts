/**
 * How far a follower goes back: to the last entry that can match, a term at a time.
 */
import { expect, it } from 'vitest';
import type { LogIndex, Term } from './positions.ts';
import { TermRuns } from './term-runs.ts';

const at = (index: number) => index as LogIndex;
const term = (number: number) => number as Term;

it('R13: skips all of a term that is too new, also of that in which the log begins', () => {
  const runs = new TermRuns(at(10), term(3));
  for (let index = 11; index <= 40; index += 1) runs.append(at(index), term(index < 31 ? 3 : 5));
  expect(runs.lastAtMost(at(40), term(5))).toBe(40);
  expect(runs.lastAtMost(at(40), term(4))).toBe(30);
  expect(runs.lastAtMost(at(25), term(3))).toBe(25);
  // Nothing here can match but the base, of which there is a snapshot.
  expect(runs.lastAtMost(at(40), term(2))).toBe(10);
  expect(runs.lastAtMost(at(25), term(2))).toBe(10);
});
