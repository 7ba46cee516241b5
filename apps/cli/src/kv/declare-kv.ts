/**
 * Declares `mangrove kv ...`: the key-value store for people.
 */
import { type Command, Option } from 'commander';
import type { Ending } from '../exit-code.ts';
import { positiveInteger, positiveNumber, type Surroundings } from '../surroundings.ts';
import { type TargetOptions, withTarget } from './declare-target.ts';
import type { KvCall } from './kv-call.ts';

/** Makes a command that runs `work` with a client and the options that were given. */
type Declare = <Options>(
  parent: Command,
  usage: string,
  description: string,
  work: (call: KvCall, options: Options, args: readonly string[]) => Promise<Ending>,
) => Command;

/** Adds the commands to `program`. */
export function declareKv(program: Command, surroundings: Surroundings): void {
  const kv = program
    .command('kv')
    .description('read, write and watch a key-value store, and look after it')
    .addHelpText(
      'after',
      [
        '',
        'Every command takes --data or --endpoints, and exits with 1 where there is no such key,',
        'or a condition does not hold.',
        '',
        'Examples:',
        '  mangrove up kv --data data',
        '  mangrove kv put greeting hello --data data',
        '  mangrove kv get greeting --data data',
        '  mangrove kv watch --prefix job/ --endpoints 127.0.0.1:7001,127.0.0.1:7002',
      ].join('\n'),
    );
  const { run } = surroundings;
  const declare: Declare = (parent, usage, description, work) =>
    withTarget(parent.command(usage).description(description)).action((...given: unknown[]) =>
      run(async () => {
        const command = given.at(-1) as Command;
        const options = command.optsWithGlobals<TargetOptions>();
        const { callKv } = await import('./kv-call.ts');
        const work2 = (call: KvCall) => work(call, options as never, command.args);
        return await callKv(options, surroundings, work2);
      }),
    );
  declareKeys(kv, declare);
  declareLeases(kv, declare);
  declareCluster(kv, declare);
  declareBackups(kv, declare, surroundings);
}

function declareKeys(kv: Command, declare: Declare): void {
  const keys = () => import('./key-commands.ts');
  declare<import('./key-commands.ts').GetCommandOptions>(
    kv,
    'get <key>',
    'print a value, or the keys and values of a range',
    async (call, options, [key = '']) => (await keys()).getKeys(call, key, options),
  )
    .option('--prefix', 'all keys that begin so')
    .option('--to <key>', 'all keys from the first up to this one, which is left out')
    .option('--revision <number>', 'as it was then', positiveInteger)
    .option('--limit <count>', 'at most so many', positiveInteger)
    .option('--keys-only', 'leave the values out')
    .addOption(
      new Option('--consistency <kind>', 'how current it must be')
        .choices(['linearizable', 'lease', 'serializable'])
        .default('linearizable'),
    )
    .addHelpText('after', '\nExamples:\n  mangrove kv get --prefix job/ --limit 10 --data data');
  declare<{ lease?: string }>(
    kv,
    'put <key> <value>',
    'write a key',
    async (call, options, [key = '', value = '']) =>
      (await keys()).putKey(call, key, value, options),
  )
    .option('--lease <id>', 'the key ends with this lease')
    .addHelpText('after', '\nExamples:\n  mangrove kv put greeting hello --data data');
  declare<import('./key-commands.ts').KeyOptions>(
    kv,
    'del <key>',
    'delete a key, or those of a range',
    async (call, options, [key = '']) => (await keys()).deleteKeys(call, key, options),
  )
    .option('--prefix', 'all keys that begin so')
    .option('--to <key>', 'all keys from the first up to this one, which is left out')
    .addHelpText('after', '\nExamples:\n  mangrove kv del --prefix job/ --data data');
  declare<import('./key-commands.ts').TxnCommandOptions>(
    kv,
    'txn',
    'do several things at once, if conditions hold',
    async (call, options) => (await keys()).transact(call, options),
  )
    .option('--if <conditions...>', '"key = value", "version(key) > 1", "missing(key)"')
    .option('--then <operations...>', '"put key value", "get key", "del key"')
    .option('--else <operations...>', 'what is done where a condition does not hold')
    .addHelpText(
      'after',
      '\nExamples:\n  mangrove kv txn --if "missing(a)" --then "put a 1" --else "get a"',
    );
  declare<import('./key-commands.ts').KeyOptions & { from?: number; count?: number }>(
    kv,
    'watch <key>',
    'print what happens to a key, or to those of a range',
    async (call, options, [key = '']) => (await keys()).watchKeys(call, key, options),
  )
    .option('--prefix', 'all keys that begin so')
    .option('--to <key>', 'all keys from the first up to this one, which is left out')
    .option('--from <revision>', 'begin with what happened then', positiveInteger)
    .option('--count <events>', 'end after so many', positiveInteger)
    .addHelpText('after', '\nExamples:\n  mangrove kv watch --prefix job/ --data data');
}

