/**
 * A node that uses a journal, shared or plain, in every way, at random, beside its twin.
 *
 * Each life opens the journal, holds what it finds against the twin, then calls whatever a user may
 * call, several calls under way at once, and reads back now and then. It ends when it was hurt
 * enough, by itself or by the plan of faults around it.
 */
import type { Host, Random, RunningNode } from '@mangrove/host';
import {
  type Journal,
  JournalError,
  type JournalOptions,
  openSharedJournal,
  type SharedJournal,
  scanRecords,
} from '@mangrove/journal';
import { ONLY_LOG, openOneLog } from './one-log.ts';
import { type Effect, Twin, type TwinState, textOf } from './twin.ts';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Which of the two journals is driven. */
export type JournalKind = 'shared' | 'plain';

const NAMES: Readonly<Record<JournalKind, readonly string[]>> = {
  shared: ['a', 'b', 'c'],
  plain: [ONLY_LOG],
};

/** What the lives of one node share: the twin, and what was seen. */
export class Lives {
  readonly kind: JournalKind;
  readonly twin: Twin;
  /** Reserved records: what was acknowledged last, and what was tried since. */
  readonly reserved = new Map<string, { acked: string; tried: Set<string> }>();
  readonly counts: Record<string, number> = {};
  /** How many bits of the journal's files have rotted so far. */
  rotCount = () => 0;
  /** Whether a life began to open the journal, and has not come to hold it against the twin. */
  isOpening = false;
  private serial = 0;

  constructor(kind: JournalKind) {
    this.kind = kind;
    const log = { firstIndex: 1, records: [], metadata: '' };
    this.twin = new Twin(kind === 'plain' ? { [ONLY_LOG]: log } : {});
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** A text that was never used before. */
  fresh(random: Random): string {
    this.serial += 1;
    const length = random.chance(1, 20) ? random.between(500, 40_000) : random.below(60);
    return `${this.serial}:${'x'.repeat(length)}`;
  }
}

/**
 * The code of the node.
 *
 * @param roundCount how often a life opens the journal before it rests; by default that is random
 */
export function driverOf(lives: Lives, roundCount?: number): (host: Host) => Promise<RunningNode> {
  return async (host) => {
    const random = host.random.stream(`driver ${host.incarnation}`);
    const drive = async () => {
      try {
        for (let round = 1; ; round++) {
          const isLast = roundCount === undefined ? random.chance(1, 8) : round === roundCount;
          const driver = await openChecked(host, lives, random);
          await driver.run();
          if (isLast) break;
          await driver.close();
          lives.count('reopened');
        }
      } catch (error) {
        // Rot below the last batch is refused by name; there is nothing more to do here.
        const isRefused = error instanceof JournalError && error.code === 'corrupt';
        if (!isRefused || lives.rotCount() === 0 || error.place === undefined) throw error;
        lives.count('refused as corrupt');
      }
      lives.count('rested');
    };
    host.run(drive);
    const close = async () => {};
    return { close, [Symbol.asyncDispose]: close };
  };
}

/** Opens the journal and holds what it finds against the twin. */
async function openChecked(host: Host, lives: Lives, random: Random): Promise<Driver> {
  // An opening that a crash ended may have cut, and nobody was there to be told.
  const mayHaveCut = lives.isOpening;
  lives.isOpening = true;
  const journal = await openDriven(host, lives.kind);
  const driver = new Driver(lives, host, journal, random);
  await driver.check(mayHaveCut || journal.recovery.cut !== undefined);
  lives.isOpening = false;
  return driver;
}

function openDriven(host: Host, kind: JournalKind): Promise<SharedJournal> {
  const sizes = { segmentBytes: 4096, maxBatchBytes: 4096, indexIntervalBytes: 256 };
  const options: JournalOptions = { directory: 'journal', ...sizes };
  return kind === 'plain' ? openOneLog(host, options) : openSharedJournal(host, options);
}

class Driver {
  private readonly lives: Lives;
  private readonly host: Host;
  private readonly journal: SharedJournal;
  private readonly random: Random;
  private readonly underWay = new Set<Promise<void>>();
  private isPoisoned = false;
  /** What the journal knows and has told nobody yet: a poisoned one forgets before it refuses. */
  private ahead: string | undefined;
  private isCreating = false;

