/**
 * How long a node waits before it dials a peer again.
 */
import type { Random } from '@mangrove/host';
import type { MessageLimits } from './message-limits.ts';

/** Beyond so many failures the wait grows no more, whatever its bound. */
const MAX_DOUBLINGS = 20;

/**
 * The wait after `failedCount` failures in a row (0 for the first one), in milliseconds.
 *
 * Exponential, with jitter over the upper half, so that nodes do not come back in step.
 */
export function reconnectDelayMs(
  { reconnectMs, reconnectMsMax }: Pick<MessageLimits, 'reconnectMs' | 'reconnectMsMax'>,
  failedCount: number,
  random: Random,
): number {
  const doubled = reconnectMs * 2 ** Math.min(failedCount, MAX_DOUBLINGS);
  const ceilingMs = Math.min(reconnectMsMax, doubled);
  return ceilingMs / 2 + random.below(Math.ceil(ceilingMs / 2) + 1);
}
