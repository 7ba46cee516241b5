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
  modelNamed,
  type Progress,
  pairOperations,
  register,
} from '../src/index.ts';
import { isLinearizableByBruteForce } from './brute-force.ts';
import { recordedHistories } from './generated-histories.ts';
import { story } from './history-story.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

/** Nobody wrote what is read, and to know it takes a look at millions of configurations. */
function hardHistory(): HistoryEvent[] {
  const writes = Array.from({ length: 24 }, (_, index) => `p${index}! write ${index % 12}`);
  const ends = writes.map((line) => line.replace('!', '='));
  return story(...writes, 'r! read', 'r= read 99', ...ends);
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
      expect(verdict.type).toBe(expected ? 'valid' : 'invalid');
      if (verdict.coverage.okCount > 0) counts[verdict.type === 'valid' ? 'valid' : 'invalid']++;
    }),
    { numRuns: 4000, seed: SEED },
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
  const history = hardHistory();
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

it('R13: where nothing is known to have happened, it says that nothing was tested', () => {
  for (const history of [[], story('a! write 1', 'a? write'), story('a! write 1', 'ax write')]) {
    expect(checkLinearizable(register(), history)).toMatchObject({
      type: 'valid',
      decidedBy: 'nothing to test',
      coverage: {
        ...{ okCount: 0, isTested: false },
        notChecked: [expect.stringMatching(/nothing was tested/)],
      },
    });
  }
});

it('R14: works in slices, reports progress, and ends when it is told to', async () => {
  const history = hardHistory();
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
  const history = story('a! write 1', 'a= write 1', 'a! cas [1,1]', 'b! read', 'b= read 2');
  const verdict = checkLinearizable(casRegister(), history);
  if (verdict.type !== 'invalid') throw new Error(`the verdict is ${verdict.type}`);
  expect(verdict.violations[0]?.sentences).toEqual([
    'b was told that read -> 2 happened, between event 3 and event 4.',
    'No operation could come before it.',
    'The state can then be null, and no order of what was under way leads from there to that ' +
      'answer.',
  ]);
  expect(verdict.violations[0]?.drawing.bars).toEqual([
    { id: 2, lane: 0, label: 'read -> 2', from: 0, to: 1, marked: true },
  ]);
});

function releases(process: string): string[] {
  return [`${process}! release`, `${process}= release`];
}

it.each([
  ['two holders', ['a! acquire', 'a= acquire', 'b! acquire', 'b= acquire']],
  ['a release of what is free', ['a! acquire', 'a= acquire', ...releases('a'), ...releases('b')]],
])('R10: a mutex never has %s', (_, lines) => {
  for (const name of ['mutex', 'owned-mutex', 'fenced-lock']) {
    const history = story(...lines).map((event, at) =>
      event.f === 'acquire' && event.type === 'ok' ? { ...event, value: at } : event,
    );
    expect(checkLinearizable(modelNamed(name), history).type).toBe('invalid');
  }
});

it('R10: only the holder releases, and tokens ascend, where the lock promises so', () => {
  const thief = story('a! acquire', 'a= acquire 1', 'b! release', 'b= release');
  expect(checkLinearizable(modelNamed('mutex'), thief).type).toBe('valid');
  expect(checkLinearizable(modelNamed('owned-mutex'), thief).type).toBe('invalid');
  const taken = ['a! acquire', 'a= acquire 2', 'a! release', 'a= release'];
  const older = story(...taken, 'b! acquire', 'b= acquire 2');
  expect(checkLinearizable(modelNamed('owned-mutex'), older).type).toBe('valid');
  expect(checkLinearizable(modelNamed('fenced-lock'), older).type).toBe('invalid');
});

it('R10: a fault counts, however few of them are to be explained', () => {
  const stale = story('a! write 1', 'a= write 1', 'b! read', 'b= read null');
  expect(checkLinearizable(register(), stale, { maxViolations: 0 }).type).toBe('invalid');
});
