/**
 * Shows each anomaly by the smallest history that has it, and a near miss that does not.
 */
import { expect, it } from 'vitest';
import {
  ANOMALY_NAMES,
  type AnomalyName,
  findAnomalies,
  type TransactionWorkload,
} from '../../src/index.ts';
import { story } from './stories.ts';

interface Example {
  readonly name: AnomalyName;
  readonly shown: readonly string[];
  readonly missed: readonly string[];
  readonly workload?: TransactionWorkload;
}

const LISTS: readonly Example[] = [
  {
    name: 'G0',
    shown: [
      'a ok: append x 1, append y 1',
      'b ok: append x 2, append y 2',
      'c ok: r x [1 2], r y [2 1]',
    ],
    missed: [
      'a ok: append x 1, append y 1',
      'b ok: append x 2, append y 2',
      'c ok: r x [1 2], r y [1 2]',
    ],
  },
  {
    name: 'G0-process',
    shown: ['a ok: append x 1', 'a ok: append x 2', 'b ok: r x [2 1]'],
    missed: ['a ok: append x 1', 'c ok: append x 2', 'b ok: r x [2 1]'],
  },
  {
    name: 'G0-realtime',
    shown: ['a ok 0-1: append x 1', 'b ok 2-3: append x 2', 'c ok 4-5: r x [2 1]'],
    missed: ['a ok 0-2: append x 1', 'b ok 1-3: append x 2', 'c ok 4-5: r x [2 1]'],
  },
  {
    name: 'G1a',
    shown: ['a fail: append x 1', 'b ok: r x [1]'],
    missed: ['a info: append x 1', 'b ok: r x [1]'],
  },
  {
    name: 'G1b',
    shown: ['a ok: append x 1, append x 2', 'b ok: r x [1]'],
    missed: ['a ok: append x 1, append x 2', 'b ok: r x [1 2]'],
  },
  {
    name: 'G1c',
    shown: ['a ok: append x 1, r y [1]', 'b ok: append y 1, r x [1]'],
    missed: ['a ok: append x 1, r y [1]', 'b ok: append y 1, r x []'],
  },
  {
    name: 'G1c-process',
    shown: ['a ok: r x [1]', 'a ok: append x 1'],
    missed: ['a ok: r x [1]', 'b ok: append x 1'],
  },
  {
    name: 'G1c-realtime',
    shown: ['a ok 0-1: r x [1]', 'b ok 2-3: append x 1'],
    missed: ['a ok 0-2: r x [1]', 'b ok 1-3: append x 1'],
  },
  {
    name: 'G-single-item',
    shown: ['a ok: append x 1, append y 1', 'b ok: r x [1], r y []'],
    missed: ['a ok: append x 1, append y 1', 'b ok: r x [], r y []'],
  },
  {
    name: 'G-single-item-process',
    shown: ['a ok: append x 1', 'a ok: r x []'],
    missed: ['a ok: append x 1', 'b ok: r x []'],
  },
  {
    name: 'G-single-item-realtime',
    shown: ['a ok 0-1: append x 1', 'b ok 2-3: r x []'],
    missed: ['a ok 0-2: append x 1', 'b ok 1-3: r x []'],
  },
  {
    name: 'G-nonadjacent-item',
    shown: [
      'a ok: append x 1',
      'b ok: append y 1',
      'c ok: r x [1], r y []',
      'd ok: r y [1], r x []',
    ],
    missed: [
      'a ok: append x 1',
      'b ok: append y 1',
      'c ok: r x [1], r y []',
      'd ok: r y [1], r x [1]',
    ],
  },
  {
    name: 'G-nonadjacent-item-process',
    shown: ['a ok: r x [], r z [1]', 'b ok: append x 1', 'b ok: r z []', 'c ok: append z 1'],
    missed: ['a ok: r x [], r z [1]', 'b ok: append x 1', 'd ok: r z []', 'c ok: append z 1'],
  },
  {
    name: 'G-nonadjacent-item-realtime',
    shown: [
      'a ok 0-9: r x [], r z [1]',
      'b ok 1-2: append x 1',
      'd ok 3-4: r z []',
      'c ok 1-9: append z 1',
    ],
    missed: [
      'a ok 0-9: r x [], r z [1]',
      'b ok 1-3: append x 1',
      'd ok 2-4: r z []',
      'c ok 1-9: append z 1',
    ],
  },
  {
    name: 'G2-item',
    shown: ['a ok: r x [], append y 1', 'b ok: r y [], append x 1'],
    missed: ['a ok: r x [], append y 1', 'b ok: r y [1], append x 1'],
  },
  {
    name: 'G2-item-process',
    shown: ['c ok: append y 1', 'c ok: r x []', 'b ok: append x 1, r y []'],
    missed: ['c ok: append y 1', 'd ok: r x []', 'b ok: append x 1, r y []'],
  },
  {
    name: 'G2-item-realtime',
    shown: ['a ok 2-9: r x []', 'b ok 0-9: append x 1, r y []', 'c ok 0-1: append y 1'],
    missed: ['a ok 1-9: r x []', 'b ok 0-9: append x 1, r y []', 'c ok 0-2: append y 1'],
  },
  {
    name: 'internal',
    shown: ['a ok: append x 1, r x []', 'b ok: r x [1]'],
    missed: ['a ok: append x 1, r x [1]', 'b ok: r x [1]'],
  },
  {
    name: 'future-read',
    shown: ['a ok: r x [1], append x 1'],
    missed: ['a ok: append x 1, r x [1]'],
  },
  {
    name: 'garbage-read',
    shown: ['a ok: append x 1', 'b ok: r x [1 2]'],
    missed: ['a ok: append x 1', 'c info: append x 2', 'b ok: r x [1 2]'],
  },
  {
    name: 'duplicate-elements',
    shown: ['a ok: append x 1', 'b ok: r x [1 1]'],
    missed: ['a ok: append x 1', 'b ok: r x [1]'],
  },
  {
    name: 'incompatible-order',
    shown: ['a ok: append x 1', 'b ok: append x 2', 'c ok: r x [1 2]', 'd ok: r x [2]'],
    missed: ['a ok: append x 1', 'b ok: append x 2', 'c ok: r x [1 2]', 'd ok: r x [1]'],
  },
  {
    name: 'dirty-update',
    shown: ['a fail: append x 1', 'b ok: append x 2', 'c ok: r x [1 2]'],
    missed: ['a fail: append x 1', 'b ok: append x 2', 'c ok: r x [2 1]'],
  },
  {
    name: 'lost-update',
    shown: ['a ok: r x [], append x 1', 'b ok: r x [], append x 2'],
    missed: ['a ok: r x [], append x 1', 'b ok: r x [1], append x 2'],
  },
  {
    name: 'fractured-read',
    shown: [
      'a ok: append x 1, append y 1',
      'c ok: append y 2',
      'b ok: r x [1], r y []',
      'd ok: r y [2 1]',
    ],
    missed: [
      'a ok: append x 1, append y 1',
      'c ok: append y 2',
      'b ok: r x [1], r y [1]',
      'd ok: r y [1 2]',
    ],
  },
];

