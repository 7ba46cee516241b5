/**
 * A replay is stepped through forward and back: each move is told, and the state of every member is
 * that of the moment, whichever way one came there.
 */
import { EventEmitter } from 'node:events';
import type { Plan, RunTrace, TraceRecord } from '@mangrove/experiment';
import { expect, it } from 'vitest';
import { ReplayCursor } from './replay-cursor.ts';
import { KEY_LINES, renderScreen } from './replay-screen.ts';
import { type KeySource, stepThrough } from './replay-session.ts';

type NodeId = Plan['replicas'][number];

const [N1, C1] = ['n1' as NodeId, 'c1' as NodeId];

type Body = TraceRecord extends infer Each
  ? Each extends TraceRecord
    ? Omit<Each, 'atMs' | 'node' | 'cause'>
    : never
  : never;

function records(...bodies: readonly (readonly [atMs: number, node: NodeId, body: Body])[]) {
  return bodies.map(([atMs, node, body]) => ({ atMs, node, cause: -1, ...body }) as TraceRecord);
}

const TRACE: RunTrace = {
  ...{ format: 'mangrove-trace/1', replicas: [N1], clients: [C1], isCut: false },
  records: records(
    [0, N1, { type: 'start', incarnation: 1, version: 1 }],
    [5, N1, { type: 'timer' }],
    [6, N1, { type: 'state', fields: { role: 'leader', term: 1 } }],
    [7, C1, { type: 'invoke', operation: 0, process: 'c1' }],
    [8, C1, { type: 'send', to: N1, label: 'write 3', sizeBytes: 9 }],
    [9, N1, { type: 'deliver', of: 4 }],
    [10, N1, { type: 'down', reason: 'crash (unsynced-lost)', lostBytes: 4 }],
    [20, N1, { type: 'start', incarnation: 2, version: 1 }],
    [30, C1, { type: 'return', operation: 0, outcome: 'info' }],
  ),
};

const PLAN = {
  ...{ format: 'mangrove-plan/1', experiment: 'register', replicas: [N1], clients: [C1] },
  ...{ activeMs: 25, quietMs: 10, operationTimeoutMs: 20, faults: [] },
  operations: [{ client: C1, atMs: 7, f: 'write', value: 3 }],
  choices: { links: {}, draws: {} },
} satisfies Plan;

const STEPS = [
  { atMs: 6, text: 'n1 leads term 1.' },
  { atMs: 10, text: 'n1 loses its power, and with it 3.' },
];

function newCursor(): ReplayCursor {
  return new ReplayCursor({ trace: TRACE, plan: PLAN, steps: STEPS, decisiveMs: 10 });
}

it('goes forward and back over all that says something, and stays at the ends', () => {
  const cursor = newCursor();
  expect(cursor.events.map(({ atMs }) => atMs)).toEqual([0, 6, 7, 8, 9, 10, 20, 30]);
  cursor.move('back');
  expect(cursor.position).toBe(0);
  cursor.move('next');
  expect(cursor.events[cursor.position]?.words).toBe('is role leader, term 1');
  cursor.move('last');
  cursor.move('next');
  expect(cursor.events[cursor.position]?.words).toBe('ends write 3: info');
  cursor.move('back-page');
  expect(cursor.position).toBe(0);
});

it('goes to the moments of the story, and to where it goes wrong', () => {
  const cursor = newCursor();
  cursor.move('next-step');
  expect(cursor.events[cursor.position]?.atMs).toBe(6);
  cursor.move('next-step');
  cursor.move('next-step');
  expect(cursor.events[cursor.position]?.atMs).toBe(10);
  cursor.move('back-step');
  expect(cursor.events[cursor.position]?.atMs).toBe(6);
  cursor.move('decisive');
  expect(cursor.events[cursor.position]?.words).toBe('is down: crash (unsynced-lost)');
});

it('knows every member at the moment, the same whichever way one came', () => {
  const forward = newCursor();
  const seen = forward.events.map(() => {
    const members = forward.members();
    forward.move('next');
    return members;
  });
  const back = newCursor();
  back.move('last');
  for (const members of seen.toReversed()) {
    expect(back.members()).toEqual(members);
    back.move('back');
  }
  expect(seen[0]).toMatchObject([{ status: 'up', fields: {} }, { status: 'client' }]);
  expect(seen[3]).toMatchObject([{ fields: { role: 'leader' } }, { operation: 'write 3' }]);
  expect(seen[5]).toMatchObject([{ status: 'down', fields: { role: 'leader' } }, {}]);
  expect(seen[6]).toMatchObject([{ status: 'up', incarnation: 2, fields: {} }, {}]);
  expect(seen[7]?.[1]).not.toHaveProperty('operation');
});

it('shows the events around, the states, what is wrong, and the keys, in the size there is', () => {
  const cursor = newCursor();
  cursor.move('decisive');
  const text = { title: 'register: INVALID (linearizability)', reasons: ['3 was lost'] };
  const lines = renderScreen(cursor, text, { columns: 70, rows: 24 });
  expect(lines[1]).toBe('event 6 of 8, 10.000 ms');
  expect(lines[2]).toBe('story 2 of 2: n1 loses its power, and with it 3.');
  expect(lines).toContain('>     10.000 ms  n1   is down: crash (unsynced-lost)');
  expect(lines).toContain('n1   down      role leader, term 1');
  expect(lines).toContain('c1   client    write 3');
  expect(lines).toContain('3 was lost');
  expect(lines.at(-1)).toBe(`${KEY_LINES[1]?.slice(0, 68)}…`);
  cursor.move('first');
  const begin = renderScreen(cursor, text, { columns: 70, rows: 24 });
  expect(begin[2]).toBe('story: 2 moments');
  const narrow = renderScreen(cursor, text, { columns: 20, rows: 5 });
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThan(20);
  expect(narrow.some((line) => line.startsWith('>'))).toBe(true);
});

/** A keyboard that a test plays. */
class Keyboard extends EventEmitter implements KeySource {
  isRaw = false;
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  resume(): void {}
  pause(): void {}
}

it('is driven by keys, many at once too, and leaves the terminal as it was', async () => {
  const [input, written] = [new Keyboard(), [] as string[]];
  const output = { write: (text: string) => written.push(text), columns: 80, rows: 24 };
  const cursor = newCursor();
  const { signal } = new AbortController();
  const done = stepThrough(cursor, { title: 'a run', reasons: [] }, { input, output, signal });
  expect(input.isRaw).toBe(true);
  input.emit('data', '\x1b[Cnn');
  expect(cursor.position).toBe(3);
  input.emit('data', '\x1b[D');
  expect(cursor.position).toBe(2);
  input.emit('data', 'Gx');
  expect(cursor.position).toBe(7);
  expect(written.at(-1)).toContain('event 8 of 8');
  input.emit('data', 'gqn');
  await done;
  expect(cursor.position).toBe(0);
  expect(input.isRaw).toBe(false);
  expect(written.at(-1)).toContain('\x1b[?1049l');
  expect(input.listenerCount('data')).toBe(0);
});

it('ends when it is aborted, and when the input does', async () => {
  for (const end of ['abort', 'input'] as const) {
    const [input, controller] = [new Keyboard(), new AbortController()];
    const { signal } = controller;
    const place = { input, output: { write: () => {} }, signal };
    const done = stepThrough(newCursor(), { title: 'a run', reasons: [] }, place);
    if (end === 'abort') controller.abort();
    else input.emit('end');
    await done;
    expect(input.isRaw).toBe(false);
  }
});
