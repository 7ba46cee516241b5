/**
 * Shows that every directed experiment has its page with facts of it, and how facts are put there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSlo } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { figureEightReport } from '../test/figure-eight.ts';
import { CATALOG } from './catalog.ts';
import { PROJECT_ROOT } from './environment.ts';
import { FACTS_BEGIN, FACTS_END, renderFacts, withFacts } from './experiment-facts.ts';
import { renderFactRows, withFactRows } from './fact-rows.ts';

const directed = CATALOG.flatMap(({ experiment }) =>
  experiment.drawScript === undefined ? [] : [experiment],
);

const pageOf = (system: string, scenario = '') =>
  join(PROJECT_ROOT, 'systems', system, 'experiments', scenario, 'README.md');

const hasOwnPage = (name: string) => existsSync(pageOf(...(name.split('/') as [string, string])));

describe('the page of an experiment', () => {
  it.each(
    directed
      .filter(({ name }) => name.startsWith('raft/') || hasOwnPage(name))
      .map((experiment) => [experiment.name, experiment] as const),
  )(
    '%s: has facts that were measured, why the design holds, and the command',
    (name, experiment) => {
      const [system = '', scenario = ''] = name.split('/');
      const path = pageOf(system, scenario);
      expect(existsSync(path)).toBe(true);
      const page = readFileSync(path, 'utf8');
      const facts = page.slice(page.indexOf(FACTS_BEGIN), page.indexOf(FACTS_END));
      expect(facts).toContain(`npx mangrove lab run ${name} --world sim --seed`);
      for (const slo of experiment.slos ?? []) {
        expect(facts.toLowerCase()).toContain(describeSlo(slo).toLowerCase());
      }
      expect(page).toContain('## Why the design holds');
      expect(page).toMatch(/\(R\d+/);
    },
  );

  it.each(directed.filter(({ name }) => !hasOwnPage(name)).map(({ name }) => name))(
    '%s: without one, it has its rows and its line on the page of its system',
    (name) => {
      const [system = '', scenario = ''] = name.split('/');
      const page = readFileSync(pageOf(system), 'utf8');
      expect(page).toContain(`| ${name} | simulator | valid |`);
      expect(page).toMatch(new RegExp(`^\\| \\[${scenario}\\]\\(\\S+\\) \\| .+ \\| .+ \\|$`, 'm'));
    },
  );

  it('tells what clients got meanwhile, promised or not', () => {
    const report = figureEightReport();
    const facts = renderFacts([report]);
    // Both writes that a crash met were answered; the first waited from 286 to 982 ms.
    expect(facts).toMatch(/\| Availability during the faults \(nothing is promised\) \| 100.% \|/);
    expect(facts).toMatch(/\| The longest time without any answer \(nothing .*\) \| 696.ms \|/);
    const [row = ''] = renderFactRows([report]);
    expect(row).toMatch(/\| \([\d.]+.%\) \| \(696.ms\) \| – \|/);
    const slo = { type: 'outage', msMax: 900 } as const;
    const check = { check: 'outage', answer: 'valid', anomalies: [] } as const;
    const checks = [{ ...check, slo: { slo, measured: 711, count: 5 } }];
    const found = { ...report.found, verdict: { answer: 'valid', checks } } as const;
    const promised = renderFacts([{ ...report, found }]);
    expect(promised).toContain('| The longest time without any answer is at most 900 ms | 711');
    expect(promised).not.toContain('without any answer (nothing');
    expect(renderFactRows([{ ...report, found }])[0]).toMatch(/\| 711.ms \|/);
  });

  it('has rows of one experiment and world replaced, and the others kept', () => {
    const page = `# Title\n\n${FACTS_BEGIN}\n${FACTS_END}\n\n| prose | table |\n`;
    const once = withFactRows(page, [
      '| kv/a | simulator | valid |',
      '| kv/b | simulator | valid |',
    ]);
    const twice = withFactRows(once, ['| kv/a | simulator | invalid |']);
    expect(twice).toBe(once.replace('valid', 'invalid'));
    expect(withFactRows(once, ['| kv/a | processes | valid |']).split('\n').length).toBe(
      once.split('\n').length + 1,
    );
    expect(() => withFactRows('# Title\n', [])).toThrow(InvalidArgument);
  });

  it('has its facts replaced, and nothing else', () => {
    const page = `# Title\n\n${FACTS_BEGIN}\nold\n${FACTS_END}\n\nprose\n`;
    const once = withFacts(page, 'new');
    expect(once).toBe(`# Title\n\n${FACTS_BEGIN}\n\nnew\n\n${FACTS_END}\n\nprose\n`);
    expect(withFacts(once, 'new')).toBe(once);
    expect(() => withFacts('# Title\n', 'new')).toThrow(InvalidArgument);
  });
});
