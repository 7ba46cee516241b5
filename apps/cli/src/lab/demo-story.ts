/**
 * The main job as it is told while it runs: on a terminal the last lines are drawn again and again,
 * elsewhere each stage leaves what it came to.
 */
import type { HuntFigures } from '@mangrove/lab';
import type { DemoProgress } from '@mangrove/lab/node';
import type { Terminal } from '../terminal.ts';
import { counted, huntWords, inevitabilityWords, markWords, sizeWords } from './wording.ts';

const STAGES = {
  cluster: '1/4  starts the store as three processes; kills its leader, then cuts the next one off',
  'hunt-clean': '2/4  hunts through made-up clusters of Raft as it is: nothing must be found',
  'hunt-planted':
    '3/4  plants a bug, in memory only: nodes vote for a candidate whose log is behind theirs',
  shrink: '4/4  makes the failing run smaller while it fails in the same way',
} as const;

const INDENT = '     ';

/** How long one bar of the cluster's answers stands for, in milliseconds. */
const BAR_MS = 200;

const BARS = '▁▂▃▄▅▆▇█';

/** Tells `terminal` what happens. When a stage ends, its last status stays. */
export function createDemoStory(terminal: Terminal): (now: DemoProgress) => void {
  const answers = new Answers();
  let last = '';
  const status = (...lines: readonly string[]) => {
    last = lines.map((line) => `${INDENT}${line}`).join('\n');
    terminal.status(last);
  };
  const stay = () => {
    terminal.status('');
    if (last !== '') terminal.say(last);
    last = '';
  };
  return (now) => {
    switch (now.type) {
      case 'stage':
        stay();
        terminal.say(STAGES[now.stage]);
        break;
      case 'event':
        terminal.say(`${INDENT}${now.sentence}`);
        break;
      case 'cluster': {
        const { atMs, invokedCount, okCount, leader } = now.figures;
        answers.add(atMs, okCount);
        const leads = leader === undefined ? 'nobody leads' : `${leader} leads`;
        const count = `${counted(invokedCount, 'operation')}, ${okCount} ok`;
        status(`${(atMs / 1000).toFixed(1)} s: ${count}; ${leads}`, answers.bars());
        break;
      }
      case 'hunt':
        status(...huntLines(now.figures));
        break;
      case 'shrink':
        status(`run ${now.step.run}: ${sizeWords(now.step.size)}`);
        break;
      case 'inevitability':
        if (last !== '' && !last.includes('inevitable')) stay();
        status(inevitabilityWords(now.points));
        break;
      default:
        now satisfies never;
    }
  };
}

/** The figures of a hunt, and how often some marks of the protocol were reached. */
function huntLines(figures: HuntFigures): readonly string[] {
  const reached = Object.entries(figures.marks).filter(([, count]) => count > 0);
  if (reached.length === 0) return [huntWords(figures)];
  const said = SHOWN_MARKS.flatMap((mark) => {
    const count = figures.marks[mark] ?? 0;
    return count === 0 ? [] : [`${mark.toLowerCase()} ${count}`];
  });
  return [huntWords(figures), `${markWords(figures)}: ${said.join(', ')}`];
}

/** The marks that are shown with their counts while a hunt goes on. */
const SHOWN_MARKS = Object.freeze([
  'Elections won',
  'Snapshots installed',
  'Ends of logs replaced',
  'Changes of members written',
]);

/** How many operations were answered in each moment, as a row of bars. */
class Answers {
  private readonly counts: number[] = [];
  private before = 0;

  add(atMs: number, okCount: number): void {
    const bar = Math.floor(atMs / BAR_MS);
    while (this.counts.length <= bar) this.counts.push(0);
    this.counts[bar] = (this.counts[bar] ?? 0) + okCount - this.before;
    this.before = okCount;
  }

  bars(): string {
    const most = Math.max(1, ...this.counts);
    const level = (count: number) => Math.ceil((count / most) * (BARS.length - 1));
    return this.counts.map((count) => BARS[level(count)]).join('');
  }
}
