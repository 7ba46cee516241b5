/**
 * The stories in `traces/` happen as they are told. `UPDATE_TRACES=1` writes down what happens, to
 * be read before it is believed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { playStory } from './story.ts';

const folder = new URL('./traces/', import.meta.url);

describe('stories', () => {
  for (const name of readdirSync(folder)) {
    it(`tells ${name}`, () => {
      const path = new URL(name, folder);
      const told = readFileSync(path, 'utf8');
      const happened = playStory(told);
      if (env['UPDATE_TRACES'] === '1') writeFileSync(path, happened);
      else expect(happened).toBe(told);
    });
  }
});
