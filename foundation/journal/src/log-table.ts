/**
 * The logs of a journal as they are durable, and where their records are.
 *
 * Recovery and the writer change the table by the same function, `apply`, group by group in the
 * order of the disk. So what is rebuilt after a crash is what was there before it.
 *
 * A log's records lie in spans. A span is a run of indexes whose groups stand in one segment in
 * order, with nothing superseded in between: a new segment begins a new span, and so does the first
 * record after a truncation. Within a span a sparse index says where to begin to read.
 */
import type { BatchKind } from './batch-header.ts';
import type { Change } from './group.ts';
import { SparseIndex } from './sparse-index.ts';

/** A run of records of one log in one segment. */
export interface Span {
  readonly segment: number;
  readonly isMoved: boolean;
  /** 0 < firstIndex <= lastIndex + 1; records outside are dropped or stand in another span. */
  firstIndex: number;
  lastIndex: number;
  /** Behind the last group of the span. */
  endOffset: number;
  readonly entries: SparseIndex;
}

/** A log as it is durable. */
export interface LogState {
  readonly number: number;
  readonly name: string;
  readonly slot: number;
  firstIndex: number;
  nextIndex: number;
  metadata: Uint8Array;
  /** In order of indexes, without gaps, from `firstIndex` to `nextIndex - 1`. */
  spans: Span[];
  /** The span of the last moved records: only it may grow, or others would stand inside it. */
  lastMoved: Span | undefined;
  /** Like `firstIndex` and `nextIndex`, with what was accepted and is not durable yet. */
  acceptedFirst: number;
  acceptedNext: number;
  /** Whether its removal was accepted. */
  isGoing: boolean;
  /** How many truncations, resets and removals were accepted, and how many of them are durable. */
  acceptedCuts: number;
  durableCuts: number;
}

/** Where a group stands. */
export interface GroupPlace {
  readonly segment: number;
  readonly offset: number;
  readonly endOffset: number;
  /** The seed of the checksums of its batch, and where that batch ends. */
  readonly seed: number;
  readonly batchEnd: number;
}

/** Records of a group, as the table wants to know them. */
export interface GroupOfRecords {
  readonly type: 'records';
  readonly log: number;
  readonly isMoved: boolean;
  readonly firstIndex: number;
  readonly count: number;
}

/** A change of a group. */
export interface GroupOfChange {
  readonly type: 'change';
  readonly log: number;
  readonly change: Change;
}

/** The logs of one journal. */
export class LogTable {
  readonly logs = new Map<number, LogState>();
  readonly byName = new Map<string, LogState>();
  /** Segments below this one are not needed. */
  floor = 1;
  private readonly intervalBytes: number;
  /** How many spans each segment holds. */
  private readonly spanCounts = new Map<number, number>();

  constructor(indexIntervalBytes: number) {
    this.intervalBytes = indexIntervalBytes;
  }

  /** Whether some log has records in `segment`. */
  isNeeded(segment: number): boolean {
    return (this.spanCounts.get(segment) ?? 0) > 0;
  }

  /** Forgets what was accepted and is not durable. */
  forgetAccepted(): void {
    for (const log of this.logs.values()) {
      log.acceptedFirst = log.firstIndex;
      log.acceptedNext = log.nextIndex;
      log.acceptedCuts = log.durableCuts;
      log.isGoing = false;
    }
  }

  /** The state of every log as the head of a segment says it. */
  states(): { log: number; change: Change }[] {
    const states = [...this.logs.values()].map((log) => {
      const { number, name, slot, firstIndex, nextIndex, metadata } = log;
      const change = { type: 'state', name, slot, firstIndex, nextIndex, metadata } as const;
      return { log: number, change };
    });
    const floor = { type: 'floor', segment: this.floor } as const;
    return [{ log: 0, change: floor }, ...states];
  }

  /**
   * Takes in a group. Returns what is wrong with it, where it does not follow from what was before;
   * then nothing was changed.
   */
  apply(
    group: GroupOfRecords | GroupOfChange,
    place: GroupPlace,
    kind: BatchKind,
  ): string | undefined {
    if (group.type === 'change') return this.applyChange(group, kind);
    const log = this.logs.get(group.log);
    if (log === undefined) return `records of log ${group.log}, which there is not`;
    return group.isMoved ? this.move(log, group, place) : this.extend(log, group, place);
  }

