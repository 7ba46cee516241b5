/**
 * Shows which declarations at the top of a file count as mutable state, and which do not.
 */
import { expect, it } from 'vitest';
import { faultsWith, source } from '../test/planted-house.ts';

const PATH = 'foundation/sim/src/planted.ts';

/** What is said of each line of `lines`; `undefined` where nothing is. */
async function verdicts(
  lines: readonly string[],
  path = PATH,
): Promise<readonly (string | undefined)[]> {
  const faults = await faultsWith({ [path]: source(lines.join('\n')) });
  return lines.map((_, index) => {
    const start = `${path}:${index + 4}: keeps mutable state at module level: `;
    return faults.find((fault) => fault.startsWith(start))?.slice(start.length);
  });
}

it('catches variables and containers', async () => {
  const planted: readonly (readonly [line: string, what: string])[] = [
    ['let count = 0;', 'let count'],
    ['export let open: boolean;', 'let open'],
    ['var old = 1;', 'var old'],
    ['const seen = new Set<string>();', 'seen is a new Set'],
    ['export const byId: Map<string, number> = new Map();', 'byId is a new Map'],
    ['const registry = new MetricRegistry();', 'registry is a new MetricRegistry'],
    ['const buffer = new Uint8Array(16);', 'buffer is a new Uint8Array'],
    ['const list: string[] = [];', 'list is an array that anyone may write to'],
    ["const names = ['a', 'b'];", 'names is an array that anyone may write to'],
    ['const options = { retries: 3 };', 'options is a plain object that anyone may write to'],
    [
      'const table: Record<string, number> = {};',
      'table is a plain object that anyone may write to',
    ],
    ['const ids = Array.from(source);', 'ids is a container made by Array.from'],
    ['const sorted = source.toSorted();', 'sorted is an array made by .toSorted()'],
    [
      'const next = (() => { let n = 0; return () => n++; })();',
      'next is what a hidden function keeps',
    ],
    ['const frozen = Object.freeze({ m: new Map() });', 'frozen is a new Map'],
    ['const deep = { m: new Map() } as const;', 'deep is a new Map'],
    ['const codec: Codec = { cache: new Map() };', 'codec is a new Map'],
    ['const sure = { a: 1 } satisfies Shape;', 'sure is a plain object that anyone may write to'],
    ['const either = flag ? [] : NONE;', 'either is an array that anyone may write to'],
    ['const shared = given ?? new Map();', 'shared is a new Map'],
    ['export class A { static count = 0; }', 'static A.count is not readonly'],
    ['export class B { static readonly all = new Set(); }', 'B.all is a new Set'],
  ];
  expect(await verdicts(planted.map(([line]) => line))).toEqual(planted.map(([, what]) => what));
});

it('lets constants pass', async () => {
  const lines = [
    'const RETRIES = 3;',
    "const PATTERN = /a/g; const OTHER = new RegExp('a');",
    "const NAMES = ['a', 'b'] as const;",
    "const LIST: readonly string[] = ['a'];",
    'const IDS: ReadonlyArray<string> = source.map(String);',
    'const SET: ReadonlySet<string> = new Set();',
    'const BY_ID: ReadonlyMap<string, number> = new Map();',
    'const TABLE: Readonly<Uint32Array> = new Uint32Array(256);',
    'const OPTIONS = { retries: 3, names: [] } as const;',
    'const SURE = { a: 1 } as const satisfies Shape;',
    'const FROZEN = Object.freeze([1, 2]);',
    'const CODEC: Codec = { make: () => new Map(), encode() { return new Uint8Array(8); } };',
    'const ENCODER = new TextEncoder();',
    'const NOTHING = new Uint8Array(0);',
    'const make = () => { let n = 0; const seen = new Map(); return [n, seen]; };',
    'const LIMIT = given ?? (flag ? 3 : 4 * 1024);',
    'export class A { static readonly limit = 3; count = 0; private seen = new Map(); }',
    'declare var performance: { now(): number };',
    'export function f() { let n = []; return n; }',
    "const text = 'let count = new Map()'; // let other = [];",
  ];
  expect(await verdicts(lines)).toEqual(lines.map(() => undefined));
});

it('looks at product code only', async () => {
  const lines = ['let count = 0;'];
  expect(await verdicts(lines, 'foundation/sim/src/planted.test.ts')).toEqual([undefined]);
  expect(await verdicts(lines, 'foundation/sim/bench/planted.ts')).toEqual([undefined]);
});