const REGISTERS: readonly Example[] = [
  {
    name: 'G1a',
    shown: ['a fail: w x 1', 'b ok: r x 1'],
    missed: ['a info: w x 1', 'b ok: r x 1'],
  },
  {
    name: 'G1b',
    shown: ['a ok: w x 1, w x 2', 'b ok: r x 1'],
    missed: ['a ok: w x 1, w x 2', 'b ok: r x 2'],
  },
  {
    name: 'G1c',
    shown: ['a ok: w x 1, r y 1', 'b ok: w y 1, r x 1'],
    missed: ['a ok: w x 1, r y 1', 'b ok: w y 1, r x nil'],
  },
  {
    name: 'G-single-item',
    shown: ['a ok: r y nil, w x 1, w y 2', 'b ok: r x 1, r y nil'],
    missed: ['a ok: r y nil, w x 1, w y 2', 'b ok: r x nil, r y nil'],
  },
  {
    name: 'G2-item',
    shown: ['a ok: r x nil, w y 1', 'b ok: r y nil, w x 1'],
    missed: ['a ok: r x nil, w y 1', 'b ok: r y 1, w x 1'],
  },
  {
    name: 'internal',
    shown: ['a ok: w x 1', 'b ok: w x 2', 'c ok: r x 1, r x 2'],
    missed: ['a ok: w x 1', 'b ok: w x 2', 'c ok: r x 1, r x 1'],
  },
  {
    name: 'future-read',
    shown: ['a ok: r x 1, w x 1'],
    missed: ['a ok: w x 1, r x 1'],
  },
  {
    name: 'garbage-read',
    shown: ['a ok: w x 1', 'b ok: r x 2'],
    missed: ['a ok: w x 1', 'b ok: r x nil'],
  },
  {
    name: 'lost-update',
    shown: ['a ok: w x 1', 'b ok: r x 1, w x 2', 'c ok: r x 1, w x 3'],
    missed: ['a ok: w x 1', 'b ok: r x 1, w x 2', 'c ok: r x 2, w x 3'],
  },
  {
    name: 'cyclic-versions',
    shown: ['a ok: r x 2, w x 1', 'b ok: r x 1, w x 2'],
    missed: ['a ok: r x nil, w x 1', 'b ok: r x 1, w x 2'],
  },
  {
    name: 'fractured-read',
    shown: ['a ok: w x 1, w y 1', 'b ok: r x 1, r y nil'],
    missed: ['a ok: w x 1, w y 1', 'b ok: r x nil, r y nil', 'c ok: r x 1, r y 1'],
  },
];

