/**
 * Declares `mangrove check`.
 */
import { type Command, InvalidArgumentError } from 'commander';
import {
  type GlobalOptions,
  type JsonValue,
  jsonValue,
  positiveNumber,
  type Surroundings,
} from '../surroundings.ts';

type Settings = Readonly<Record<string, JsonValue>>;

interface CheckOptions extends GlobalOptions {
  readonly list?: boolean;
  readonly model?: string;
  readonly set: Settings;
  readonly initial?: JsonValue;
  readonly timeout: number;
}

/** Adds the command to `program`. */
export function declareCheck(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('check')
    .description('have a recorded history judged')
    .argument('[file]', 'a history; - is standard input')
    .option('--list', 'show every model and check with what it takes, and judge nothing')
    .option('--model <name>', 'the model or check; found from the operations if nothing is said')
    .option('--set <name=value>', 'a setting of the check; may come several times', setting, {})
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
        'The format is found by looking: JSON lines, an event a line; EDN, JSON or an old log of',
        'Jepsen; the texts of AWDIT and PolySI. For recorders, the JSON lines are described by',
        'foundation/check/history.schema.json.',
        'The exit code is the verdict: 0 valid, 1 invalid, 2 unknown; 3 where the file is no',
        'history that can be judged, 64 where the command line is wrong.',
        'With --json, one object: format, check, type, coverage, violations (each with its',
        'sentences, where these mention events, operations and drawing), details. What has no',
        'known end has completedAt null.',
        '',
        'Examples:',
        '  mangrove check history.jsonl',
        '  mangrove check history.edn --model register --initial 0',
        '  mangrove check history.jsonl --model sequential:kv',
        '  mangrove check transactions.edn --model serializable',
        '  mangrove check requests.jsonl --model rate-bound --set limit=100 --set windowMs=1000',
        '  gunzip -c history.jsonl.gz | mangrove check - --json',
      ].join('\n'),
    )
    .action((file: string | undefined, _options: unknown, command: Command) =>
      run(async () => {
        const { checkCommand } = await import('./check-command.ts');
        const given = command.optsWithGlobals<CheckOptions>();
        return checkCommand({
          ...{ file, terminal, signal, isList: given.list === true, settings: given.set },
          ...{ model: given.model, initial: given.initial },
          ...{ timeoutSeconds: given.timeout, isJson: given.json === true },
        });
      }),
    );
}

/** `limit=100` beside the settings before it; a value that is no JSON is refused. */
function setting(text: string, before: Settings): Settings {
  const [name = '', value] = text.split(/=(.*)/s);
  if (name === '' || value === undefined) {
    throw new InvalidArgumentError('It is to be NAME=VALUE, the value in JSON: limit=100.');
  }
  return { ...before, [name]: jsonValue(value) };
}
