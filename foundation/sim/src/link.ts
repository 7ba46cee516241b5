/**
 * A directed link between two machines: how long what goes over it takes, and what hurts it.
 *
 * It is shared by the lives on its two ends, so faults and the plan's choices outlast them.
 */
import type { MessageFate } from '@mangrove/experiment';
import type { Lane, Random } from '@mangrove/host';
import type { ChoiceBook, LinkChoices } from './choice-book.ts';
import type { Machine } from './machine.ts';

/** How long a message takes, in microseconds: from and to; one in 64 takes 20 times that. */
const LATENCY_US = [80, 600] as const;

/** How fast a link carries bytes: 1 Gbit/s. */
const BYTES_PER_US = 125;

/** Loss, duplicates and delays, each for so many of a thousand messages. */
export interface Roughness {
  readonly lossPerMille: number;
  readonly duplicatePerMille: number;
  readonly delayPerMille: number;
  readonly delayMs: number;
}

/** One direction between two machines. */
export class Link {
  readonly source: Machine;
  readonly target: Machine;
  /** How many cuts and stalls are in force. */
  cutCount = 0;
  stallCount = 0;
  /** How many cuts there were: tells one cut from the next. */
  cutEpoch = 0;
  readonly rough = new Set<Roughness>();
  readonly corrupt = new Set<{ readonly perMille: number }>();
  readonly slowUs = new Set<{ readonly us: number }>();
  readonly queueBounds = new Set<{ readonly bytes: number }>();
  private readonly choices: LinkChoices;
  private readonly book: ChoiceBook;
  private damage: Random | undefined;
  private readonly freeUs = { urgent: 0, bulk: 0 };

  constructor(source: Machine, target: Machine, book: ChoiceBook) {
    this.source = source;
    this.target = target;
    this.book = book;
    this.choices = book.link(`${source.id}>${target.id}`);
  }

  get isCut(): boolean {
    return this.cutCount > 0;
  }

  get isStalled(): boolean {
    return this.stallCount > 0;
  }

  /** How many bytes may wait in a lane: the Host's bound, or a fault's. */
  queueBoundBytes(usual: number): number {
    let bound = usual;
    for (const { bytes } of this.queueBounds) bound = Math.min(bound, bytes);
    return bound;
  }

  /** How many bytes of a lane have not left at `nowUs`. */
  leavingBytes(lane: Lane, nowUs: number): number {
    return Math.max(0, (this.freeUs[lane] - nowUs) * BYTES_PER_US);
  }

  /**
   * Puts bytes on the line; returns when the last of them has left. Lanes do not wait for another.
   */
  transmit(lane: Lane, sizeBytes: number, nowUs: number): number {
    const startUs = Math.max(nowUs, this.freeUs[lane]);
    this.freeUs[lane] = startUs + sizeBytes / BYTES_PER_US;
    return this.freeUs[lane];
  }

  /** What becomes of the next message: the plan's choice, or the link's own. */
  nextFate(): MessageFate {
    return this.choices.next((random) => this.drawFate(random));
  }

  /** What arrives of a message's bytes: themselves, or a copy in which a fault changed a bit. */
  passed(bytes: Uint8Array): Uint8Array {
    for (const { perMille } of this.corrupt) {
      // A stream of its own, made when it is needed: runs without the fault stay as they are.
      this.damage ??= this.book.stream(`corrupt/${this.source.id}>${this.target.id}`);
      if (bytes.length === 0 || !this.damage.chance(perMille, 1000)) continue;
      const changed = bytes.slice();
      const bit = this.damage.below(bytes.length * 8);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return changed;
    }
    return bytes;
  }

  /** How much longer everything takes because of faults, in microseconds. */
  extraUs(): number {
    let extra = 0;
    for (const { us } of this.slowUs) extra += us;
    return extra;
  }

  private drawFate(random: Random): MessageFate {
    const baseUs = drawLatencyUs(random);
    let latencyUs = baseUs;
    let copyUs: number | undefined;
    for (const rough of this.rough) {
      if (random.chance(rough.lossPerMille, 1000)) return -1;
      if (random.chance(rough.delayPerMille, 1000)) {
        latencyUs += random.below(rough.delayMs * 1000 + 1);
      }
      if (random.chance(rough.duplicatePerMille, 1000)) {
        copyUs = baseUs + random.below(rough.delayMs * 1000 + 1);
      }
    }
    return copyUs === undefined ? latencyUs : [latencyUs, copyUs];
  }
}

/** A latency of the usual kind, in microseconds. */
export function drawLatencyUs(random: Random): number {
  const draw = random.uint32();
  const [from, to] = LATENCY_US;
  const usual = from + (draw % (to - from + 1));
  return draw >>> 26 === 0 ? usual * 20 : usual;
}
