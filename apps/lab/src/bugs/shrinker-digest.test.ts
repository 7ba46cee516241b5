/**
 * The digest of the shrinker changes with any line of code, and with no comment.
 */
import { expect, it } from 'vitest';
import { digestShrinker, digestSources } from './shrinker-digest.ts';

const CODE = '/** What it is. */\nconst luck = 3;\n\nexport const tries = luck\n';

it('changes with a line of code and with a file, not with comments and empty lines', () => {
  const digest = digestSources([['a.ts', CODE]]);
  expect(digest).toMatch(/^[0-9a-f]{12}$/);
  const explained = `/**\n * What it\n *\n * is.\n */\n${CODE.slice(19)}\n  // And why.\n\n`;
  expect(digestSources([['a.ts', explained]])).toBe(digest);
  expect(digestSources([['a.ts', CODE.replace('3', '4')]])).not.toBe(digest);
  expect(digestSources([['a.ts', CODE.replace('luck\n', 'luck\n  * 2;\n')]])).not.toBe(digest);
  expect(digestSources([['b.ts', CODE]])).not.toBe(digest);
});

it('reads the sources of the shrinker and of the verdict', () => {
  expect(digestShrinker()).toMatch(/^[0-9a-f]{12}$/);
  expect(digestShrinker()).toBe(digestShrinker());
});
