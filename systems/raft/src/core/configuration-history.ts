/**
 * Which configuration holds at which index: in force is the last one of the log, committed or not.
 *
 * A configuration counts from its append on (thesis 4.1), so one that is truncated with its entry
 * must be rolled back to the one before it: all that may yet be rolled back to are kept here.
 */
import type { Configuration } from './configuration.ts';
import { type LogIndex, NO_INDEX } from './positions.ts';

/** A configuration, and the index of the entry that brought it. */
export interface PlacedConfiguration {
  readonly index: LogIndex;
  readonly configuration: Configuration;
}

/** The configurations of a log, oldest first. */
export class ConfigurationHistory {
  // Never empty; indexes grow strictly. The first is that of the snapshot, or of the bootstrap.
  private placed: PlacedConfiguration[];

  constructor(first: PlacedConfiguration) {
    this.placed = [first];
  }

  /** The one in force. */
  get latest(): PlacedConfiguration {
    return this.at(Number.MAX_SAFE_INTEGER as LogIndex);
  }

  /** The one that held just before the latest, where that is still known. */
  get previous(): PlacedConfiguration | undefined {
    return this.placed.at(-2);
  }

  /** The one that holds for the state after `index`: the last one at or below it. */
  at(index: LogIndex): PlacedConfiguration {
    for (let place = this.placed.length - 1; place > 0; place--) {
      const each = this.placed[place];
      if (each !== undefined && each.index <= index) return each;
    }
    const [first] = this.placed;
    return first ?? { index: NO_INDEX, configuration: EMPTY };
  }

  append(placed: PlacedConfiguration): void {
    this.placed.push(placed);
  }

  /** Rolls back what stood at `index` or behind it. */
  truncateFrom(index: LogIndex): void {
    while (this.placed.length > 1 && (this.placed.at(-1)?.index ?? 0) >= index) this.placed.pop();
  }

  /** Forgets what held only before `index`. */
  compactTo(index: LogIndex): void {
    const kept = this.at(index);
    this.placed = this.placed.slice(this.placed.indexOf(kept));
  }

  /** Begins anew with the configuration of a snapshot. */
  reset(first: PlacedConfiguration): void {
    this.placed = [first];
  }
}

const EMPTY: Configuration = Object.freeze({
  voters: Object.freeze([]),
  outgoing: Object.freeze([]),
  learners: Object.freeze([]),
  isAutoLeave: false,
  stores: Object.freeze([]),
  version: 1,
});
