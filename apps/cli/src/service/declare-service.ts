/**
 * Declares `mangrove up`, `status`, `logs` and `down`: clusters of real processes on this machine.
 */

import type { ClusterBounds } from '@mangrove/kv/node';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { byteCount } from '../byte-count.ts';
import { type GlobalOptions, positiveInteger, type Surroundings } from '../surroundings.ts';

interface DataOptions extends GlobalOptions {
  readonly data: string;
}

interface UpOptions {
  readonly nodes?: number;
  readonly port: number;
  readonly from?: string;
  readonly tls?: string;
  readonly quota?: number;
  readonly keepRevisions?: number;
  readonly keepHours?: number;
  readonly foreground?: boolean;
}

/** Adds the commands to `program`. */
export function declareService(program: Command, surroundings: Surroundings): void {
  declareUp(program, surroundings);
  declareLooks(program, surroundings);
  declareServe(program, surroundings);
}

function declareUp(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('up')
    .description('start a cluster of processes, or those of its members that are down')
    .argument('<system>', 'what is started: kv', oneSystem)
    .requiredOption('--data <directory>', 'where the cluster keeps everything')
    .option('--nodes <count>', 'how many members a new cluster has: 1, 3 or 5 (default: 3)', nodes)
    .option('--port <number>', 'the first port for clients of a new cluster', positiveInteger, 0)
    .option('--from <file>', 'found a new cluster with this backup')
    .option('--tls <directory>', 'encrypt a new cluster with the keys in it')
    .option(
      '--quota <bytes>',
      'what the store may take of memory: 64MiB, 2GiB (default: 2GiB)',
      byteCount,
    )
    .option(
      '--keep-revisions <count>',
      'compact by itself, and leave so many; 0: never',
      noneOrMore,
    )
    .option('--keep-hours <hours>', 'compact by itself what is older; 0: never', noneOrMore)
    .option('--foreground', 'stay, show what the members say, and end them with this command')
    .addHelpText(
      'after',
      [
        '',
        'The members run on when the command has ended; `mangrove down` ends them. They listen on',
        'this machine only.',
        '',
        'For --tls the directory has ca.pem and, for each member, n1.pem and n1.key, with a',
        'certificate that names it (DNS:n1, IP:127.0.0.1). Where it has client.pem and client.key',
        'too, clients must show a certificate.',
        '',
        'A store at its quota refuses what makes it larger until room was made: `mangrove kv alarm',
        '--help` tells how. With --keep-revisions and --keep-hours the more careful one counts.',
        'All three can be changed while the cluster is down.',
        '',
        'Examples:',
        '  mangrove up kv --nodes 3 --data data',
        '  mangrove up kv --data data --tls keys',
        '  mangrove up kv --data data --quota 64MiB --keep-hours 24',
        '  mangrove kv put greeting hello --data data',
        '  mangrove status --data data',
        '  mangrove down --data data',
      ].join('\n'),
    )
    .action((_system: string, _options: unknown, command: Command) =>
      run(async () => {
        const { upCommand } = await import('./up-command.ts');
        const given = command.optsWithGlobals<DataOptions & UpOptions>();
        const { data, port, from, tls, json, foreground } = given;
        const isForeground = foreground === true;
        const founding = { nodes: given.nodes, port, from, tls, bounds: boundsOf(given) };
        const how = { ...founding, isJson: json === true, isForeground };
        return upCommand({ directory: data, ...how, terminal, signal });
      }),
    );
}

function boundsOf({ quota, keepRevisions, keepHours }: UpOptions): ClusterBounds {
  return {
    ...(quota === undefined ? {} : { quotaBytes: quota }),
    ...(keepRevisions === undefined ? {} : { keptRevisions: Math.round(keepRevisions) }),
    ...(keepHours === undefined ? {} : { keptMs: Math.round(keepHours * HOUR_MS) }),
  };
}

const HOUR_MS = 3_600_000;

/** The most revisions or hours that can be asked for. */
const KEPT_MAX = 1_000_000_000;

function noneOrMore(text: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= KEPT_MAX) return value;
  throw new InvalidArgumentError(`It is to be a number from 0 to ${KEPT_MAX}.`);
}

function declareLooks(program: Command, { terminal, signal, run }: Surroundings): void {
  program
    .command('status')
    .description('show how the members of a cluster stand')
    .requiredOption('--data <directory>', 'where the cluster keeps everything')
    .addHelpText(
      'after',
      '\nThe exit code is 1 while a member is down, or nobody leads.\n\n' +
        'Examples:\n  mangrove status --data data',
    )
    .action((_options: unknown, command: Command) =>
      run(async () => {
        const { statusCommand } = await import('./status-command.ts');
        const { data, json } = command.optsWithGlobals<DataOptions>();
        return statusCommand({ directory: data, isJson: json === true, terminal });
      }),
    );
  program
    .command('logs')
    .description('show what the members of a cluster said')
    .requiredOption('--data <directory>', 'where the cluster keeps everything')
    .option('--node <name>', 'only this member')
    .option('--lines <count>', 'how many of the last lines of each', positiveInteger, 20)
    .option('--follow', 'go on with what they say from now on')
    .addHelpText('after', '\nExamples:\n  mangrove logs --data data --node n1 --follow')
    .action((_options: unknown, command: Command) =>
      run(async () => {
        const { logsCommand } = await import('./logs-command.ts');
        const { data, node, lines, follow } = command.optsWithGlobals<
          DataOptions & { node?: string; lines: number; follow?: boolean }
        >();
        const how = { node, lineCount: lines, isFollowing: follow === true };
        return logsCommand({ directory: data, ...how, terminal, signal });
      }),
    );
  program
    .command('down')
    .description('end the members of a cluster; what they keep stays')
    .requiredOption('--data <directory>', 'where the cluster keeps everything')
    .addHelpText('after', '\nExamples:\n  mangrove down --data data')
    .action((_options: unknown, command: Command) =>
      run(async () => {
        const { downCommand } = await import('./down-command.ts');
        const { data, json } = command.optsWithGlobals<DataOptions>();
        return downCommand({ directory: data, isJson: json === true, terminal });
      }),
    );
}

/** What `up` starts for each member. */
function declareServe(program: Command, { signal, run }: Surroundings): void {
  program
    .command('serve', { hidden: true })
    .description('be one member of a cluster, until a signal comes')
    .requiredOption('--data <directory>', 'where the cluster keeps everything')
    .addOption(new Option('--node <name>', 'which member').makeOptionMandatory())
    .action((_options: unknown, command: Command) =>
      run(async () => {
        const { serveCommand } = await import('./serve-command.ts');
        const { data, node } = command.optsWithGlobals<DataOptions & { node: string }>();
        return serveCommand({ directory: data, node, signal });
      }),
    );
}

function oneSystem(text: string): string {
  if (text !== 'kv') throw new InvalidArgumentError('It is to be kv.');
  return text;
}

function nodes(text: string): number {
  if (!['1', '3', '5'].includes(text)) throw new InvalidArgumentError('It is to be 1, 3 or 5.');
  return Number(text);
}
