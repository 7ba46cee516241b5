/**
 * Declares `mangrove lab ...` and `mangrove replay`.
 */
import { type Command, Option } from 'commander';
import {
  type GlobalOptions,
  HOUSE_ROOT,
  positiveInteger,
  positiveNumber,
  type Surroundings,
  seedNumber,
} from '../surroundings.ts';
import { declareBugs } from './declare-bugs.ts';

/** Adds the commands to `program`. */
export function declareLab(program: Command, surroundings: Surroundings): void {
  const lab = program
    .command('lab')
    .description('run experiments: simulate, hunt, break on purpose')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  mangrove lab demo',
        '  mangrove lab hunt register --seeds 2000',
        '  mangrove lab run register --seed 7 --report results/seed-7.html',
      ].join('\n'),
    );
  declareDemo(lab, surroundings);
  declareHunt(lab, surroundings);
  declareRun(lab, surroundings);
  declareFacts(lab, surroundings);
  declareList(lab, surroundings);
  declareBugs(lab, surroundings);
  declareReplay(program, surroundings);
}

function declareDemo(lab: Command, { terminal, signal, run }: Surroundings): void {
  lab
    .command('demo')
    .description(
      'the main job: a real cluster under fire, a hunt, a bug that is planted and explained',
    )
    .addHelpText(
      'after',
      [
        '',
        'Takes about a minute on two cores, no root. The exit code is 1 when something is not as',
        'it must be: processes that break a promise, a failure in the clean code, a failure that',
        'the planted bug does not explain.',
        '',
        'Examples:',
        '  mangrove lab demo',
        '  mangrove lab demo --json',
      ].join('\n'),
    )
    .action((_options: unknown, command: Command) =>
      run(async () => {
        const { demoCommand } = await import('./demo-command.ts');
        const isJson = command.optsWithGlobals<GlobalOptions>().json === true;
        return demoCommand({ root: HOUSE_ROOT, isJson, terminal, signal });
      }),
    );
}

function declareHunt(lab: Command, { terminal, signal, run }: Surroundings): void {
  lab
    .command('hunt')
    .description('run seed after seed on all cores until one fails')
    .argument('<experiments...>', 'by name: mangrove lab list; or the path of your own')
    .option('--seeds <count>', 'how many of each', positiveInteger, 1000)
    .option('--first <seed>', 'the first of them', seedNumber, 1)
    .option('--threads <count>', 'worker threads; default: one a core', positiveInteger)
    .option('--bug <name>', 'plant this bug: mangrove lab bugs')
    .option('--watched', 'hold every run to the invariants as well, after every event')
    .option('--all', 'go on after the first failure, and make none smaller unless asked')
    .option('--no-shrink', 'leave the first failure as big as it was found')
    .option('--shrink-seconds <seconds>', 'make it smaller for so long', positiveNumber, 60)
    .option('--plan <file>', 'write the plan of the first failure, made smaller')
    .option('--report <file>', 'write a report of the hunt: FILE.html, and as text FILE.md')
    .option('--when', 'find out when the first failure became inevitable')
    .addHelpText(
      'after',
      [
        '',
        'The first failure is made smaller, and what is left is told as a story.',
        'With --json there is an object a line: the figures of each hunt (`failures`), what the',
        'first failure became (`shrunk`, with the `steps` of its story), when it became inevitable',
        '(`inevitability`).',
        'The exit code is 1 when a seed failed, 2 when a judge gave up on one, else 0.',
        '',
        'Examples:',
        '  mangrove lab hunt register --seeds 2000',
        '  mangrove lab hunt raft --seeds 2000 --watched',
        '  mangrove lab hunt kv-lean kv-contract-lean --first 2001 --seeds 2000 --all',
        '  mangrove lab hunt register --bug register-read-without-write-back --plan bug.json',
      ].join('\n'),
    )
    .action((experiments: readonly string[], _options: unknown, command: Command) =>
      run(async () => {
        const { huntCommand } = await import('./hunt-command.ts');
        const given = command.optsWithGlobals<
          GlobalOptions & {
            seeds: number;
            first: number;
            threads?: number;
            bug?: string;
            watched?: boolean;
            all?: boolean;
            plan?: string;
            report?: string;
            when?: boolean;
            shrink: boolean;
            shrinkSeconds: number;
          }
        >();
        return huntCommand({
          ...{ experiments, terminal, signal, isJson: given.json === true },
          ...{ seedCount: given.seeds, firstSeed: given.first, bug: given.bug },
          ...{ threadCount: given.threads, isWatched: given.watched === true },
          ...{ isGoingOn: given.all === true, planPath: given.plan },
          ...{ reportPath: given.report, isAskingWhen: given.when === true },
          ...{ isNotShrinking: !given.shrink, shrinkMs: 1000 * given.shrinkSeconds },
        });
      }),
    );
}

