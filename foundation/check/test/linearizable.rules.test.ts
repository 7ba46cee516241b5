/**
 * Shows what the judge of linearizability decides: by small stories, and by a twin that tries every
 * order on thousands of generated histories, right and wrong ones.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  casRegister,
  checkLinearizable,
  finishTaskInSlices,
  type HistoryEvent,
  linearizableTask,
  type Progress,
  pairOperations,
  register,
  type Value,
} from '../src/index.ts';
import { isLinearizableByBruteForce } from './brute-force.ts';
import { recordedHistories } from './generated-histories.ts';

/**
 * `a! write 1` begins an operation of process a, `a= write 1` ends it well, `a? write` leaves it.
 */
function story(...lines: readonly string[]): HistoryEvent[] {
  return lines.map((line, atMs) => {
    const [who = '', f = '', value] = line.split(' ');
    const type = { '!': 'invoke', '=': 'ok', x: 'fail', '?': 'info' }[who.at(-1) ?? ''];
    return {
      atMs,
      process: who.slice(0, -1),
      type: type as HistoryEvent['type'],
      f,
      ...(value === undefined ? {} : { value: JSON.parse(value) as Value }),
    };
  });
}

const small = fc.integer({ min: 0, max: 2 });
const registerRequests = fc.oneof(
  fc.constant({ f: 'read' }),
  small.map((argument) => ({ f: 'write', argument })),
  fc.tuple(small, small).map(([from, to]) => ({ f: 'cas', argument: [from, to] })),
);

it('R10: agrees with trying every order, on histories of a register that is right or wrong', () => {
  const model = casRegister();
  const histories = recordedHistories(model, {
    requests: registerRequests,
    answer: (state, { f, argument }) => {
      if (f === 'read') return state;
      return f === 'cas' ? Array.isArray(argument) && argument[0] === state : undefined;
    },
    wrongAnswer: fc.oneof(small, fc.boolean()),
    maxOperations: 8,
  });
  const counts = { valid: 0, invalid: 0 };
  fc.assert(
    fc.property(histories, (history) => {
      const verdict = checkLinearizable(model, history);
      const expected = isLinearizableByBruteForce(model, pairOperations(history));
      if (verdict.type === 'unknown') {
        expect(verdict.reason.code).toBe('nothing-tested');
        return;
      }
      expect(verdict.type).toBe(expected ? 'valid' : 'invalid');
      counts[verdict.type]++;
    }),
    { numRuns: 4000 },
  );
  expect(counts.valid).toBeGreaterThan(500);
  expect(counts.invalid).toBeGreaterThan(200);
});

it('R10: a read may see a write that is under way, and then nobody sees the old value', () => {
  const begun = ['a! write 1', 'b! read', 'b= read 1'];
  expect(checkLinearizable(register(), story(...begun, 'a= write 1')).type).toBe('valid');
  const back = story(...begun, 'b! read', 'b= read null', 'a= write 1');
  expect(checkLinearizable(register(), back).type).toBe('invalid');
});

it('R11: an unknown write may be seen late, or never, but not before it was asked for', () => {
  const late = story('a! write 1', 'a? write', 'b! read', 'b= read null', 'b! read', 'b= read 1');
  expect(checkLinearizable(register(), late).type).toBe('valid');
  const never = story('a! write 1', 'a? write', 'b! read', 'b= read null');
  expect(checkLinearizable(register(), never).type).toBe('valid');
  const early = story('b! read', 'b= read 1', 'a! write 1', 'a? write');
  expect(checkLinearizable(register(), early).type).toBe('invalid');
});

it('R11: a write that failed is seen by nobody', () => {
  const seen = story('a! write 1', 'ax write', 'b! read', 'b= read 1');
  expect(checkLinearizable(register(), seen).type).toBe('invalid');
});

it('R12: says unknown and names the bound', () => {
  const events = Array.from({ length: 24 }, (_, index) => `p${index}! write ${index}`);
  const history = story(...events, 'r! read', 'r= read 99');
  const { type, ...rest } = checkLinearizable(casRegister(), history, { maxSteps: 1000 });
  expect([type, rest]).toMatchObject(['unknown', { reason: { code: 'steps' } }]);
  expect(checkLinearizable(casRegister(), history, { maxMemoryBytes: 1000 })).toMatchObject({
    type: 'unknown',
    reason: { code: 'memory' },
  });
  let nowMs = 0;
  const clock = { nowMs: () => nowMs++, timeoutMs: 2 };
  expect(checkLinearizable(casRegister(), history, clock)).toMatchObject({
    type: 'unknown',
    reason: { code: 'time' },
  });
});

it('R13: where nothing is known to have happened, nothing was tested', () => {
  for (const history of [[], story('a! write 1', 'a? write'), story('a! write 1', 'ax write')]) {
    expect(checkLinearizable(register(), history)).toMatchObject({
      type: 'unknown',
      reason: { code: 'nothing-tested' },
    });
  }
});

it('R14: works in slices, reports progress, and ends when it is told to', async () => {
  const events = Array.from({ length: 24 }, (_, index) => `p${index}! write ${index}`);
  const history = story(...events, 'r! read', 'r= read 99');
  const seen: Progress[] = [];
  const verdict = await finishTaskInSlices(
    linearizableTask(casRegister(), history, { maxSteps: 200_000 }),
    { pause: () => Promise.resolve(), onProgress: (progress) => seen.push(progress) },
  );
  expect(verdict.type).toBe('unknown');
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.map(({ stepCount }) => stepCount)).toEqual(
    seen.map(({ stepCount }) => stepCount).sort((a, b) => a - b),
  );
  const stop = new AbortController();
  const stopped = finishTaskInSlices(linearizableTask(casRegister(), history), {
    pause: () => Promise.resolve(stop.abort(new Error('enough'))),
    signal: stop.signal,
  });
  await expect(stopped).rejects.toThrow('enough');
});

it('R15: shows the operation that cannot be placed, and what the state could be', () => {
  const history = story('a! write 1', 'a= write 1', 'b! read', 'b= read 2');
  const verdict = checkLinearizable(register(), history);
  if (verdict.type !== 'invalid') throw new Error(`the verdict is ${verdict.type}`);
  expect(verdict.violations[0]?.sentences).toEqual([
    'b was told that its read -> 2 happened, between event 2 and event 3.',
    'The longest order that register accepts has 1 operations, the last: a: write 1.',
    'After it the state can be 1, and no order of what was under way leads from there to that ' +
      'answer.',
  ]);
  expect(verdict.violations[0]?.drawing.bars.map(({ marked }) => marked)).toEqual([false, true]);
});