  constructor(lives: Lives, host: Host, journal: SharedJournal, random: Random) {
    this.lives = lives;
    this.host = host;
    this.journal = journal;
    this.random = random;
  }

  /**
   * Holds everything that is found against the twin.
   *
   * @param isCut whether this opening, or one before it that came to no end, has cut a tail
   */
  async check(isCut: boolean): Promise<void> {
    const { lives, journal } = this;
    if (journal.recovery.cut !== undefined) lives.count('tail cut');
    const found: Record<string, TwinState[string]> = {};
    for (const name of journal.names) {
      const log = this.log(name);
      const records: string[] = [];
      for await (const { index, bytes } of scanRecords(log)) {
        if (index !== log.firstIndex + records.length) throw new Error(`index ${index} of ${name}`);
        records.push(DECODER.decode(bytes));
      }
      if (log.nextIndex !== log.firstIndex + records.length) throw new Error(`end of ${name}`);
      found[name] = { firstIndex: log.firstIndex, records, metadata: DECODER.decode(log.metadata) };
    }
    // A last batch that rotted looks torn: it may be missing, and the cut says so.
    const lostCount = lives.twin.recover(found, isCut ? lives.rotCount() : 0);
    if (lostCount > 0) lives.count('acknowledged batch lost to rot');
    for (const name of journal.names) this.checkReserved(name, lostCount > 0);
    for (const name of lives.reserved.keys()) {
      if (journal.log(name) === undefined) lives.reserved.delete(name);
    }
    lives.count('checked');
  }

