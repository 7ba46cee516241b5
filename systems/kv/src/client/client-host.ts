/**
 * What a client sees of the machine: less than a node, so that it runs where there is no disk.
 */
import type { Host } from '@mangrove/host';

/** What a client needs of a Host. */
export type ClientHost = Pick<Host, 'clock' | 'timers' | 'random' | 'streams' | 'run'>;