function declareLeases(kv: Command, declare: Declare): void {
  const leases = () => import('./lease-commands.ts');
  const lease = kv
    .command('lease')
    .description('grant leases, look at them, keep and end them')
    .addHelpText('after', '\nExamples:\n  mangrove kv lease grant 60 --data data');
  declare(lease, 'grant <seconds>', 'grant a lease', async (call, _options, [seconds = '']) =>
    (await leases()).grantLease(call, seconds),
  );
  declare(lease, 'revoke <id>', 'end a lease with its keys', async (call, _options, [id = '']) =>
    (await leases()).revokeLease(call, id),
  );
  declare(lease, 'list', 'print all leases', async (call) => (await leases()).listLeases(call));
  declare(lease, 'show <id>', 'print what is left of it', async (call, _options, [id = '']) =>
    (await leases()).showLease(call, id),
  );
  declare(lease, 'keep-alive <id>', 'keep it, until a signal', async (call, _options, [id = '']) =>
    (await leases()).keepLease(call, id),
  );
  declare<{ ttl?: number }>(
    kv,
    'lock <name> [program...]',
    'hold a lock, while a program runs or until a signal comes',
    async (call, options, [name = '', ...program]) =>
      (await leases()).holdLock(call, name, program, options),
  )
    .option('--ttl <seconds>', 'how long it outlives its holder (default: 10)', positiveNumber)
    .addHelpText(
      'after',
      [
        '',
        'The program finds MANGROVE_LOCK_TOKEN, which grows from holder to holder: what it guards',
        'should refuse smaller ones.',
        '',
        'Examples:',
        '  mangrove kv lock backup --data data -- ./backup.sh',
      ].join('\n'),
    );
}

function declareCluster(kv: Command, declare: Declare): void {
  const cluster = () => import('./cluster-commands.ts');
  declare(kv, 'status', 'print how members stand', async (call) =>
    (await cluster()).showStatus(call),
  ).addHelpText('after', '\nExamples:\n  mangrove kv status --data data');
  declare<{ physical?: boolean }>(
    kv,
    'compact <revision>',
    'give up what is older',
    async (call, { physical = false }, [text = '']) =>
      (await cluster()).compact(call, text, physical),
  )
    .option('--physical', 'wait until the leader has given back the memory')
    .addHelpText('after', '\nExamples:\n  mangrove kv compact 1200 --data data');
  const member = kv
    .command('member')
    .description('look at the members, change them, and have one lead')
    .addHelpText(
      'after',
      [
        '',
        'One that is added needs a process, and a vote when it has caught up; one that was removed',
        'ends by itself.',
        '',
        'Examples:',
        '  mangrove kv member lead n2 --data data',
        '  mangrove kv member add n4 --data data',
        '  mangrove up kv --data data',
        '  mangrove kv member promote n4 --data data',
      ].join('\n'),
    );
  declare(member, 'list', 'print the members', async (call) => (await cluster()).listMembers(call));
  declare(member, 'lead <name>', 'have a member lead', async (call, _options, [name = '']) =>
    (await cluster()).moveLead(call, name),
  );
  const changes = [
    ['add <name>', 'add a learner, which has no vote yet', 'add-learner'],
    ['promote <name>', 'give a learner a vote', 'promote'],
    ['demote <name>', 'make a voter a learner', 'demote'],
    ['remove <name>', 'remove a member', 'remove'],
  ] as const;
  for (const [usage, description, type] of changes) {
    declare<TargetOptions>(member, usage, description, async (call, { data }, [name = '']) =>
      (await cluster()).changeMember(call, type, name, data),
    );
  }
  const alarm = kv
    .command('alarm')
    .description('look at what is wrong with a cluster')
    .addHelpText(
      'after',
      [
        '',
        'no-space: the store is at its quota. It takes deletions and compaction, and no writes',
        'until the alarm is disarmed. corrupt: members differ, and nothing is written until that',
        'one was replaced.',
        '',
        'Examples:',
        '  mangrove kv alarm list --data data',
        '  mangrove kv del --prefix log/ --data data        tells the revision behind it',
        '  mangrove kv compact 1200 --data data             up to there',
        '  mangrove kv alarm disarm-no-space --data data',
      ].join('\n'),
    );
  declare(alarm, 'list', 'print the alarms', async (call) => (await cluster()).listAlarms(call));
  for (const each of ['no-space', 'corrupt'] as const) {
    declare(alarm, `disarm-${each}`, 'say that it was mended', async (call) =>
      (await cluster()).disarm(call, each),
    );
  }
}

function declareBackups(kv: Command, declare: Declare, { terminal, run }: Surroundings): void {
  const backups = () => import('./backup-commands.ts');
  const snapshot = kv
    .command('snapshot')
    .description('write backups, and look at them')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  mangrove kv snapshot save monday.backup --data data',
        '  mangrove kv snapshot show monday.backup',
        '  mangrove up kv --from monday.backup --data restored',
      ].join('\n'),
    );
  declare(
    snapshot,
    'save <file>',
    'write a backup to a file',
    async (call, _options, [file = '']) => (await backups()).saveBackup(call, file),
  );
  snapshot
    .command('show <file>')
    .description('read a backup to its end, and print what it holds')
    .action((file: string, _options: unknown, command: Command) =>
      run(async () => {
        const isJson = command.optsWithGlobals<TargetOptions>().json === true;
        return (await backups()).showBackup({ terminal, isJson }, file);
      }),
    );
}
