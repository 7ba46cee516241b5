/**
 * Declares `mangrove journal ...`.
 */
import type { Command } from 'commander';
import type { GlobalOptions, Surroundings } from '../surroundings.ts';

/** Adds the commands to `program`. */
export function declareJournal(program: Command, { terminal, run }: Surroundings): void {
  const journal = program
    .command('journal')
    .description('look at the journal of a node')
    .addHelpText('after', '\nExamples:\n  mangrove journal inspect data/n1/files/wal');
  journal
    .command('inspect')
    .description('print what a journal holds, and verify every byte')
    .argument('<directory>', 'where its segments are')
    .option('--batches', 'print every batch and group')
    .addHelpText(
      'after',
      [
        '',
        'It reads only, and takes no lock: beside a running node a torn tail may be none. The exit',
        'code is 1 when synced bytes are damaged.',
        '',
        'Examples:',
        '  mangrove journal inspect data/n1/files/wal --batches',
      ].join('\n'),
    )
    .action((directory: string, _options: unknown, command: Command) =>
      run(async () => {
        const { inspectCommand } = await import('./inspect-command.ts');
        const given = command.optsWithGlobals<GlobalOptions & { batches?: boolean }>();
        const isJson = given.json === true;
        return inspectCommand({ directory, isVerbose: given.batches === true, isJson, terminal });
      }),
    );
}
