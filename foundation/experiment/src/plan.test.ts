/**
 * Shows that every plan survives being written and read, and that what is no plan is refused by the
 * name of the item that is wrong: whatever a hand or a damaged file made of it.
 */
import { InvalidArgument, type NodeId, toNodeId } from '@mangrove/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from './fault.ts';
import { describeFault, endOf } from './fault.ts';
import { formatPlan, MAX_PLAN_MEMBERS, type Plan, parsePlan } from './plan.ts';

const REPLICAS = ['n1', 'n2', 'n3'].map(toNodeId);
const CLIENTS = ['c1', 'c2'].map(toNodeId);

const node = fc.constantFrom(...REPLICAS);
const client = fc.constantFrom(...CLIENTS);
const members = fc.subarray<NodeId>([...REPLICAS, ...CLIENTS]);
const ms = fc.integer({ min: 0, max: 2_000_000_000 }).map((us) => us / 1000);
const perMille = fc.integer({ min: 0, max: 1000 });
const disk = fc.constantFrom('unsynced-lost' as const, 'kept' as const, 'wiped' as const);
const operation = fc.constantFrom('open' as const, 'write' as const, 'sync-directory' as const);
const window = fc.tuple(ms, ms).map(([atMs, length]) => ({ atMs, untilMs: atMs + length + 1 }));
const links = fc
  .tuple(window, members, members)
  .map(([during, from, to]) => ({ ...during, from, to }));
const on = fc.tuple(window, node).map(([during, where]) => ({ ...during, node: where }));
const moment = fc.tuple(ms, node).map(([atMs, where]) => ({ atMs, node: where }));
const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Plan['operations'][number]['value']>;

const with_ = <Base, More>(base: fc.Arbitrary<Base>, more: fc.Arbitrary<More>) =>
  fc.tuple(base, more).map(([left, right]) => ({ ...left, ...right }));

const fault: fc.Arbitrary<Fault> = fc.oneof(
  links.map((rest) => ({ type: 'cut' as const, ...rest })),
  links.map((rest) => ({ type: 'stall-links' as const, ...rest })),
  with_(links, fc.record({ type: fc.constant('slow-links' as const), latencyMs: ms })),
  with_(
    links,
    fc.record({ type: fc.constant('corrupt-links' as const), corruptPerMille: perMille }),
  ),
  with_(links, fc.record({ type: fc.constant('full-queues' as const), queueBytes: fc.nat() })),
  with_(
    links,
    fc.record({
      type: fc.constant('rough-links' as const),
      lossPerMille: perMille,
      duplicatePerMille: perMille,
      delayPerMille: perMille,
      delayMs: ms,
    }),
  ),
  fc.record({
    type: fc.constant('reset-streams' as const),
    atMs: ms,
    from: members,
    to: members,
  }),
  with_(on, fc.record({ type: fc.constant('crash' as const), disk })),
  on.map((rest) => ({ type: 'pause' as const, ...rest })),
  on.map((rest) => ({ type: 'disk-full' as const, ...rest })),
  on.map((rest) => ({ type: 'stall-disk' as const, ...rest })),
  with_(on, fc.record({ type: fc.constant('slow-node' as const), busyMs: ms })),
  with_(on, fc.record({ type: fc.constant('slow-disk' as const), latencyMs: ms })),
  with_(
    on,
    fc.record({
      type: fc.constant('clock-drift' as const),
      ppm: fc.integer({ min: -500, max: 500 }),
    }),
  ),
  with_(
    on,
    fc.record({
      type: fc.constant('disk-error' as const),
      operation,
      path: fc.string(),
      count: fc.integer({ min: 1, max: 99 }),
    }),
  ),
  with_(
    moment,
    fc.record({
      type: fc.constant('bit-rot' as const),
      path: fc.string(),
      positionPerMille: perMille,
    }),
  ),
  with_(moment, fc.record({ type: fc.constant('wall-jump' as const), byMs: fc.integer() })),
  with_(
    moment,
    fc.record({
      type: fc.constant('upgrade' as const),
      downMs: ms,
      version: fc.integer({ min: 1, max: 9 }),
    }),
  ),
  fc.record({
    type: fc.constant('crash-at' as const),
    node,
    downMs: ms,
    disk,
    point: fc.record(
      {
        operation: fc.constantFrom('send' as const, 'sync' as const),
        target: fc.string(),
        nth: fc.integer({ min: 1, max: 1000 }),
        when: fc.constantFrom('before' as const, 'after' as const),
      },
      { requiredKeys: ['operation', 'nth', 'when'] },
    ),
  }),
  fc.record({
    type: fc.constant('action' as const),
    name: fc.string({ minLength: 1, maxLength: 20 }),
    atMs: ms,
    args: fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), fc.oneof(fc.string(), fc.nat())),
  }),
);

