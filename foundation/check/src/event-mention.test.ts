/**
 * Events get other names where sentences mention them, and nowhere else.
 */
import { expect, it } from 'vitest';
import { eventAt, sentencesNaming, spoken, told } from './event-mention.ts';
import { checkLinearizable, register } from './index.ts';

it('names what is mentioned, in parts of parts too, and leaves other words alone', () => {
  const began = told`write "event 3" of ${'c1'} began at ${eventAt(12)}`;
  const violation = spoken(['No event 12 here.', told`${began}, and ended at ${eventAt(3)}.`]);
  expect(violation.sentences).toEqual([
    'No event 12 here.',
    'write "event 3" of c1 began at event 12, and ended at event 3.',
  ]);
  expect(sentencesNaming(violation, (event) => `${event * 10} ms`)).toEqual([
    'No event 12 here.',
    'write "event 3" of c1 began at 120 ms, and ended at 30 ms.',
  ]);
  expect(spoken(['Plain.'])).toEqual({ sentences: ['Plain.'] });
});

it('is told by a judge with the events of its history', () => {
  const on = { process: 'c1', f: 'write', value: 'event 1', atMs: 0 };
  const read = { process: 'c2', f: 'read', atMs: 0 };
  const verdict = checkLinearizable(register(null), [
    ...[{ ...on, type: 'invoke' } as const, { ...on, type: 'ok' } as const],
    ...[{ ...read, type: 'invoke' } as const, { ...read, type: 'ok', value: null } as const],
  ]);
  const [violation] = verdict.type === 'invalid' ? verdict.violations : [];
  const sentences = violation && sentencesNaming(violation, (event) => `moment ${event}`);
  expect(violation?.sentences.join(' ')).toContain('write "event 1" of c1 ended at event 1.');
  expect(sentences?.join(' ')).toContain('write "event 1" of c1 ended at moment 1.');
});
