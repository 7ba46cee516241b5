/**
 * A node's state as its trace tells it: with all its fields each time, so that a drawing needs only
 * the newest.
 */
import type { Trace } from '@mangrove/host';
import type { Entry } from '../core/entry.ts';
import { indexAfter, type LogIndex } from '../core/positions.ts';
import type { RaftState } from '../core/state.ts';

/** How many of the newest entries are told. */
const ENTRIES_TOLD = 8;

/** What tells the states of one node. */
export class StateTrace {
  private readonly trace: Trace;
  private readonly describe: (command: Uint8Array) => string;
  private told = '';

  /** @param describe a command in a word without blanks, as drawings show it: `x=1` */
  constructor(trace: Trace, describe: (command: Uint8Array) => string) {
    this.trace = trace;
    this.describe = describe;
  }

  /** Tells the state where it differs from what was told last. */
  tell(state: RaftState): void {
    if (!this.trace.isOn) return;
    const { role, term, leader, commitIndex, appliedIndex, log } = state;
    const { lastIndex } = log;
    const from = Math.max(lastIndex - ENTRIES_TOLD, log.baseIndex) + 1;
    const entries = log.cached(from as LogIndex, lastIndex, Number.MAX_SAFE_INTEGER);
    const first = entries[0]?.index ?? indexAfter(lastIndex);
    const fields = {
      role: role.type,
      term,
      leader: leader ?? 'none',
      commitIndex,
      appliedIndex,
      lastIndex,
      logFrom: first,
      log: entries.map((entry) => `${entry.term}:${this.wordOf(entry)}`).join(' '),
    };
    const text = Object.values(fields).join('|');
    if (text === this.told) return;
    this.told = text;
    this.trace.state(fields);
  }

  private wordOf(entry: Entry): string {
    switch (entry.type) {
      case 'no-op':
        return 'no-op';
      case 'command':
        return this.describe(entry.data).replaceAll(' ', '_');
      case 'configuration': {
        const { voters, outgoing } = entry.configuration;
        const joint = outgoing.length === 0 ? '' : `&${outgoing.join('+')}`;
        return `members=${voters.join('+')}${joint}`;
      }
    }
  }
}
