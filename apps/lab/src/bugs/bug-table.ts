/**
 * The table of planted bugs as a Markdown page: how long the lab needs to find each, how small it
 * makes what it found, and how often it cried wolf.
 */
import { quantile } from '../report/latency.ts';
import type { BugRow, SearchFigures, ShrinkFigures, Spread } from './bug-row.ts';
import { type CleanRow, cleanLines } from './clean-table.ts';
import type { Machine } from './measurement.ts';
import { tableRow } from './table-row.ts';
import type { UnplacedBug } from './unplaced.ts';

/** What the page is made from. */
export interface BugTable {
  readonly rows: readonly BugRow[];
  /** Bugs that no experiment shows. */
  readonly unplaced: readonly UnplacedBug[];
  readonly clean: readonly CleanRow[];
  /** What measured, one after the other. */
  readonly machines: readonly Machine[];
  /** The commits at which bugs were measured. */
  readonly commits: readonly string[];
  /** How many base seeds were asked for. */
  readonly baseCount: number;
  /** The command that made it. */
  readonly command: string;
}

/** The page. */
export function renderBugTable(table: BugTable): string {
  const { rows, machines, commits, baseCount, command } = table;
  const at = commits.map((commit) => commit.slice(0, 12)).join(', ') || 'no commit';
  return `${[
    '# Planted bugs: how long it takes to find them',
    '',
    'Each bug is a patch that is put into the source in memory',
    '([decision 7](decisions/0007-planted-bugs-as-patches.md)). The lab runs seed after seed until',
    'a judge says no. One command makes this page, and keeps what it has measured in',
    '`planted-bugs.jsonl` beside it; ended early, it goes on where it was:',
    '',
    '```',
    command,
    '```',
    '',
    `Measured at ${at} on`,
    `${machines.map(machineWords).join(', then ')}, from up to ${baseCount} base seeds;`,
    'the column **bases** says from how many, in each of the two ways. Seeds and CPU time are of',
    'one thread from a base seed to the first failure: median / 90th percentile. **Outside** is',
    'what clients saw, nodes that stopped, and progress after the faults; **with',
    'invariants** looks into the nodes after every step too. How **difficult** a bug is to meet',
    'is judged by hand: an easy one shows under any trouble, a medium one needs the right fault, a',
    'hard one a rare order of several. **What shows** is what the judge calls it: names with a `G`',
    'are cycles of transactions; `ordered`, `unique`, `atomic`, `reliable`, `resumable` and',
    '`bookmarkable` are guarantees of watches that were broken; an invariant has its own name, as',
    '`election-safety`.',
    ...unnamedLines(rows),
    '',
    ...searchTable(rows),
    '',
    '## How small the failures become',
    '',
    'The least is what a person would write by hand, or less where shrinking found it. The size of',
    'a plan is its faults and its operations together. A smaller plan counts where the code as it',
    'is passes it: what fails in any case shows no bug.',
    '',
    ...shrinkTable(rows),
    '',
    ...closing(rows),
    '',
    ...unplacedLines(table.unplaced),
    '## Is the lab silent where nothing is wrong?',
    '',
    ...cleanLines(table.clean),
  ].join('\n')}\n`;
}

function machineWords({ cpu, cpuCount, nodeVersion }: Machine): string {
  return `${cpu} (${cpuCount} cores) with Node.js ${nodeVersion}`;
}

const SEARCH_COLUMNS = ['outside: seeds, CPU', 'with invariants: seeds, CPU'] as const;

function searchTable(rows: readonly BugRow[]): readonly string[] {
  const head = ['bug', 'comes from', 'experiment', 'difficulty', 'bases'] as const;
  return [
    tableRow([...head, ...SEARCH_COLUMNS, 'what shows']),
    tableRow(Array.from({ length: 8 }, () => '---')),
    ...rows.map(({ bug, outside, watched }) =>
      tableRow([
        `\`${bug.name}\``,
        bug.source,
        bug.experiment,
        bug.difficulty ?? '-',
        watched === undefined
          ? String(outside.baseCount)
          : `${outside.baseCount} / ${watched.baseCount}`,
        searchCell(outside),
        watched === undefined && outside.baseCount > 0
          ? 'has none'
          : searchCell(watched ?? outside),
        namesCell(outside, watched),
      ]),
    ),
  ];
}

function searchCell(figures: SearchFigures): string {
  const { baseCount, foundCount, seeds, cpuMs, seedMax } = figures;
  if (baseCount === 0) return 'not measured';
  if (foundCount === 0) return `not in ${seedMax}`;
  const all = foundCount === baseCount ? '' : `, found from ${foundCount} of ${baseCount}`;
  const seedWords = spreadWords(seeds, String, `>${seedMax}`);
  return `${seedWords}, ${spreadWords(cpuMs, secondsWord, 'more')}${all}`;
}

