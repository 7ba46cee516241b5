/**
 * Shows each anomaly of objects, sessions and promises by a history that has it, beside a near miss
 * that does not. Those of transactions have a table of their own.
 */
import { expect, it } from 'vitest';
import { checkNamed } from '../src/catalogue/checks.ts';
import { Settings } from '../src/catalogue/settings.ts';
import { CHECKS, checkSessions, finishTask, type HistoryEvent, type Value } from '../src/index.ts';
import { story } from './history-story.ts';

interface Example {
  readonly check: string;
  readonly settings?: Readonly<Record<string, Value>>;
  readonly anomaly: string;
  readonly broken: readonly HistoryEvent[];
  readonly near: readonly HistoryEvent[];
}

type Lines = readonly string[];

/** Examples of a check, each with what the two histories begin with alike. */
function examples(
  check: string,
  rows: readonly (readonly [string, begin: Lines, broken: Lines, near: Lines])[],
  settings: Readonly<Record<string, Value>> = {},
): Example[] {
  return rows.map(([anomaly, begin, broken, near]) => ({
    ...{ check, settings, anomaly },
    broken: story(...begin, ...broken),
    near: story(...begin, ...near),
  }));
}

const ADDED: Lines = ['a! add 1', 'a= add 1'];
const read = (answer: string, process = 'r'): Lines => [
  `${process}! read`,
  `${process}= read ${answer}`,
];
const wrote = (process: string, value: number): Lines => [
  `${process}! write ${value}`,
  `${process}= write ${value}`,
];
const LATE: Lines = ['r! read', ...ADDED, 'r= read []'];
const PUT: Lines = ['a! enqueue 1', 'a= enqueue 1'];
const PUT_AGAIN: Lines = ['b! enqueue 1', 'b? enqueue'];
const drained = (answer: string): Lines => ['r! drain', `r= drain ${answer}`];
const took = (process: string): Lines => [`${process}! dequeue`, `${process}= dequeue 1`];
const group = (process: string, x: string, y: string): Lines => [
  `${process}! txn [["r","x",null],["r","y",null]]`,
  `${process}= txn [["r","x",${x}],["r","y",${y}]]`,
];

const change = (revision: number, key = 'k', value = revision): Value => {
  return { revision, type: 'put', key, value };
};

/** What one watch was told, response by response, and what really happened. */
function watched(asked: Value, responses: readonly Value[], log: readonly Value[]): HistoryEvent[] {
  const pair = (process: string, f: string, value: Value, answer: Value): HistoryEvent[] => [
    { atMs: 0, process, type: 'invoke', f, value },
    { atMs: 0, process, type: 'ok', f, value: answer },
  ];
  const told = responses.map((it) => (Array.isArray(it) ? { changes: it } : it));
  return [
    ...pair('w', 'watch', asked, null),
    ...told.flatMap((it) => pair('w', 'next', null, it)),
    ...pair('store', 'log', null, log),
  ];
}

const [ONE, TWO, THREE] = [change(1), change(2), change(3)];
const LOG = [ONE, TWO, THREE];

const WATCHES: readonly (readonly [string, HistoryEvent[], HistoryEvent[]])[] = [
  ['ordered', watched({}, [[TWO], [ONE]], LOG), watched({}, [[ONE], [TWO]], LOG)],
  ['unique', watched({}, [[ONE, ONE]], LOG), watched({}, [[ONE]], LOG)],
  [
    'atomic',
    watched({}, [[ONE], [change(1, 'j')]], [ONE, change(1, 'j')]),
    watched({}, [[ONE, change(1, 'j')]], [ONE, change(1, 'j')]),
  ],
  ['reliable', watched({}, [[ONE], [THREE]], LOG), watched({}, [[ONE], [TWO]], LOG)],
  [
    'resumable',
    watched({ startRevision: 1 }, [[TWO]], LOG),
    watched({ startRevision: 2 }, [[TWO]], LOG),
  ],
  [
    'bookmarkable',
    watched({}, [{ changes: [ONE], progressRevision: 2 }, [TWO]], LOG),
    watched({}, [{ changes: [ONE], progressRevision: 1 }, [TWO]], LOG),
  ],
  ['filtered', watched({ prefix: 'j' }, [[ONE]], LOG), watched({ prefix: 'k' }, [[ONE]], LOG)],
  ['true', watched({}, [[change(1, 'k', 9)]], LOG), watched({}, [[change(1, 'k', 1)]], LOG)],
];

