/**
 * The naive twin of a journal: what the journal must hold, kept in plain maps, and what it may hold
 * after a crash.
 *
 * Every call is an effect. Effects that were acknowledged are in `durable`. Those under way are in
 * `pending`, in order: after a crash the journal holds `durable` and some beginning of `pending`.
 * Where bits rot it may instead hold what was durable a batch earlier, if it says that it cut.
 */

/** What one call does to the twin of a log. */
export type Effect =
  | { readonly type: 'create'; readonly log: string; readonly firstIndex: number }
  | { readonly type: 'remove'; readonly log: string }
  | { readonly type: 'append'; readonly log: string; readonly records: readonly string[] }
  | { readonly type: 'truncate-suffix'; readonly log: string; readonly fromIndex: number }
  | { readonly type: 'truncate-prefix'; readonly log: string; readonly firstIndex: number }
  | {
      readonly type: 'reset';
      readonly log: string;
      readonly nextIndex: number;
      readonly metadata: string;
    }
  | { readonly type: 'metadata'; readonly log: string; readonly metadata: string };

/** The twin of a log. */
export interface TwinLog {
  readonly firstIndex: number;
  readonly records: readonly string[];
  readonly metadata: string;
}

/** All logs by name. Never changed in place. */
export type TwinState = Readonly<Record<string, TwinLog>>;

/** The state after an effect. */
export function afterEffect(state: TwinState, effect: Effect): TwinState {
  if (effect.type === 'create') {
    const log = { firstIndex: effect.firstIndex, records: [], metadata: '' };
    return { ...state, [effect.log]: log };
  }
  const { [effect.log]: log, ...others } = state;
  if (log === undefined) throw new Error(`no log ${effect.log}`);
  if (effect.type === 'remove') return others;
  return { ...state, [effect.log]: changed(log, effect) };
}

function changed(log: TwinLog, effect: Effect): TwinLog {
  const { firstIndex, records } = log;
  switch (effect.type) {
    case 'append':
      return { ...log, records: [...records, ...effect.records] };
    case 'truncate-suffix':
      return { ...log, records: records.slice(0, effect.fromIndex - firstIndex) };
    case 'truncate-prefix': {
      if (effect.firstIndex <= firstIndex) return log;
      const kept = records.slice(effect.firstIndex - firstIndex);
      return { ...log, firstIndex: effect.firstIndex, records: kept };
    }
    case 'reset':
      return { firstIndex: effect.nextIndex, records: [], metadata: effect.metadata };
    case 'metadata':
      return { ...log, metadata: effect.metadata };
    default:
      throw new Error(`'${effect.type}' is not of one log`);
  }
}

/** A state as text, to compare. */
export function textOf(state: TwinState): string {
  return JSON.stringify(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An effect under way. */
export interface Pending {
  readonly effect: Effect;
  /** The how-manieth call it is. */
  readonly nth: number;
  /** Acknowledged, while the answer to an earlier call is still on its way to the caller. */
  isAcked: boolean;
}

/** The twin of a journal with its calls. */
export class Twin {
  durable: TwinState;
  pending: Pending[] = [];
  /** What was durable before each batch of acknowledged effects, oldest first. */
  private readonly former: TwinState[] = [];
  private lastAckMs = -1;
  private callCount = 0;
  /** Refused, and yet they may turn out to have happened, until something else was written. */
  private doubtful: Pending[] = [];

  constructor(initial: TwinState) {
    this.durable = initial;
  }

  /** The state with everything that was accepted. */
  get accepted(): TwinState {
    return this.pending.reduce((state, { effect }) => afterEffect(state, effect), this.durable);
  }

  begin(effect: Effect): Pending {
    this.callCount += 1;
    const pending = { effect, nth: this.callCount, isAcked: false };
    this.pending.push(pending);
    return pending;
  }

  /** A call was acknowledged; those before it must have been. One batch is at one time. */
  acknowledge(pending: Pending, atMs: number): void {
    pending.isAcked = true;
    if (atMs !== this.lastAckMs) this.former.push(this.durable);
    this.lastAckMs = atMs;
    for (let first = this.pending[0]; first?.isAcked === true; first = this.pending[0]) {
      const before = this.durable;
      this.durable = afterEffect(before, first.effect);
      // A batch in doubt is cut off before anything else is written. What changes nothing need not
      // have been written.
      const isDoubted = this.doubtful.length > 0;
      if (isDoubted && textOf(before) !== textOf(this.durable)) this.doubtful = [];
      this.pending.shift();
    }
  }

  refuse(pending: Pending, isDefinite: boolean): void {
    this.pending = this.pending.filter((other) => other !== pending);
    if (isDefinite) return;
    // Callers hear of it in any order; what may have happened did so in that of the calls.
    this.doubtful.push(pending);
    this.doubtful.sort((one, other) => one.nth - other.nth);
  }

  /**
   * Takes `found` as what is durable now; throws unless it is one of the states that may be.
   *
   * @param rotCount how many batches may be missing at the end because they rotted
   * @returns how many are missing
   */
  recover(found: TwinState, rotCount: number): number {
    // Either the batch in doubt is still there, or it was cut off and others came after it.
    const { pending, doubtful, former } = this;
    const candidates = [...this.beginnings(pending), ...this.beginnings(doubtful)];
    const text = textOf(found);
    const isLawful = candidates.some((candidate) => textOf(candidate) === text);
    const lostCount = isLawful ? 0 : this.lostBatches(text, rotCount);
    if (lostCount === undefined) {
      const known = candidates.map(textOf).map(short).join('\n');
      throw new Error(`found ${short(text)}, which is none of\n${known}`);
    }
    // A batch that nobody was told of is one as well.
    if (isLawful && textOf(this.durable) !== text) former.push(this.durable);
    this.durable = found;
    this.pending = [];
    this.doubtful = [];
    return lostCount;
  }

  /**
   * How many batches at the end have to be missing for the state `text`, of `rotCount` at most;
   * undefined where no number of them gives it. The states after them are forgotten.
   */
  private lostBatches(text: string, rotCount: number): number | undefined {
    let newest = textOf(this.durable);
    for (let lostCount = 0; lostCount < rotCount; ) {
      const state = this.former.pop();
      if (state === undefined) return undefined;
      const older = textOf(state);
      // What changed nothing was no batch, or one that nobody misses.
      if (older === newest) continue;
      newest = older;
      lostCount += 1;
      if (older === text) return lostCount;
    }
    return undefined;
  }

  /** The states after each beginning of `effects` that has all acknowledged ones. */
  private beginnings(effects: readonly Pending[]): TwinState[] {
    const states = [this.durable];
    let state = this.durable;
    for (const { effect, isAcked } of effects) {
      state = afterEffect(state, effect);
      if (isAcked) states.length = 0;
      states.push(state);
    }
    return states;
  }
}

function short(text: string): string {
  return text.replaceAll(/x{2,}/g, '');
}