  /** What is wrong with the whole table: records that the states promise and no segment has. */
  faultOf(): string | undefined {
    for (const log of this.logs.values()) {
      let next = log.firstIndex;
      for (const span of log.spans) {
        if (span.firstIndex !== next) break;
        next = span.lastIndex + 1;
      }
      if (next !== log.nextIndex) {
        return `records ${next} and on of log '${log.name}' are missing; ${log.nextIndex} is next`;
      }
    }
    return undefined;
  }

  private applyChange(group: GroupOfChange, kind: BatchKind): string | undefined {
    const { change } = group;
    if (change.type === 'floor') {
      this.floor = Math.max(this.floor, change.segment);
      return undefined;
    }
    if (change.type === 'create') return this.create(group.log, change, change.firstIndex);
    if (change.type === 'state') return this.checkState(group.log, change, kind);
    const log = this.logs.get(group.log);
    if (log === undefined) return `a change of log ${group.log}, which there is not`;
    if (change.type !== 'metadata') log.durableCuts += 1;
    switch (change.type) {
      case 'truncate-suffix':
        return this.truncateSuffix(log, change.fromIndex);
      case 'truncate-prefix':
        return this.truncatePrefix(log, change.firstIndex);
      case 'reset':
        this.dropSpans(log.spans);
        log.spans = [];
        log.firstIndex = change.nextIndex;
        log.nextIndex = change.nextIndex;
        return undefined;
      case 'metadata':
        // A copy, since what was read shares the memory of its whole batch.
        log.metadata = change.metadata.slice();
        return undefined;
      case 'remove':
        this.dropSpans(log.spans);
        log.spans = [];
        log.isGoing = true;
        this.logs.delete(log.number);
        this.byName.delete(log.name);
        return undefined;
    }
  }

  private create(
    number: number,
    born: { readonly name: string; readonly slot: number; readonly firstIndex: number },
    nextIndex: number,
    metadata: Uint8Array = new Uint8Array(0),
  ): string | undefined {
    const { name, slot, firstIndex } = born;
    if (this.logs.has(number)) return `log ${number} is made twice`;
    if (this.byName.has(name)) return `a second log is called '${name}'`;
    const log: LogState = {
      number,
      name,
      slot,
      firstIndex,
      nextIndex,
      metadata: metadata.slice(),
      spans: [],
      lastMoved: undefined,
      acceptedFirst: firstIndex,
      acceptedNext: nextIndex,
      isGoing: false,
      acceptedCuts: 0,
      durableCuts: 0,
    };
    this.logs.set(number, log);
    this.byName.set(name, log);
    return undefined;
  }

  /** The head of the first segment makes the logs; later heads must say what is known already. */
  private checkState(
    number: number,
    state: Extract<Change, { type: 'state' }>,
    kind: BatchKind,
  ): string | undefined {
    if (kind !== 'head') return 'the state of a log, not at the head of a segment';
    const log = this.logs.get(number);
    if (log === undefined) return this.create(number, state, state.nextIndex, state.metadata);
    const isSame =
      log.name === state.name &&
      log.slot === state.slot &&
      log.firstIndex === state.firstIndex &&
      log.nextIndex === state.nextIndex &&
      log.metadata.join() === state.metadata.join();
    return isSame ? undefined : `the state of log '${log.name}' is not what came before`;
  }

  private extend(log: LogState, group: GroupOfRecords, place: GroupPlace): string | undefined {
    const { firstIndex, count } = group;
    if (firstIndex !== log.nextIndex || count < 1) {
      const next = `${log.nextIndex} is next`;
      return `${count} records from ${firstIndex} of log '${log.name}', where ${next}`;
    }
    const last = log.spans.at(-1);
    const isRun =
      last !== undefined &&
      last.segment === place.segment &&
      !last.isMoved &&
      last.lastIndex + 1 === firstIndex &&
      !last.entries.isCut;
    const span = isRun ? last : this.newSpan(place, firstIndex, false);
    if (!isRun) log.spans.push(span);
    this.lengthen(span, firstIndex, count, place);
    log.nextIndex = firstIndex + count;
    return undefined;
  }