  /** Calls at random. */
  async run(): Promise<void> {
    const { random, lives } = this;
    const stepCount = random.between(5, 60);
    for (let step = 0; step < stepCount && !this.isPoisoned; step++) {
      this.call();
      if (random.chance(1, 3)) await Promise.all(this.underWay);
      if (random.chance(1, 6)) await this.readSome();
      if (!random.chance(1, 12)) continue;
      const compaction = this.compact();
      for (let count = random.below(4); count > 0 && !this.isPoisoned; count--) {
        this.call();
        await this.pause(random.below(3));
      }
      await compaction;
      await this.pause(0);
    }
    await Promise.all(this.underWay);
    if (!this.isPoisoned && this.ahead !== undefined) throw new Error(this.ahead);
    if (!this.isPoisoned && textOf(lives.twin.accepted) !== textOf(lives.twin.durable)) {
      throw new Error('something is under way after everything was answered');
    }
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private log(name: string): Journal {
    const log = this.journal.log(name);
    if (log === undefined) throw new Error(`no log ${name}`);
    return log;
  }

  /** @param isBack whether the log may be one that was removed, and is back */
  private checkReserved(name: string, isBack: boolean): void {
    const found = DECODER.decode(this.log(name).reserved);
    const reserved = this.lives.reserved.get(name);
    const known = reserved ?? { acked: isBack ? found : '', tried: new Set() };
    if (found !== known.acked && !known.tried.has(found)) {
      throw new Error(`the reserved record of ${name} is '${found}', not '${known.acked}'`);
    }
    this.lives.reserved.set(name, { acked: found, tried: new Set() });
  }

  private call(): void {
    const { random, lives } = this;
    if (this.isCreating) return;
    const { twin } = lives;
    const name = random.pick(NAMES[lives.kind]);
    const log = this.journal.log(name);
    const expected = twin.accepted[name];
    if (log === undefined) {
      const isComing = twin.pending.some(({ effect }) => effect.log === name);
      if (!isComing) this.create(name);
      return;
    }
    if (expected === undefined) return;
    const nextIndex = expected.firstIndex + expected.records.length;
    if (log.nextIndex !== nextIndex) {
      this.ahead = `${name} goes on at ${log.nextIndex}`;
      return;
    }
    const draw = random.below(100);
    if (draw < 60) {
      const records = Array.from({ length: random.between(1, 4) }, () => lives.fresh(random));
      const bytes = records.map((record) => ENCODER.encode(record));
      this.effect({ type: 'append', log: name, records }, () => log.append(bytes));
    } else if (draw < 68) {
      const fromIndex = random.between(expected.firstIndex, nextIndex);
      const effect = { type: 'truncate-suffix', log: name, fromIndex } as const;
      this.effect(effect, () => log.truncateSuffix(fromIndex));
    } else if (draw < 78) {
      const firstIndex = random.between(expected.firstIndex, nextIndex);
      const effect = { type: 'truncate-prefix', log: name, firstIndex } as const;
      this.effect(effect, () => log.truncatePrefix(firstIndex));
    } else if (draw < 81) {
      const index = random.below(1000);
      const metadata = lives.fresh(random).slice(0, 50);
      const effect = { type: 'reset', log: name, nextIndex: index, metadata } as const;
      this.effect(effect, () => log.reset(index, ENCODER.encode(metadata)));
    } else if (draw < 87) {
      const metadata = lives.fresh(random).slice(0, 50);
      const effect = { type: 'metadata', log: name, metadata } as const;
      this.effect(effect, () => log.setMetadata(ENCODER.encode(metadata)));
    } else if (draw < 98) this.reserve(name, log);
    else if (lives.kind === 'shared' && this.underWay.size === 0) {
      this.effect({ type: 'remove', log: name }, () => this.journal.removeLog(name));
    }
  }

  /** Only alone: the log is made in two steps, and others may overtake it. */
  private create(name: string): void {
    if (this.underWay.size > 0) return;
    const firstIndex = this.random.below(10);
    this.lives.reserved.delete(name);
    const effect = { type: 'create', log: name, firstIndex } as const;
    this.effect(effect, async () => {
      this.isCreating = true;
      try {
        await this.journal.createLog(name, firstIndex);
      } finally {
        this.isCreating = false;
      }
    });
  }

  private effect(effect: Effect, call: () => Promise<unknown>): void {
    const { twin } = this.lives;
    const pending = twin.begin(effect);
    const finish = async () => {
      try {
        await call();
        twin.acknowledge(pending, this.host.clock.now());
        this.lives.count(effect.type);
        if (effect.type === 'remove') this.lives.reserved.delete(effect.log);
      } catch (error) {
        const { definite } = this.expected(error);
        twin.refuse(pending, definite);
      }
    };
    this.track(finish());
  }

  private reserve(name: string, log: Journal): void {
    const known = this.lives.reserved.get(name) ?? { acked: '', tried: new Set<string>() };
    this.lives.reserved.set(name, known);
    const text = this.lives.fresh(this.random).slice(0, 400);
    known.tried.add(text);
    const finish = async () => {
      try {
        await log.setReserved(ENCODER.encode(text));
        known.acked = text;
        this.lives.count('reserved');
      } catch (error) {
        this.expected(error);
      }
    };
    this.track(finish());
  }

  private async readSome(): Promise<void> {
    const { random, lives } = this;
    await Promise.all(this.underWay);
    const name = random.pick(NAMES[lives.kind]);
    const log = this.journal.log(name);
    const expected = lives.twin.durable[name];
    if (log === undefined || expected === undefined || this.isPoisoned) return;
    const from = random.between(expected.firstIndex, expected.firstIndex + expected.records.length);
    try {
      const maxRecords = random.between(1, 5);
      const read = await log.read(from, { maxRecords });
      const texts = read.map(({ bytes }) => DECODER.decode(bytes));
      const at = from - expected.firstIndex;
      const wanted = expected.records.slice(at, at + maxRecords);
      if (texts.join() !== wanted.join()) throw new Error(`read ${texts}, not ${wanted}`);
      lives.count('read');
    } catch (error) {
      this.expected(error);
    }
  }

  /** Waits; a refused call is forgotten a few reactions before the caller is told. */
  private async pause(durationMs: number): Promise<void> {
    await this.host.timers.sleep(durationMs);
    await this.host.timers.sleep(0);
  }

  private async compact(): Promise<void> {
    try {
      const { freedSegments, movedBytes } = await this.journal.compact();
      if (freedSegments > 0) this.lives.count('compacted');
      if (movedBytes > 0) this.lives.count('moved');
    } catch (error) {
      // What is cut while it is being moved is no failure of the compaction.
      if (this.expected(error).code === 'compacted') throw error;
    }
  }

  /** An error that a faulty disk explains; others are thrown on. */
  private expected(error: unknown): JournalError {
    if (!(error instanceof JournalError)) throw error;
    if (error.code === 'corrupt' && this.lives.rotCount() === 0) throw error;
    if (error.code === 'poisoned') this.isPoisoned = true;
    this.lives.count(error.code);
    return error;
  }

  private track(work: Promise<void>): void {
    const done = work.finally(() => this.underWay.delete(done));
    this.underWay.add(done);
  }
}
