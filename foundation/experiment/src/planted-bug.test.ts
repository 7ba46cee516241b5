/**
 * Shows when a planted bug applies: its text must stand in the file exactly once.
 */
import { describe, expect, it } from 'vitest';
import { type PlantedBug, plant } from './planted-bug.ts';

function bug(find: string, replace: string): PlantedBug {
  return {
    ...{ name: 'lost-vote', file: 'vote.ts', find, replace, breaks: 'A vote survives a crash.' },
    ...{ source: 'a test', experiment: 'register', seedBudget: 10 },
  };
}

describe('a planted bug', () => {
  it('is planted where its text stands once', () => {
    const planted = plant(bug('await sync();\n', ''), 'vote();\nawait sync();\nreply();\n');
    expect(planted).toEqual({ type: 'planted', text: 'vote();\nreply();\n' });
  });

  it('is planted as it is written, whatever replacement patterns it holds', () => {
    const planted = plant(bug('x', "$& $1 $' $$"), 'a x b');
    expect(planted).toEqual({ type: 'planted', text: "a $& $1 $' $$ b" });
  });

  it.each([
    ['missing', 'sync', 'vote();', 'does not stand'],
    ['there twice', 'sync', 'sync(); sync();', 'stands more than once'],
    ['there twice, overlapping', 'aa', 'aaa', 'stands more than once'],
    ['empty', '', 'ab', 'is empty'],
  ])('is refused where its text is %s', (_how, find, text, reason) => {
    const planted = plant(bug(find, 'other'), text);
    expect(planted).toMatchObject({ type: 'refused', reason: expect.stringContaining(reason) });
    expect(planted).toMatchObject({ reason: expect.stringMatching(/lost-vote.*vote\.ts/) });
  });
});