const CAUSALITY: readonly Example[] = [
  {
    name: 'causality-violation',
    shown: [
      'a ok: w x 1, w u 1',
      'b ok: r u 1, w q 1',
      'c ok: w x 2, w v 1',
      'd ok: r v 1, w p 1',
      'e ok: r p 1, r x 1',
      'f ok: r q 1, r x 2',
    ],
    missed: [
      'a ok: w x 1, w u 1',
      'b ok: r u 1, w q 1',
      'c ok: w x 2, w v 1',
      'd ok: r v 1, w p 1',
      'e ok: r p 1, r x 1',
      'f ok: r q 1, r x 1',
    ],
  },
  {
    name: 'causality-violation-process',
    shown: [
      ...['a ok: w x 1', 'a ok: w q 1', 'c ok: w x 2', 'c ok: w p 1'],
      ...['e ok: r p 1, r x 1', 'f ok: r q 1, r x 2'],
    ],
    missed: [
      ...['a ok: w x 1', 'b ok: w q 1', 'c ok: w x 2', 'd ok: w p 1'],
      ...['e ok: r p 1, r x 1', 'f ok: r q 1, r x 2'],
    ],
  },
];

const PREDICATES: readonly Example[] = [
  {
    name: 'G2',
    shown: ['init ok: w x 0, w y 0', 'a ok: rp 1, w x 1', 'b ok: rp 1, w y 1'],
    missed: ['init ok: w x 0, w y 0', 'a ok: rp 1, w x 1', 'b ok: rp 1 x=1, w y 1'],
  },
  {
    name: 'G2-process',
    shown: ['init ok: w x 0, w y 0', 'c ok: w y 2', 'c ok: rp 1', 'b ok: w x 1, r y 0'],
    missed: ['init ok: w x 0, w y 0', 'c ok: w y 2', 'd ok: rp 1', 'b ok: w x 1, r y 0'],
  },
  {
    name: 'G2-realtime',
    shown: ['init ok: w x 0, w y 0', 'a ok 4-9: rp 1', 'b ok 2-9: w x 1, r y 0', 'c ok 2-3: w y 2'],
    missed: [
      'init ok: w x 0, w y 0',
      'a ok 3-9: rp 1',
      'b ok 2-9: w x 1, r y 0',
      'c ok 2-4: w y 2',
    ],
  },
  {
    name: 'G-single',
    shown: ['init ok: w x 0, w y 0', 'a ok: w x 1, w y 2', 'b ok: rp 1, r y 2'],
    missed: ['init ok: w x 0, w y 0', 'a ok: w x 1, w y 2', 'b ok: rp 1, r y 0'],
  },
  {
    name: 'G-single-process',
    shown: ['init ok: w x 0', 'a ok: w x 1', 'a ok: rp 1'],
    missed: ['init ok: w x 0', 'a ok: w x 1', 'b ok: rp 1'],
  },
  {
    name: 'G-single-realtime',
    shown: ['init ok: w x 0', 'a ok 2-3: w x 1', 'b ok 4-5: rp 1'],
    missed: ['init ok: w x 0', 'a ok 2-4: w x 1', 'b ok 3-5: rp 1'],
  },
  {
    name: 'G-nonadjacent',
    shown: [
      'init ok: w x 0, w y 0',
      'a ok: w x 1',
      'b ok: w y 2',
      'c ok: rp 1, r y 2',
      'd ok: r x 1, r y 0',
    ],
    missed: [
      'init ok: w x 0, w y 0',
      'a ok: w x 1',
      'b ok: w y 2',
      'c ok: rp 1, r y 2',
      'd ok: r x 1, r y 2',
    ],
  },
  {
    name: 'G-nonadjacent-process',
    shown: ['init ok: w x 0', 'a ok: rp 1, r z 1', 'b ok: w x 1', 'b ok: r z nil', 'c ok: w z 1'],
    missed: ['init ok: w x 0', 'a ok: rp 1, r z 1', 'b ok: w x 1', 'd ok: r z nil', 'c ok: w z 1'],
  },
  {
    name: 'G-nonadjacent-realtime',
    shown: [
      'init ok: w x 0',
      'a ok 0-9: rp 1, r z 1',
      'b ok 1-2: w x 1',
      'd ok 3-4: r z nil',
      'c ok 1-9: w z 1',
    ],
    missed: [
      'init ok: w x 0',
      'a ok 0-9: rp 1, r z 1',
      'b ok 1-3: w x 1',
      'd ok 2-4: r z nil',
      'c ok 1-9: w z 1',
    ],
  },
  {
    name: 'predicate-read-miss',
    shown: ['init ok: w x 0', 'a ok: rp true'],
    missed: ['init ok: w x 0', 'a ok: rp true', 'b ok: delete x'],
  },
  {
    name: 'G1c',
    shown: ['init ok: w x 0, w y 0', 'a ok: delete x, rp true', 'b ok: delete y, rp true'],
    missed: ['init ok: w x 0, w y 0', 'a ok: delete x, rp true y=0', 'b ok: delete y, rp true'],
  },
];