const EXAMPLES: readonly Example[] = [
  ...examples('set-full', [
    ['lost', [], [...ADDED, ...read('[]')], [...LATE, ...read('[1]')]],
    ['duplicated', ADDED, read('[1,1]'), read('[1]')],
    ['unexpected', ADDED, read('[1,2]'), ['b! add 2', ...read('[1,2]')]],
  ]),
  ...examples(
    'set-full',
    [['stale', [], [...ADDED, ...read('[]'), ...read('[1]')], [...LATE, ...read('[1]')]]],
    { linearizable: true },
  ),
  ...examples('final-set', [
    ['lost', [], [...ADDED, ...read('[]')], LATE],
    ['unexpected', ADDED, read('[1,2]'), ['b! add 2', 'bx add', ...read('[1,2]')]],
  ]),
  ...examples('counter-bounds', [
    ['lost-increment', [], [...ADDED, ...read('0')], ['r! read', ...ADDED, 'r= read 0']],
    ['unexpected-increment', ADDED, read('2'), ['b! add 1', ...read('2')]],
    ['unreadable-total', ADDED, read('"1"'), read('1')],
  ]),
  ...examples('final-counter', [
    ['wrong-total', ADDED, read('3'), ['b! add 2', 'b? add', ...read('3')]],
    [
      'divergence',
      ['b! add 2', 'b? add'],
      [...read('0'), ...read('2', 's')],
      [...read('2'), ...read('2', 's')],
    ],
  ]),
  ...examples('queue', [
    ['unexpected', PUT, [...took('r'), ...took('s')], [...PUT_AGAIN, ...took('r'), ...took('s')]],
  ]),
  ...examples('total-queue', [
    ['lost', PUT, drained('[]'), drained('[1]')],
    ['unexpected', PUT, drained('[1,2]'), ['b! enqueue 2', 'b? enqueue', ...drained('[1,2]')]],
    ['duplicated', PUT, drained('[1,1]'), [...PUT_AGAIN, ...drained('[1,1]')]],
  ]),
  ...examples('unique-ids', [
    [
      'duplicated',
      ['a! generate', 'a= generate 1', 'b! generate'],
      ['b= generate 1'],
      ['b= generate 2'],
    ],
  ]),
  ...examples('sessions', [
    ['read-your-writes', wrote('a', 1), read('null', 'a'), read('null')],
    [
      'monotonic-reads',
      wrote('a', 1),
      [...read('1'), ...read('null')],
      [...read('1'), ...read('null', 's')],
    ],
    [
      'writes-follow-reads',
      ['b! read', 'c! read', 'b= read 1'],
      ['c= read 2', ...wrote('c', 1), ...wrote('b', 2)],
      ['c= read 1', ...wrote('c', 3), ...wrote('b', 2), 'a! write 1', 'a= write 1'],
    ],
    [
      'session-guarantees-together',
      [...wrote('a', 1), ...wrote('a', 2)],
      [...read('2'), ...read('1')],
      [...read('1'), ...read('2')],
    ],
    ['garbage-read', wrote('a', 1), read('2'), read('1')],
  ]),
  ...examples('staleness', [
    [
      'stale-read',
      wrote('a', 1),
      [...wrote('a', 2), ...read('1')],
      ['a! write 2', 'r! read', 'a= write 2', 'r= read 1'],
    ],
    ['garbage-read', wrote('a', 1), read('2'), read('1')],
  ]),
  ...WATCHES.map(([anomaly, broken, near]) => ({ check: 'watch', anomaly, broken, near })),
  ...examples('convergence', [['divergence', read('1'), read('2', 's'), read('1', 's')]], {
    settledAtMs: 0,
  }),
  ...examples('mutual-exclusion', [
    [
      'two-holders',
      ['a! acquire', 'a= acquire', 'b! acquire'],
      ['b= acquire'],
      ['a! release', 'b= acquire', 'a= release'],
    ],
  ]),
  ...examples(
    'rate-bound',
    [
      [
        'over-limit',
        ['0 a! admit', '1 a= admit'],
        ['8 b! admit', '9 b= admit'],
        ['9 b! admit', '10 b= admit'],
      ],
    ],
    { limit: 1, windowMs: 10 },
  ),
  ...examples(
    'bank',
    [
      ['wrong-total', [], read('{"x":5,"y":6}'), read('{"x":5,"y":5}')],
      ['negative-balance', [], read('{"x":-1,"y":11}'), read('{"x":0,"y":10}')],
      ['unreadable-balance', [], read('{"x":"0","y":10}'), read('{"x":0,"y":10}')],
      ['wrong-accounts', read('{"x":5,"y":5}'), read('{"x":10}'), read('{"x":10,"y":0}')],
    ],
    { total: 10 },
  ),
  ...examples('long-fork', [
    ['long-fork', group('a', '1', 'null'), group('b', 'null', '1'), group('b', '1', '1')],
  ]),
  ...examples('causal-reverse', [
    [
      'causal-reverse',
      ['a! write 1'],
      ['a= write 1', ...wrote('b', 2), ...read('[2]')],
      ['b! write 2', 'a= write 1', 'b= write 2', ...read('[2]')],
    ],
  ]),
];

function judge({ check, settings = {} }: Example, events: readonly HistoryEvent[]) {
  const { judge: task, settings: declared } = checkNamed(check);
  const history = { format: 'json-lines', events } as const;
  const asked = new Settings(check, declared, settings);
  return finishTask(task({ history, settings: asked, bounds: {}, initial: undefined })).verdict;
}

it.each(EXAMPLES)(
  'R26: $check: $anomaly is found where it is, and not in a near miss',
  (example) => {
    const broken = judge(example, example.broken);
    const found = broken.type === 'invalid' ? broken.violations.map(({ anomaly }) => anomaly) : [];
    expect(found).toContain(example.anomaly);
    expect(judge(example, example.near).type).toBe('valid');
  },
);

it('R41: writes of a session in the wrong order are seen by their versions alone', () => {
  const history = story(...wrote('a', 1), ...wrote('a', 2), ...read('2'));
  const versions = (sign: number) => ({
    version: ({ argument }: { readonly argument: Value | undefined }) => sign * Number(argument),
  });
  expect(checkSessions(history, versions(-1))).toMatchObject({
    violations: [{ anomaly: 'monotonic-writes' }],
  });
  expect(checkSessions(history, versions(1)).type).toBe('valid');
});

it('R26: every check that is no model and no level has an example', () => {
  const names = CHECKS.filter(({ family }) => family === 'object' || family === 'promise');
  const shown = new Set(EXAMPLES.map(({ check }) => check));
  expect(names.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
});
