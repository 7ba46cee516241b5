/**
 * `mangrove lab bugs table`: measures how long it takes to find each planted bug, and writes the
 * page. Ended at any time, it goes on where it was.
 */
import { makeBugTable } from '@mangrove/lab/node';
import type { Ending } from '../exit-code.ts';
import type { BugsCommandOptions } from './bugs-command.ts';
import { callLab } from './lab-call.ts';
import { writeResult } from './report-file.ts';
import { seconds } from './wording.ts';

/** What the command is told. */
export interface BugTableCommandOptions extends BugsCommandOptions {
  readonly names: readonly string[];
  readonly baseCount: number;
  /** The budget of each bug where it is missing. */
  readonly seedMax: number | undefined;
  readonly minutes: number;
  readonly shrinkCount: number;
  readonly shrinkRunMax: number;
  readonly cleanCount: number;
  readonly ledgerPath: string;
  readonly pagePath: string;
  readonly isRenderOnly: boolean;
}

/** `invalid` when the clean code raised an alarm, `unknown` when a judge gave up on it. */
export async function bugTableCommand(options: BugTableCommandOptions): Promise<Ending> {
  const { names, minutes, pagePath, isJson, terminal, signal, ...amounts } = options;
  const startedMs = performance.now();
  let [what, count] = ['', 0];
  const { table, markdown } = await callLab(signal, () =>
    makeBugTable({
      ...amounts,
      bugs: names,
      timeMs: minutes * 60_000,
      command: commandOf(options),
      signal,
      onTurn: (next) => {
        terminal.say(`${seconds(performance.now() - startedMs)}: ${next}`);
        [what, count] = [next, 0];
      },
      onMeasured: () => {
        count += 1;
        terminal.status(`${what}: ${count} measured`);
      },
    }),
  );
  terminal.status('');
  writeResult(pagePath, markdown);
  if (isJson) for (const row of table.rows) terminal.result(JSON.stringify(row));
  else terminal.result(markdown.trimEnd());
  terminal.say(`page: ${pagePath}`);
  if (table.clean.some(({ failureCount }) => failureCount > 0)) return 'invalid';
  return table.clean.some(({ unknownCount }) => unknownCount > 0) ? 'unknown' : 'valid';
}

/** The command that measures as much; where it writes is not shown. */
function commandOf(options: BugTableCommandOptions): string {
  const { names, baseCount, seedMax, minutes, shrinkCount, cleanCount } = options;
  const seeds = seedMax === undefined ? [] : ['--seeds', seedMax];
  const amounts = ['--bases', baseCount, ...seeds, '--minutes', minutes];
  const rest = ['--shrinks', shrinkCount, '--clean', cleanCount];
  return ['npx mangrove lab bugs table', ...names, ...amounts, ...rest].join(' ');
}
