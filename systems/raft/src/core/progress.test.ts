/**
 * Shows that a follower that answers is sent to again, whatever its leader had paused it for.
 */
import { describe, expect, it } from 'vitest';
import { simpleConfiguration } from './configuration.ts';
import type { LogIndex } from './positions.ts';
import { Progress } from './progress.ts';
import { foundingSnapshot } from './snapshot-metadata.ts';

const limits = { inflightCountMax: 10, inflightBytesMax: 1000 };

describe('a follower that was paused', () => {
  it('R15: is sent to again when it answers a heartbeat, in probe and in replicate', () => {
    const progress = new Progress(5 as LogIndex, 0);
    progress.isPaused = true;
    progress.answeredHeartbeat();
    expect(progress.canSend(limits)).toBe(true);
    progress.accepted(4 as LogIndex, 0 as LogIndex);
    expect(progress.mode).toBe('replicate');
    // It needs a snapshot and was silent, so the leader waits until it is there.
    progress.isPaused = true;
    progress.answeredHeartbeat();
    expect(progress.canSend(limits)).toBe(true);
    expect(progress.isProdDue).toBe(false);
  });

  it('R43: gets nothing more while a snapshot is on its way', () => {
    const progress = new Progress(5 as LogIndex, 0);
    progress.toSnapshot(foundingSnapshot(simpleConfiguration([])));
    progress.answeredHeartbeat();
    expect(progress.canSend(limits)).toBe(false);
  });
});
