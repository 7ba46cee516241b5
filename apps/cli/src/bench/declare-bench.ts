/**
 * Declares `mangrove bench`.
 */
import type { Command } from 'commander';
import { type GlobalOptions, HOUSE_ROOT, type Surroundings } from '../surroundings.ts';

/** Adds the command to `program`. */
export function declareBench(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('bench')
    .description('run the benchmarks, or those of a package, beside their references')
    .argument('[name]', 'a package, a file or a benchmark: host-process, messages')
    .option('--list', 'print the names and run nothing')
    .addHelpText(
      'after',
      [
        '',
        'Every figure stands beside a reference that was measured in the same run. The exit',
        'code is 1 when a goal is missed.',
        '',
        'Examples:',
        '  mangrove bench --list',
        '  mangrove bench host-process/messages',
        '  mangrove bench --json > figures.jsonl',
      ].join('\n'),
    )
    .action((name: string | undefined, _options: unknown, command: Command) =>
      run(async () => {
        const { benchCommand } = await import('./bench-command.ts');
        const { json, list } = command.optsWithGlobals<GlobalOptions & { list?: boolean }>();
        const isJson = json === true;
        const isList = list === true;
        return benchCommand({ root: HOUSE_ROOT, name, isJson, isList, terminal, signal });
      }),
    );
}