function spreadWords({ median, p90 }: Spread, say: (value: number) => string, none: string) {
  const word = (value: number) => (Number.isFinite(value) ? say(value) : none);
  return `${word(median)} / ${word(p90)}`;
}

function secondsWord(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

function namesCell(outside: SearchFigures, watched: SearchFigures | undefined): string {
  const words = ({ names }: SearchFigures) =>
    names.map(([name, count]) => `${name} (${count})`).join(', ');
  const inside = watched === undefined ? '' : words(watched);
  const seen = words(outside);
  return seen === inside || inside === '' ? seen || '-' : `${seen || '-'}; ${inside}`;
}

/** Tells of searches by judges that were not asked for names; nothing where there are none. */
function unnamedLines(rows: readonly BugRow[]): readonly string[] {
  const names = rows.flatMap(({ outside, watched }) => [
    ...outside.names,
    ...(watched?.names ?? []),
  ]);
  const classes = ['promise', 'invariant'].filter((each) => names.some(([name]) => name === each));
  const words = classes.map((each) => `\`${each}\``).join(' or ');
  return words === ''
    ? []
    : [`Where it is ${words}, the judge has not been asked for its name yet.`];
}

function shrinkTable(rows: readonly BugRow[]): readonly string[] {
  return [
    '| bug | least faults | least operations | shrunk to | times the least | at worst |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(({ bug, shrunk, slipCount }) => {
      const { minimum } = bug;
      return tableRow([
        `\`${bug.name}\``,
        minimum === undefined ? '-' : counted(minimum.faults.length, minimum.faults),
        minimum === undefined ? '-' : counted(minimum.operationCount, minimum.operations ?? []),
        shrunk === undefined ? NO_SIZE[slipCount > 0 ? 'slipped' : 'none'] : shrunkCell(shrunk),
        ratioWord(shrunk?.ratio),
        ratioWord(shrunk?.ratioMax),
      ]);
    }),
  ];
}

function counted(count: number, items: readonly string[]): string {
  return items.length === 0 ? String(count) : `${count}: ${items.join('; ')}`;
}

const NO_SIZE = { none: 'not measured', slipped: 'what fails without the bug too' } as const;

function shrunkCell({ faultCount, operationCount, count, isFormer }: ShrinkFigures): string {
  const by = isFormer ? ', by a former shrinker' : '';
  return `${faultCount} faults, ${operationCount} operations (median of ${count}${by})`;
}

function ratioWord(ratio: number | undefined): string {
  return ratio === undefined ? '-' : ratio.toFixed(2);
}

/** How many are found, how many come within 1.5 times of the least, and how near the usual one. */
function closing(rows: readonly BugRow[]): readonly string[] {
  const measured = rows.filter(({ outside }) => outside.baseCount > 0);
  const found = measured.filter(
    ({ outside, watched }) => outside.foundCount > 0 || (watched?.foundCount ?? 0) > 0,
  );
  const ratios = rows.flatMap(({ shrunk }) => shrunk?.ratio ?? []).sort((a, b) => a - b);
  const near = ratios.filter((ratio) => ratio <= 1.5);
  const shrunk = rows.flatMap((each) => each.shrunk ?? []);
  const former = shrunk.filter(({ isFormer }) => isFormer);
  const missing = rows.filter((each) => !measured.includes(each));
  return [
    `${found.length} of ${measured.length} bugs that were looked for were found.`,
    ...(missing.length === 0 ? [] : [`Not measured yet: ${namesOf(missing)}.`]),
    `${near.length} of ${ratios.length} shrink to 1.5 times the least or less.`,
    ...(ratios.length === 0
      ? []
      : [`The median over bugs is ${ratioWord(quantile(ratios, 0.5))} times the least.`]),
    `${shrunk.length - former.length} of ${shrunk.length} were shrunk by the present shrinker,`,
    `${former.length} by a former one.`,
  ];
}

function namesOf(rows: readonly BugRow[]): string {
  return rows.map(({ bug }) => `\`${bug.name}\``).join(', ');
}

/** With an empty line behind them; none where every bug has its row. */
function unplacedLines(unplaced: readonly UnplacedBug[]): readonly string[] {
  if (unplaced.length === 0) return [];
  return [
    '## Planted, and shown by no experiment',
    '',
    'What these break is too rare for the experiments, or nothing that clients see.',
    '[Random clusters of the core](../systems/raft/test/planted-bugs.process.test.ts), which look',
    'inside, find those of Raft, each within its budget of seeds. Where these find nothing, what',
    'was taken away is a second line of defence, which no order of events reaches; the test of the',
    'rule finds it.',
    '',
    '| bug | breaks | comes from | found by |',
    '| --- | --- | --- | --- |',
    ...unplaced.map(({ name, breaks, source, finder }) =>
      tableRow([`\`${name}\``, breaks, source, finder]),
    ),
    '',
  ];
}