const plan: fc.Arbitrary<Plan> = fc.record(
  {
    format: fc.constant('mangrove-plan/1' as const),
    experiment: fc.string({ minLength: 1, maxLength: 30 }),
    replicas: fc.constant(REPLICAS),
    clients: fc.constant(CLIENTS),
    activeMs: ms,
    quietMs: ms,
    operationTimeoutMs: ms,
    faults: fc.array(fault, { maxLength: 8 }),
    operations: fc.array(
      fc.record(
        {
          client,
          atMs: ms,
          f: fc.string({ minLength: 1, maxLength: 9 }),
          key: fc.string(),
          value,
        },
        { requiredKeys: ['client', 'atMs', 'f'] },
      ) as fc.Arbitrary<Plan['operations'][number]>,
      { maxLength: 8 },
    ),
    choices: fc.record({
      links: fc.dictionary(
        fc.constantFrom('n1>n2', 'c1>n3', 'n1>n1'),
        fc.array(
          fc.oneof(fc.integer({ min: -1, max: 9999 }), fc.array(fc.nat(), { maxLength: 3 })),
        ),
      ),
      draws: fc.dictionary(
        fc.string({ minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      ),
    }),
    seed: fc.nat(),
  },
  {
    requiredKeys: [
      ...(['format', 'experiment', 'replicas', 'clients', 'activeMs', 'quietMs'] as const),
      ...(['operationTimeoutMs', 'faults', 'operations', 'choices'] as const),
    ],
  },
) as fc.Arbitrary<Plan>;

/** A plan with something changed, as text. */
function edited(change: Readonly<Record<string, unknown>>): string {
  const base = {
    ...{ format: 'mangrove-plan/1', experiment: 'register', replicas: REPLICAS, clients: CLIENTS },
    ...{ activeMs: 1000, quietMs: 500, operationTimeoutMs: 100, faults: [], operations: [] },
    choices: { links: {}, draws: {} },
  };
  return JSON.stringify({ ...base, ...change });
}

const CUT = { type: 'cut', atMs: 1, untilMs: 2, from: ['n1'], to: ['n2'] };
const CRASH = { type: 'crash', node: 'n1', disk: 'kept', atMs: 1, untilMs: 2 };
const ACTION = { type: 'action', name: 'compact', atMs: 1, args: {} };
const READ = { client: 'c1', atMs: 0, f: 'read' };
const POINT = { operation: 'sync', nth: 1, when: 'before' };
const CRASH_AT = { type: 'crash-at', node: 'n1', disk: 'kept', downMs: 1, point: POINT };

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

describe('a plan', () => {
  it('survives being written and read', () => {
    fc.assert(
      fc.property(plan, (original) => {
        const text = formatPlan(original);
        expect(parsePlan(text)).toEqual(JSON.parse(JSON.stringify(original)));
        expect(formatPlan(parsePlan(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('is written with a fault or operation a line, for people to edit', () => {
    const faults = [CUT, CRASH] as unknown as Fault[];
    const text = formatPlan({ ...parsePlan(edited({})), faults });
    const lines = text.split('\n');
    expect(lines.filter((line) => line.includes('"type"'))).toHaveLength(2);
  });

  it('needs no choices and no seed', () => {
    expect(parsePlan(edited({ choices: undefined })).choices).toEqual({ links: {}, draws: {} });
    expect(parsePlan(edited({ seed: 7 })).seed).toBe(7);
  });

  it('may tell where it comes from', () => {
    const origin = { commit: '0123abc and changes', hash: 'ff', bug: 'a-bug', isWatched: true };
    const plan = parsePlan(edited(origin));
    expect(plan).toMatchObject(origin);
    expect(parsePlan(formatPlan(plan))).toEqual(plan);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['plan.commit', { commit: '' }],
    ['plan.hash', { hash: 7 }],
    ['plan.isWatched', { isWatched: 'yes' }],
    ['plan.format', { format: 'mangrove-plan/2' }],
    ['plan.experiment', { experiment: '' }],
    ['plan.activeMs', { activeMs: -1 }],
    ['plan.activeMs', { activeMs: '1000' }],
    ['plan.quietMs', { quietMs: null }],
    ['plan.operationTimeoutMs', { operationTimeoutMs: 1e300 }],
    ['plan.seed', { seed: 0.5 }],
    ['plan.eventCountMin', { eventCountMin: -1 }],
    ['plan.speed', { speed: 2 }],
    ['plan.replicas', { replicas: 'n1' }],
    ['plan.replicas[1]', { replicas: ['n1', 'N2'] }],
    ['plan.clients[0]', { clients: [7] }],
    ['plan', { clients: ['n1'] }],
    ['plan.replicas', { replicas: Array.from({ length: MAX_PLAN_MEMBERS + 1 }, () => 'n1') }],
    ['plan.faults', { faults: {} }],
    ['plan.faults[0]', { faults: [null] }],
    ['plan.faults[1].type', { faults: [CUT, { ...CUT, type: 'flood' }] }],
    ['plan.faults[0].type', { faults: [{ ...CUT, type: 'toString' }] }],
    ['plan.faults[0].untilMs', { faults: [{ ...CUT, untilMs: undefined }] }],
    ['plan.faults[0].untilMs', { faults: [{ ...CUT, untilMs: 1 }] }],
    ['plan.faults[0].atMs', { faults: [{ ...CUT, atMs: -1 }] }],
    ['plan.faults[0].from[0]', { faults: [{ ...CUT, from: ['n9'] }] }],
    ['plan.faults[0].to', { faults: [{ ...CUT, to: 'n1' }] }],
    ['plan.faults[0].node', { faults: [{ ...CUT, node: 'n1' }] }],
    ['plan.faults[0].node', { faults: [{ ...CRASH, node: 'c1' }] }],
    ['plan.faults[0].disk', { faults: [{ ...CRASH, disk: 'lost' }] }],
    ['plan.faults[0].point.nth', { faults: [{ ...CRASH_AT, point: { ...POINT, nth: 0 } }] }],
    ['plan.faults[0].point.when', { faults: [{ ...CRASH_AT, point: { ...POINT, when: 1 } }] }],
    ['plan.faults[0].point', { faults: [{ ...CRASH_AT, point: undefined }] }],
    ['plan.faults[0].args.deep', { faults: [{ ...ACTION, args: { deep: {} } }] }],
    ['plan.faults[0].name', { faults: [{ ...ACTION, name: '' }] }],
    ['plan.operations[0].client', { operations: [{ ...READ, client: 'n1' }] }],
    ['plan.operations[0].f', { operations: [{ ...READ, f: undefined }] }],
    ['plan.operations[0].key', { operations: [{ ...READ, key: 1 }] }],
    ['plan.operations[0].value', { operations: [{ ...READ, value: deep(33) }] }],
    ['plan.operations[0].args', { operations: [{ ...READ, args: [] }] }],
    ['plan.choices.links', { choices: { draws: {} } }],
    ['the name of plan.choices.links.n1>n9', { choices: { links: { 'n1>n9': [] }, draws: {} } }],
    ['plan.choices.links.n1>n2[0]', { choices: { links: { 'n1>n2': [-2] }, draws: {} } }],
    ['plan.choices.links.n1>n2[0][0]', { choices: { links: { 'n1>n2': [[-1]] }, draws: {} } }],
    ['plan.choices.draws.x[1]', { choices: { links: {}, draws: { x: [1, 2 ** 32] } } }],
  ])('is refused where %s is wrong, by that name', (option, change) => {
    const refusal = (() => {
      try {
        return parsePlan(edited(change));
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(InvalidArgument);
    expect(refusal).toMatchObject({ option, message: expect.stringContaining(', but must be ') });
    expect((refusal as Error).message.length).toBeLessThan(800);
  });

  it('is refused as JSON of every other kind', () => {
    for (const text of ['', '{', 'null', '[]', '7', '"plan"', '{"format":', '{}']) {
      expect(() => parsePlan(text), text).toThrow(InvalidArgument);
    }
  });

  it('ends in a plan or in a refusal, whatever a file holds', () => {
    const hostile = fc.oneof(
      fc.json(),
      fc.string(),
      fc.tuple(plan, fc.nat(), fc.string({ maxLength: 3 })).map(([original, place, text]) => {
        const written = formatPlan(original);
        const at = place % written.length;
        return written.slice(0, at) + text + written.slice(at + text.length + 1);
      }),
      fc
        .tuple(fc.constantFrom('faults', 'operations', 'choices', 'replicas'), fc.jsonValue())
        .map(([name, anything]) => edited({ [name]: anything })),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          const read = parsePlan(text);
          expect(parsePlan(formatPlan(read))).toEqual(read);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a fault', () => {
  it('has an end, and a line for people', () => {
    fc.assert(
      fc.property(fault, (each) => {
        const end = endOf(each);
        if ('untilMs' in each) expect(end).toBe(each.untilMs);
        expect(end).toBeGreaterThanOrEqual(0);
        expect(describeFault(each).length).toBeGreaterThan(5);
      }),
    );
    const crash = { ...CRASH, disk: 'unsynced-lost', atMs: 412, untilMs: 900 } as Fault;
    expect(describeFault(crash)).toBe('crash n1 (unsynced-lost) 412-900 ms');
    expect(describeFault(CUT as unknown as Fault)).toBe('cut n1 > n2 1-2 ms');
    const odd = { type: 'pause', node: toNodeId('n1'), atMs: 1500, untilMs: 3833 + 1 / 3 } as const;
    expect(describeFault(odd)).toBe('pause n1 1500-3833.3 ms');
    expect(describeFault(ACTION as Fault)).toBe('action compact 1 ms');
    expect(endOf({ type: 'upgrade', node: toNodeId('n1'), atMs: 5, downMs: 7, version: 2 })).toBe(
      12,
    );
  });
});
