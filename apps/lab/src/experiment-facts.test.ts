/**
 * Shows that every directed experiment has its page with facts of it, and how facts are put there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeBound, describeLevel } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { figureEightReport } from '../test/figure-eight.ts';
import { CATALOG } from './catalog.ts';
import { PROJECT_ROOT } from './environment.ts';
import {
  differencesOf,
  FACTS_BEGIN,
  FACTS_END,
  renderFacts,
  seedOfFacts,
  withFacts,
} from './experiment-facts.ts';

const directed = CATALOG.flatMap(({ experiment }) =>
  experiment.drawScript === undefined ? [] : [experiment],
);

const pageOf = (system: string, scenario = '') =>
  join(PROJECT_ROOT, 'systems', system, 'experiments', scenario, 'README.md');

/** Scenarios whose every fault takes a clock or a moment that processes do not give. */
const SIMULATED_ONLY = ['crash-between-append-and-sync', 'clock-jump-lease-reads'];

describe('the page of an experiment', () => {
  it.each(directed.map((experiment) => [experiment.name, experiment] as const))(
    '%s: has facts that were measured, with what, why the design holds, and the command',
    (name, experiment) => {
      const [system = '', scenario = ''] = name.split('/');
      const path = pageOf(system, scenario);
      expect(existsSync(path)).toBe(true);
      const page = readFileSync(path, 'utf8');
      const facts = page.slice(page.indexOf(FACTS_BEGIN), page.indexOf(FACTS_END));
      const seed = seedOfFacts(page);
      expect(seed).toBeDefined();
      expect(facts).toContain(`npx mangrove lab run ${name} --world sim --seed ${seed}`);
      const local = `npx mangrove lab run ${name} --world local --seed ${seed}`;
      expect(facts.includes(local), local).toBe(!SIMULATED_ONLY.includes(scenario));
      expect(facts).toContain(`| injected (simulator, seed ${seed}) | when |`);
      expect(facts).toMatch(/^Measured on \d{4}-\d\d-\d\d\. Commit [0-9a-f]{40}.*Node\.js \d+\./m);
      for (const slo of experiment.slosInSim ?? experiment.slos ?? []) {
        const row = facts
          .split('\n')
          .find((line) => lower(line).startsWith(`| ${describeLevel(slo)} |`));
        expect(row, describeLevel(slo)).toContain(`(${describeBound(slo)})`);
      }
      expect(page).toContain('## Why the design holds');
      expect(page).toContain('## What would break it');
      expect(page).toMatch(/\(R\d+/);
      const overview = readFileSync(pageOf(system), 'utf8');
      expect(overview).toContain(`| [${scenario}](${scenario}/README.md) |`);
    },
  );

  it('tells what clients got, promised or not, and how processes stood', () => {
    const report = figureEightReport();
    const facts = renderFacts([report]);
    // Both writes that a crash met were answered; the first waited from 286 to 982 ms.
    expect(facts).toMatch(/\| Availability during the faults \| 100.% \(nothing is promised\) \|/);
    expect(facts).toMatch(/\| The longest time without any answer \| 696.ms \(nothing is/);
    const slo = { type: 'outage', msMax: 900 } as const;
    const check = { check: 'outage', answer: 'valid', anomalies: [] } as const;
    const levelIn = (answer: 'valid' | 'invalid') => {
      const checks = [{ ...check, answer, slo: { slo, measured: 711, count: 5 } }];
      const counts = { 'leaderships seen': 3 };
      const { trace: _, ...run } = report.found;
      const found = { ...run, counts, world: 'local' as const, verdict: { answer, checks } };
      return renderFacts([report, { ...report, found }]);
    };
    expect(levelIn('valid')).toMatch(/any answer \| 696.ms \(.*\) \| 711.ms \(at most 900 ms\) \|/);
    expect(levelIn('invalid')).toMatch(/\| 711.ms \(missed: at most 900 ms\) \|/);
    expect(levelIn('valid')).toMatch(/became leader \| \d+ \| at least 3 \|/);
  });

  it('tells how each action of an operator ended', () => {
    const { found, ...report } = figureEightReport();
    const action = { type: 'action', name: 'promote', args: {}, atMs: 5 } as const;
    const plan = { ...found.plan, faults: [action, { ...action, atMs: 9 }] };
    const strikes = [
      { fault: 0, atMs: 5, untilMs: 5, outcome: 'refused', reason: 'no majority' },
      { fault: 1, atMs: 9, untilMs: 9, outcome: 'done' },
    ] as const;
    const facts = renderFacts([{ ...report, found: { ...found, plan, strikes } }]);
    expect(facts).toMatch(/\| operator: promote \| at 5.ms: refused, no majority \|/);
    expect(facts).toMatch(/\| operator: promote \| at 9.ms: done \|/);
  });

  it('has its facts replaced, and nothing else', () => {
    const page = `# Title\n\n${FACTS_BEGIN}\nold\n${FACTS_END}\n\nprose\n`;
    const once = withFacts(page, 'new');
    expect(once).toBe(`# Title\n\n${FACTS_BEGIN}\n\nnew\n\n${FACTS_END}\n\nprose\n`);
    expect(withFacts(once, 'new')).toBe(once);
    expect(() => withFacts('# Title\n', 'new')).toThrow(InvalidArgument);
  });

  it('is held against a run: figures of the simulator that are others are told', () => {
    const report = figureEightReport();
    const bare = `${FACTS_BEGIN}\n${FACTS_END}\n`;
    const page = withFacts(bare, renderFacts([report, { ...report, command: 'of another run' }]));
    expect(differencesOf(page, report)).toEqual([]);
    const changed = page.replace('became leader | ', 'became leader | 4');
    const [told, measured, ...others] = differencesOf(changed, report);
    expect(told).toMatch(/^- times that a node became leader \| 4\d+$/);
    expect(measured).toMatch(/^\+ times that a node became leader \| \d$/);
    expect(others).toEqual([]);
    expect(seedOfFacts(page)).toBe(report.found.plan.seed);
    expect(seedOfFacts(bare)).toBeUndefined();
  });
});

function lower(line: string): string {
  return line.toLowerCase();
}
