/**
 * Shows which names a person is told who typed one that there is not.
 */
import { expect, it } from 'vitest';
import { nearestNames } from './nearest-names.ts';

const NAMES = ['register', 'raft', 'raft-pair', 'raft/leader-isolated', 'kv/leader-isolated', 'kv'];

it.each([
  ['registr', 'register', 'a letter is missing'],
  ['rfat', 'raft', 'two letters have changed places'],
  ['Raft', 'raft', 'it is written large'],
  ['leader-isolated', 'kv/leader-isolated', 'the system is missing'],
  ['kv/isolated-leader', 'kv/leader-isolated', 'the words have another order'],
  ['raft-leader-isolated', 'raft/leader-isolated', 'another mark is between the words'],
])('%s comes near %s: %s', (typed, near) => {
  expect(nearestNames(typed, NAMES)[0]).toBe(near);
});

it('nothing comes near what is like none, and never more than five do', () => {
  expect(nearestNames('moth', NAMES)).toEqual([]);
  expect(nearestNames('', NAMES)).toEqual([]);
  const many = Array.from({ length: 20 }, (_, place) => `raft-${place}`);
  expect(nearestNames('raft-', many)).toHaveLength(5);
});
