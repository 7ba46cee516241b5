/**
 * Declares `mangrove check`.
 */
import type { Command } from 'commander';
import {
  type GlobalOptions,
  type JsonValue,
  jsonValue,
  positiveNumber,
  type Surroundings,
} from '../surroundings.ts';

/** Adds the command to `program`. */
export function declareCheck(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('check')
    .description('have a recorded history judged')
    .argument('<file>', 'a history; - is standard input')
    .option('--model <name>', 'what one object is meant to be; cas-register if nothing is said')
    .option('--level <name>', 'the isolation level that transactions are to have')
    .option(
      '--initial <json>',
      'the value at the start, where it is not that of the model',
      jsonValue,
    )
    .option('--timeout <seconds>', 'give up after so long, and say unknown', positiveNumber, 60)
    .addHelpText(
      'after',
      [
        '',
        'The format is found by looking: JSON lines, an event a line; EDN or a log of Jepsen; the',
        'texts of AWDIT and PolySI. Transactions are judged by a level, single operations by a',
        'model.',
        'The exit code is the verdict: 0 valid, 1 invalid, 2 unknown.',
        '',
        'Examples:',
        '  mangrove check history.jsonl',
        '  mangrove check history.edn --model register --initial 0',
        '  mangrove check transactions.edn --level serializable',
        '  gunzip -c history.jsonl.gz | mangrove check - --json',
      ].join('\n'),
    )
    .action((file: string, _options: unknown, command: Command) =>
      run(async () => {
        const { checkCommand } = await import('./check-command.ts');
        const given = command.optsWithGlobals<
          GlobalOptions & {
            model?: string;
            level?: string;
            initial?: JsonValue;
            timeout: number;
          }
        >();
        return checkCommand({
          ...{ file, terminal, signal },
          ...{ model: given.model, level: given.level, initial: given.initial },
          ...{ timeoutSeconds: given.timeout, isJson: given.json === true },
        });
      }),
    );
}
