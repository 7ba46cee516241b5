/**
 * Shows that every directed experiment has its page with facts of it, and how facts are put there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSlo } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { CATALOG } from './catalog.ts';
import { PROJECT_ROOT } from './environment.ts';
import { FACTS_BEGIN, FACTS_END, withFacts } from './experiment-facts.ts';

const directed = CATALOG.flatMap(({ experiment }) =>
  experiment.drawScript === undefined ? [] : [experiment],
);

/** Systems that keep pages; one that gets the scenarios for nothing may have none yet. */
const WITH_PAGES = ['raft'];

describe('the page of an experiment', () => {
  it.each(
    directed
      .filter(({ name }) => WITH_PAGES.includes(name.split('/')[0] ?? ''))
      .map((experiment) => [experiment.name, experiment] as const),
  )(
    '%s: has facts that were measured, why the design holds, and the command',
    (name, experiment) => {
      const [system = '', scenario = ''] = name.split('/');
      const path = join(PROJECT_ROOT, 'systems', system, 'experiments', scenario, 'README.md');
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

  it('has its facts replaced, and nothing else', () => {
    const page = `# Title\n\n${FACTS_BEGIN}\nold\n${FACTS_END}\n\nprose\n`;
    const once = withFacts(page, 'new');
    expect(once).toBe(`# Title\n\n${FACTS_BEGIN}\n\nnew\n\n${FACTS_END}\n\nprose\n`);
    expect(withFacts(once, 'new')).toBe(once);
    expect(() => withFacts('# Title\n', 'new')).toThrow(InvalidArgument);
  });
});