function namesIn(lines: readonly string[], workload: TransactionWorkload): readonly AnomalyName[] {
  return findAnomalies(story(...lines), { workload }).anomalies;
}

for (const [workload, examples] of [
  ['list-append', LISTS],
  ['rw-register', [...REGISTERS, ...CAUSALITY]],
  ['predicate', PREDICATES],
] as const) {
  it.each(examples)(
    `I4: ${workload}: $name is found where it is, and not in a near miss`,
    (example) => {
      expect(namesIn(example.shown, workload)).toContain(example.name);
      expect(namesIn(example.missed, workload)).not.toContain(example.name);
    },
  );
}

it('I4: every name in the public list has an example and a near miss', () => {
  const shown = new Set(
    [...LISTS, ...REGISTERS, ...CAUSALITY, ...PREDICATES].map(({ name }) => name),
  );
  expect([...shown].sort()).toEqual([...ANOMALY_NAMES].sort());
  expect(ANOMALY_NAMES.length).toBe(38);
});

it('I4: the assumptions about registers refute more, and only when they are made', () => {
  const history = story('a ok 0-1: w x 1', 'b ok 2-3: w x 2', 'c ok 4-5: r x 1', 'd ok 6-7: r x 2');
  const judge = (versionOrder: object) =>
    findAnomalies(history, { workload: 'rw-register', versionOrder });
  expect(judge({}).anomalies).not.toContain('cyclic-versions');
  expect(judge({ linearizableKeys: true }).anomalies).toContain('cyclic-versions');
  const session = story(
    'a ok: r x nil',
    'b ok: w x 1',
    'b ok: w x 2',
    'a ok: r x 2',
    'a ok: r x 1',
  );
  const judgeSession = (versionOrder: object) =>
    findAnomalies(session, { workload: 'rw-register', versionOrder }).anomalies;
  expect(judgeSession({})).not.toContain('cyclic-versions');
  expect(judgeSession({ sequentialKeys: true })).toContain('cyclic-versions');
});