function declareRun(lab: Command, { terminal, signal, run }: Surroundings): void {
  lab
    .command('run')
    .description('run one seed of an experiment')
    .argument('<experiment>', 'its name: mangrove lab list; or the path of your own')
    .option('--seed <seed>', 'what is drawn from it: faults, operations, choices', seedNumber, 1)
    .addOption(new Option('--world <world>', 'where').choices(['sim', 'local']).default('sim'))
    .option('--repeat <count>', 'run it so often in `local`, and say the rate', positiveInteger, 1)
    .option('--bug <name>', 'plant this bug: mangrove lab bugs')
    .option('--report <file>', 'write a report: FILE.html, and as text FILE.md')
    .option('--history <file>', 'write what the clients see, for `mangrove check`')
    .addHelpText(
      'after',
      [
        '',
        'In `local` every replica is a process; faults that need more than that are told and not',
        'injected; the history is written as it grows, so that a lab that is killed loses nothing.',
        'What processes do is not the same each time: --repeat tells how many runs are invalid;',
        'the report is of the first of them.',
        'The exit code is the verdict, of several runs the worst: 0 valid, 1 invalid, 2 unknown.',
        '',
        'Examples:',
        '  mangrove lab run register --seed 7 --report results/seed-7.html',
        '  mangrove lab run register --seed 7 --world local --repeat 10',
      ].join('\n'),
    )
    .action((experiment: string, _options: unknown, command: Command) =>
      run(async () => {
        const { runCommand } = await import('./run-command.ts');
        const given = command.optsWithGlobals<
          GlobalOptions & {
            seed: number;
            world: 'sim' | 'local';
            repeat: number;
            bug?: string;
            report?: string;
            history?: string;
          }
        >();
        const { seed, world, bug, report: reportPath, history: historyPath } = given;
        const { repeat: runCount } = given;
        const isJson = given.json === true;
        return runCommand({
          ...{ experiment, world, seed, runCount, bug, reportPath, historyPath },
          ...{ isJson, terminal, signal },
        });
      }),
    );
}

function declareFacts(lab: Command, { terminal, signal, run }: Surroundings): void {
  lab
    .command('facts')
    .description('run directed experiments in each world: print, write or check their pages')
    .argument('[experiments...]', 'their names; all where there is none')
    .option('--seed <seed>', 'what is drawn from it', seedNumber, 1)
    .option('--sim', 'in the simulator only')
    .option('--write', 'write the facts into the pages below systems/*/experiments')
    .addOption(
      new Option(
        '--check',
        'run each in the simulator at the seed of its page, and tell what differs from it',
      ).conflicts(['write', 'seed']),
    )
    .addHelpText(
      'after',
      [
        '',
        'With --json there is an object a line, one for each run.',
        'The exit code is 1 when a run broke a promise, or a page differs, else 0.',
        '',
        'Examples:',
        '  mangrove lab facts raft/leader-isolated',
        '  mangrove lab facts --write',
        '  mangrove lab facts --check',
      ].join('\n'),
    )
    .action((experiments: readonly string[], _options: unknown, command: Command) =>
      run(async () => {
        const { factsCommand } = await import('./facts-command.ts');
        const given = command.optsWithGlobals<
          GlobalOptions & { seed: number; sim?: boolean; write?: boolean; check?: boolean }
        >();
        const use = given.check === true ? 'check' : given.write === true ? 'write' : 'print';
        return factsCommand({
          ...{ root: HOUSE_ROOT, experiments, seed: given.seed, terminal, signal },
          ...{ isSimOnly: given.sim === true, use, isJson: given.json === true },
        });
      }),
    );
}

function declareList(lab: Command, { terminal, signal, run }: Surroundings): void {
  const isJson = (command: Command) => command.optsWithGlobals<GlobalOptions>().json === true;
  lab
    .command('list')
    .description('print the experiments, a line each, or all that is known of some')
    .argument('[experiments...]', 'by name, for what each injects, promises and judges')
    .addHelpText(
      'after',
      '\nExamples:\n  mangrove lab list\n  mangrove lab list raft/leader-isolated' +
        '\n  mangrove lab list --json',
    )
    .action((experiments: readonly string[], _options: unknown, command: Command) =>
      run(async () => {
        const { listCommand } = await import('./list-command.ts');
        return listCommand({ experiments, isJson: isJson(command), terminal, signal });
      }),
    );
}

function declareReplay(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('replay')
    .description('run once more what a report or a plan holds')
    .argument('<file>', 'a report (HTML) or a plan (JSON)')
    .option('--bug <name>', 'plant this bug; the default is the one that the report names')
    .option('--clean', 'run the code as it is, whatever the report names')
    .option('--experiment <file>', 'the module that exports the experiment, for one of your own')
    .option('--watched', 'hold it to the invariants too; the default is as the file says')
    .option('--when', 'find out when the failure became inevitable')
    .option('--report <file>', 'write a report of this run: FILE.html, and as text FILE.md')
    .option('--steps', 'tell everything that happens, in a terminal too')
    .addHelpText(
      'after',
      [
        '',
        'In a terminal you step through the run, forward and back, with the state of every member;',
        'elsewhere its story is told. The exit code is the verdict: 0 valid, 1 invalid, 2 unknown.',
        'A file tells at which commit it was made, and the hash of its run: it is said whether',
        'this run is the same, where the same bug is planted and the same invariants are held.',
        'A patch is never taken from a file, only the name of a bug; of a plan not even that.',
        '',
        'Examples:',
        '  mangrove replay results/demo.html --steps',
        '  mangrove replay results/demo.html --clean',
        '  mangrove replay results/demo.html --when',
      ].join('\n'),
    )
    .action((file: string, _options: unknown, command: Command) =>
      run(async () => {
        const { replayCommand } = await import('../replay/replay-command.ts');
        const given = command.optsWithGlobals<
          GlobalOptions & {
            bug?: string;
            clean?: boolean;
            experiment?: string;
            watched?: boolean;
            when?: boolean;
            report?: string;
            steps?: boolean;
          }
        >();
        return replayCommand({
          ...{ file, terminal, signal, bug: given.bug, isJson: given.json === true },
          ...{ experiment: given.experiment, isClean: given.clean === true },
          ...{ isWatched: given.watched === true, isAskingWhen: given.when === true },
          ...{ reportPath: given.report, isTelling: given.steps === true },
        });
      }),
    );
}
