/**
 * Marks: what the nodes of a run counted of themselves, added up over all nodes and their lives.
 *
 * A counter of a system tells that something of its protocol took place: an election was won, a
 * snapshot was installed. One that stays at 0 names what was never reached, and of which a verdict
 * therefore says nothing.
 */
import type { Reading } from '@mangrove/host';

/** What was counted, in words, and how often. */
export type Marks = Readonly<Record<string, number>>;

/** The counters of several nodes as they are added up. */
export class MarkSums {
  private readonly sums = new Map<string, number>();

  /**
   * Adds what one life of a node counted. What it measures in other ways is left out, and so is
   * what its Host counts, which is not of the system.
   */
  addLife(readings: readonly Reading[]): void {
    for (const { type, name, help, labels, value } of readings) {
      if (type !== 'counter' || name.startsWith('host_')) continue;
      const which = Object.values(labels).join(', ');
      this.add(`${help.replace(/\.$/, '')}${which === '' ? '' : ` (${which})`}`, value);
    }
  }

  /** Adds the sums of a whole run. */
  addRun(marks: Marks): void {
    for (const [mark, count] of Object.entries(marks)) this.add(mark, count);
  }

  /** The sums so far. */
  marks(): Marks {
    return Object.fromEntries(this.sums);
  }

  private add(mark: string, count: number): void {
    this.sums.set(mark, (this.sums.get(mark) ?? 0) + count);
  }
}