  /** Records written again: their older places are forgotten. */
  private move(log: LogState, group: GroupOfRecords, place: GroupPlace): string | undefined {
    const { firstIndex, count } = group;
    const lastIndex = firstIndex + count - 1;
    if (count < 1 || firstIndex < log.firstIndex || lastIndex >= log.nextIndex) {
      return `moved records ${firstIndex} to ${lastIndex} of ${rangeOf(log)}`;
    }
    const before = log.spans.filter((span) => span.lastIndex < firstIndex);
    const after = log.spans.filter((span) => span.lastIndex > lastIndex);
    const replaced = log.spans.filter((span) => {
      return span.lastIndex >= firstIndex && span.lastIndex <= lastIndex;
    });
    const next = after[0];
    if (next !== undefined && next.firstIndex < firstIndex) {
      return `moved records ${firstIndex} to ${lastIndex} stand in the middle of others`;
    }
    this.dropSpans(replaced);
    if (next !== undefined) next.firstIndex = Math.max(next.firstIndex, lastIndex + 1);
    const last = before.at(-1);
    const isRun =
      last !== undefined &&
      last === log.lastMoved &&
      last.segment === place.segment &&
      last.lastIndex + 1 === firstIndex &&
      !last.entries.isCut;
    const span = isRun ? last : this.newSpan(place, firstIndex, true);
    this.lengthen(span, firstIndex, count, place);
    log.lastMoved = span;
    log.spans = isRun ? [...before, ...after] : [...before, span, ...after];
    return undefined;
  }

  private truncateSuffix(log: LogState, fromIndex: number): string | undefined {
    if (fromIndex < log.firstIndex || fromIndex > log.nextIndex) {
      return `a cut at ${fromIndex} of ${rangeOf(log)}`;
    }
    this.dropSpans(log.spans.filter((span) => span.firstIndex >= fromIndex));
    log.spans = log.spans.filter((span) => span.firstIndex < fromIndex);
    const last = log.spans.at(-1);
    if (last !== undefined) {
      last.lastIndex = Math.min(last.lastIndex, fromIndex - 1);
      // What follows in the file is superseded: nothing may be added to this span.
      last.entries.cut(fromIndex);
    }
    log.nextIndex = fromIndex;
    return undefined;
  }

  private truncatePrefix(log: LogState, firstIndex: number): string | undefined {
    if (firstIndex > log.nextIndex) {
      return `log '${log.name}' is to begin at ${firstIndex}, and has up to ${log.nextIndex - 1}`;
    }
    if (firstIndex <= log.firstIndex) return undefined;
    this.dropSpans(log.spans.filter((span) => span.lastIndex < firstIndex));
    log.spans = log.spans.filter((span) => span.lastIndex >= firstIndex);
    const first = log.spans[0];
    if (first !== undefined) first.firstIndex = Math.max(first.firstIndex, firstIndex);
    log.firstIndex = firstIndex;
    return undefined;
  }

  private newSpan(place: GroupPlace, firstIndex: number, isMoved: boolean): Span {
    const { segment } = place;
    this.spanCounts.set(segment, (this.spanCounts.get(segment) ?? 0) + 1);
    const entries = new SparseIndex(this.intervalBytes);
    return { segment, isMoved, firstIndex, lastIndex: firstIndex - 1, endOffset: 0, entries };
  }

  private lengthen(span: Span, firstIndex: number, count: number, place: GroupPlace): void {
    span.entries.add(firstIndex, place);
    span.lastIndex = firstIndex + count - 1;
    span.endOffset = place.endOffset;
  }

  private dropSpans(spans: readonly Span[]): void {
    for (const { segment } of spans) {
      const left = (this.spanCounts.get(segment) ?? 0) - 1;
      if (left > 0) this.spanCounts.set(segment, left);
      else this.spanCounts.delete(segment);
    }
  }
}

function rangeOf(log: LogState): string {
  return `log '${log.name}', which has ${log.firstIndex} to ${log.nextIndex - 1}`;
}
