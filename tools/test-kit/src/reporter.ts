/**
 * The reporter of the house, which stands beside Vitest's own: what a run does and how long it
 * takes, the time of each package against its budget, every skip with its reason, every failure
 * in a line, and the closing line.
 *
 * With `CI` set, a broken budget, or a skip that `.ci/run` could have prevented, fails the run. The
 * last line is always `N passed, N failed, N skipped`.
 */
import process from 'node:process';
import type { Reporter, TestModule, TestSpecification, Vitest } from 'vitest/node';
import { atPace, BUDGETS, type Budgets, type Paced } from './budgets.ts';
import { machinePace } from './machine-pace.ts';
import { brokenBudgets, roomOf, seconds, type Tally, tallyOf, unlawfulSkips } from './tally.ts';

/** What may be changed for a test of the reporter. */
export interface HouseReporterOptions {
  readonly budgets?: Budgets;
  readonly pace?: () => number;
}

/** The reporter; give one to `test.reporters` after `'default'`. */
export class HouseReporter implements Reporter {
  private readonly budgets: Budgets;
  private readonly pace: () => number;
  private vitest: Vitest | undefined;
  private startedMs = 0;
  private paceAtStart = 1;

  constructor({ budgets = BUDGETS, pace = machinePace }: HouseReporterOptions = {}) {
    this.budgets = budgets;
    this.pace = pace;
  }

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.paceAtStart = this.pace();
    this.startedMs = performance.now();
    const rooms = new Set(
      specifications.map((each) =>
        roomOf(each.testModule?.relativeModuleId ?? this.relativePath(each.moduleId)),
      ),
    );
    this.print(
      `Runs ${specifications.length} test files of ${rooms.size} packages: rules of the code, ` +
        'simulated worlds, real processes on loopback.',
    );
    this.print(
      `All of them usually take about ${this.budgets.usualSeconds} s on two cores; what a test ` +
        'needs of the system and does not find is skipped and printed.',
    );
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    strayErrors: readonly unknown[],
  ): Promise<void> {
    const wallMs = performance.now() - this.startedMs;
    // Vitest's own reporter prints its failures in this turn; the closing line comes after them.
    await new Promise((resolve) => setImmediate(resolve));
    const tally = tallyOf(modules, strayErrors.length);
    // It may have become slower on the way.
    const budgets = atPace(this.budgets, Math.max(this.paceAtStart, this.pace()));
    this.printTimes(tally, wallMs, budgets);
    for (const { note, count } of tally.skips) {
      this.print(`skipped: ${note === '' ? 'no reason given' : note} (${count})`);
    }
    const isFiltered = this.vitest?.config.testNamePattern !== undefined;
    const complaints = [
      ...brokenBudgets(tally, wallMs, budgets),
      ...(isCi() ? unlawfulSkips(tally, isFiltered) : []),
    ];
    for (const complaint of complaints) this.print(`${isCi() ? 'FAILED' : 'beware'}: ${complaint}`);
    if (isCi() && complaints.length > 0) process.exitCode = 1;
    for (const failure of tally.failures) this.print(`failed: ${failure}`);
    this.print(
      `${tally.passedCount} passed, ${tally.failedCount} failed, ${tally.skippedCount} skipped`,
    );
  }

  private printTimes(
    tally: Tally,
    wallMs: number,
    { pace, roomSeconds, suiteSeconds }: Paced,
  ): void {
    this.print('');
    if (pace > 1) {
      const times = `${pace.toFixed(1)} times what the budgets count with`;
      this.print(`starting a process takes ${times}: those of packages stretch`);
    }
    for (const [room, spentMs] of tally.roomMs) {
      const budget = roomSeconds[room];
      const of = budget === undefined ? 'no budget' : `of ${budget.toFixed(0)} s`;
      this.print(`${room.padEnd(28)}${seconds(spentMs).padStart(8)} ${of}`);
    }
    const whole = 'everything, by the clock';
    const of = `of ${suiteSeconds} s`;
    this.print(`${whole.padEnd(28)}${seconds(wallMs).padStart(8)} ${of}`);
  }

  private relativePath(path: string): string {
    const root = this.vitest?.config.root ?? '';
    return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  }

  private print(line: string): void {
    this.vitest?.logger.log(line);
  }
}

/** Set by every CI service, and by people who want its strictness. */
function isCi(): boolean {
  const value = process.env['CI'] ?? '';
  return value !== '' && value !== '0' && value !== 'false';
}
