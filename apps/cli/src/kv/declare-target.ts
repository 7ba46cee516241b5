/**
 * The options of `mangrove kv` commands that say where the members are.
 */
import type { Command } from 'commander';
import { type GlobalOptions, positiveNumber } from '../surroundings.ts';

/** Where the members are, as the command line says it. */
export interface TargetOptions extends GlobalOptions {
  readonly data?: string;
  readonly endpoints?: string;
  readonly timeout?: number;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Adds the options that say where the members are. */
export function withTarget(command: Command): Command {
  return command
    .option('--data <directory>', 'the directory of a cluster that `mangrove up` made')
    .option('--endpoints <list>', 'where members listen, as host:port,host:port')
    .option('--tls-ca <file>', 'with --endpoints: the authority of the members, as PEM')
    .option('--tls-cert <file>', 'with --tls-ca: the certificate of this client, as PEM')
    .option('--tls-key <file>', 'with --tls-cert: its key, as PEM')
    .option('--timeout <seconds>', 'how long a call may take (default: 5)', positiveNumber);
}
