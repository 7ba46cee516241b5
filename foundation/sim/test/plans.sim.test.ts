/**
 * Shows that a run is a function of its plan: again, drained another way, replayed without its
 * seed, cut short and edited by hand.
 */
import { type Experiment, formatPlan, type Plan, parsePlan } from '@mangrove/experiment';
import { StreamError, toNodeId } from '@mangrove/host';
import { drawPlan, type SimulationReport, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { KINDS, registerExperiment } from './register-experiment.ts';

const experiment = registerExperiment();
const { subject } = experiment;
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

describe('a scenario', () => {
  const scenario: Experiment = {
    ...experiment,
    faults: ['scenario'],
    drawScenario: (random, { replicas, activeMs }) => {
      const atMs = random.below(activeMs / 2);
      return replicas.map((node) => ({ type: 'pause', node, atMs, untilMs: atMs + 50 }));
    },
  };

  it('is drawn as a whole: its faults come together or not at all', () => {
    const plans = SEEDS.map((seed) => drawPlan(scenario, seed));
    const sizes = new Set(plans.map(({ faults }) => faults.length % 3));
    expect(sizes).toEqual(new Set([0]));
    expect(plans.some(({ faults }) => faults.length > 0)).toBe(true);
  });

  it('that is asked for and not there is refused', () => {
    const { drawScenario: _none, ...rest } = scenario;
    const draw = () => SEEDS.map((seed) => drawPlan(rest, seed));
    expect(draw).toThrow('experiment.drawScenario');
  });
});

describe('the time before the faults', () => {
  const beginOf = (from: readonly number[]) =>
    SEEDS.flatMap((seed) => {
      const { faults } = drawPlan({ ...experiment, faultsFromMs: from }, seed);
      return faults.map((each) => ('atMs' in each ? each.atMs : (each.point.fromMs ?? 0)));
    });

  it('is one of those that the experiment allows, for faults of every kind', () => {
    const early = experiment.activeMs / 3;
    expect(Math.min(...beginOf([0]))).toBeLessThan(early);
    expect(Math.min(...beginOf([early]))).toBeGreaterThanOrEqual(early);
    expect(Math.max(...beginOf([early]))).toBeLessThan(experiment.activeMs);
    expect(Math.min(...beginOf([early, 0]))).toBeLessThan(early);
    expect(beginOf([early, 0])).not.toEqual(beginOf([0]));
  });
});

describe('the time after the faults', () => {
  it('is one of those that the experiment allows before clients begin what they do last', () => {
    const { activeMs } = experiment;
    const settling = { ...experiment, settlingMs: [50, 2000] };
    const drawn = SEEDS.map((seed) => {
      const { operations } = drawPlan(settling, seed);
      return Math.max(...operations.map(({ atMs }) => atMs)) - activeMs;
    });
    expect(new Set(drawn)).toEqual(new Set([50, 2000]));
  });

  it('lasts until nodes have reacted as often as the experiment asks for, or is over', async () => {
    const { eventCount, hash } = await simulate(subject, drawPlan(experiment, 1));
    const longer = drawPlan({ ...experiment, eventCountMin: eventCount + 100 }, 1);
    const enough = await simulate(subject, longer);
    expect(enough.eventCount).toBe(eventCount + 100);
    const endless = await simulate(subject, { ...longer, eventCountMin: 1e9 });
    expect(endless.endMs).toBe(longer.activeMs + longer.quietMs);
    const { hash: same } = await simulate(subject, { ...longer, eventCountMin: 1 });
    expect(same).toBe(hash);
  });
});

describe('a plan', () => {
  it('gives the same run again, by hop and by checkpoint', async () => {
    const hashes = new Set<string>();
    for (const seed of SEEDS) {
      const plan = drawPlan(experiment, seed);
      const first = await simulate(subject, plan, { drain: 'checkpoint' });
      const second = await simulate(subject, drawPlan(experiment, seed), { drain: 'hop' });
      expect(summaryOf(second)).toEqual(summaryOf(first));
      hashes.add(first.hash);
    }
    expect(hashes.size).toBe(SEEDS.length);
  });

  it('replays from its choices without its seed, through its text', async () => {
    for (const seed of SEEDS.slice(0, 15)) {
      const plan = drawPlan(experiment, seed);
      const first = await simulate(subject, plan, { isRecordingChoices: true });
      const { seed: _seed, ...rest } = first.plan;
      const replayed = await simulate(subject, parsePlan(formatPlan(rest)));
      expect(summaryOf(replayed)).toEqual(summaryOf(first));
    }
  });

  it('goes on as before where its choices were cut short', async () => {
    for (const seed of SEEDS.slice(0, 10)) {
      const first = await simulate(subject, drawPlan(experiment, seed), {
        isRecordingChoices: true,
      });
      const cut = <Item>(lists: Readonly<Record<string, readonly Item[]>>) =>
        Object.fromEntries(
          Object.entries(lists).map(([name, list]) => [name, list.slice(0, list.length / 2)]),
        );
      const { links, draws } = first.plan.choices;
      const plan = { ...first.plan, choices: { links: cut(links), draws: cut(draws) } };
      expect((await simulate(subject, plan)).hash).toBe(first.hash);
    }
  });

  it('that a person wrote runs, and a fault taken out changes the run', async () => {
    const [n1, n2, n3, c1] = ['n1', 'n2', 'n3', 'c1'].map(toNodeId) as [never, never, never, never];
    const plan: Plan = {
      format: 'mangrove-plan/1',
      experiment: 'test-register',
      replicas: [n1, n2, n3],
      clients: [c1],
      activeMs: 500,
      quietMs: 2000,
      operationTimeoutMs: 300,
      faults: [{ type: 'cut', from: [c1], to: [n1, n2, n3], atMs: 50, untilMs: 500 }],
      operations: [
        { client: c1, atMs: 10, f: 'write', value: 7 },
        { client: c1, atMs: 100, f: 'write', value: 8 },
        { client: c1, atMs: 1500, f: 'read' },
      ],
      choices: { links: {}, draws: {} },
    };
    const hurt = await simulate(subject, plan);
    expect(hurt.history.map(({ process, type, value }) => [process, type, value])).toEqual([
      ['c1', 'invoke', 7],
      ['c1', 'ok', 7],
      ['c1', 'invoke', 8],
      ['c1', 'info', 8],
      ['c1.2', 'invoke', undefined],
      ['c1.2', 'ok', 8],
    ]);
    expect(hurt.stuck).toEqual([]);
    const calm = await simulate(subject, { ...plan, faults: [] });
    expect(calm.history[3]).toMatchObject({ type: 'ok', value: 8 });
    expect(calm.hash).not.toBe(hurt.hash);
  });

  it('goes on after an operating error of a client; any other breaks the client', async () => {
    const [n1, c1] = ['n1', 'c1'].map(toNodeId) as [never, never];
    const operations = [100, 200].map((atMs) => ({ client: c1, atMs, f: 'read' }));
    const plan = {
      ...drawPlan(experiment, 1),
      replicas: [n1],
      clients: [c1],
      faults: [],
      operations,
    };
    const run = (error: Error) => {
      const invoke = () => Promise.reject(error);
      return simulate({ ...subject, openClient: async () => ({ invoke }) }, plan);
    };
    const lawful = await run(new StreamError('reset', 'the peer is gone'));
    expect(lawful.ends).toEqual([]);
    expect(lawful.history.map(({ process, type, error }) => [process, type, error])).toEqual([
      ['c1', 'invoke', undefined],
      ['c1', 'info', 'the peer is gone'],
      ['c1.2', 'invoke', undefined],
      ['c1.2', 'info', 'the peer is gone'],
    ]);
    const broken = await run(new Error('a bug of the client'));
    expect(broken.ends).toMatchObject([{ node: 'c1', type: 'broken' }]);
    expect(broken.history.length).toBe(1);
  });

  it('of which nobody can answer says who is stuck', async () => {
    const [n1, n2, c1] = ['n1', 'n2', 'c1'].map(toNodeId) as [never, never, never];
    const plan = {
      ...drawPlan(experiment, 1),
      replicas: [n1, n2],
      clients: [c1],
      faults: [],
      operations: [{ client: c1, atMs: 6000, f: 'read' }],
    };
    const broken = { ...subject, start: () => Promise.reject(new Error('will not')) };
    const report = await simulate(broken, plan);
    expect(report.stuck).toEqual([c1]);
    expect(report.ends.map(({ type }) => type)).toEqual(['broken', 'broken']);
  });
});

describe('the swarm', () => {
  it('draws every kind of fault, and every one of them strikes', async () => {
    const struck = new Set<string>();
    for (const seed of Array.from({ length: 120 }, (_, index) => index + 1000)) {
      const { counts } = await simulate(subject, drawPlan(experiment, seed));
      for (const name of Object.keys(counts)) struck.add(name);
    }
    const missing = KINDS.filter((kind) => {
      const name = kind === 'power-loss' ? 'crash' : kind;
      return !struck.has(`fault ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('leaves some runs without any fault, and keeps the windows within the active phase', () => {
    const plans = Array.from({ length: 200 }, (_, seed) => drawPlan(experiment, seed));
    expect(plans.filter(({ faults }) => faults.length === 0).length).toBeGreaterThan(3);
    for (const { faults } of plans) {
      for (const fault of faults) {
        if ('untilMs' in fault) expect(fault.untilMs).toBeLessThanOrEqual(experiment.activeMs);
      }
    }
  });

  it('damages a minority at most, unless it is to go beyond', () => {
    const hurtBy = (mode: 'within' | 'beyond') =>
      Math.max(
        ...Array.from({ length: 300 }, (_, seed) => {
          const faults = ['wipe', 'bit-rot'] as const;
          const plan = drawPlan({ ...experiment, faults, atlas: { mode } }, seed);
          return new Set(plan.faults.map((fault) => 'node' in fault && fault.node)).size;
        }),
      );
    expect(hurtBy('within')).toBe(1);
    expect(hurtBy('beyond')).toBe(3);
  });
});

function summaryOf(report: SimulationReport): unknown {
  const { hash, eventCount, endMs, history, counts, stuck } = report;
  return { hash, eventCount, endMs, history, counts, stuck };
}
