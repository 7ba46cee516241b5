/**
 * One life of a node in this process: it runs, it ends once, and after that nothing is called back.
 *
 * Every part of the Host asks its `Life` before it calls into the node or settles a promise; that
 * is how H1 and H2 hold in one place.
 */
import { BrokenInvariant } from '@mangrove/host';

/**
 * How a life ended: `close` and `crash` are asked for, `failed` is a broken node with its cause.
 */
export type LifeEnd =
  | { readonly type: 'closed' }
  | { readonly type: 'crashed' }
  | { readonly type: 'failed'; readonly cause: unknown };

/** Frees what a part of the Host holds. Called once; what it returns is waited for. */
export type Release = (end: LifeEnd) => Promise<void> | void;

/** The life of one Host. */
export class Life {
  /** Resolves when the life is over and all that it held is free. */
  readonly ended: Promise<LifeEnd>;
  private readonly releases = new Set<Release>();
  private readonly lastReleases: (() => Promise<void>)[] = [];
  private readonly underWay: Promise<void>[] = [];
  private readonly troubles: unknown[] = [];
  private announce: (end: LifeEnd) => void = () => {};
  private end: LifeEnd | undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.announce = resolve;
    });
  }

  get isOver(): boolean {
    return this.end !== undefined;
  }

  /** The cause, where the life ended by a failure. */
  get failure(): unknown {
    return this.end?.type === 'failed' ? this.end.cause : undefined;
  }

  /**
   * Has `release` called at the end of this life; at once where it is over: what came about in the
   * same moment must not be left behind. Returns how to take that back.
   */
  atEnd(release: Release): () => void {
    if (this.end !== undefined) this.underWay.push(free(release, this.end));
    else this.releases.add(release);
    return () => this.releases.delete(release);
  }

  /** Has `release` called when all that was registered with `atEnd` is free. */
  atLast(release: () => Promise<void>): void {
    this.lastReleases.push(release);
  }

  /** Calls into the node; what it throws is `fail` (H2). Does nothing once the life is over. */
  call(callback: () => void): void {
    if (this.isOver) return;
    try {
      callback();
    } catch (error) {
      this.fail(error);
    }
  }

  /** A promise that the Host owes: it settles while the life lasts, and never after. */
  owe<Value>(
    begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (this.isOver) return;
      begin(
        (value) => {
          if (!this.isOver) resolve(value);
        },
        (error) => {
          if (!this.isOver) reject(error);
        },
      );
    });
  }

  /** Ends this life because the node is broken. Only the first end counts. */
  fail(cause: unknown): void {
    const known = cause ?? new BrokenInvariant('the node failed without telling a cause');
    this.finish({ type: 'failed', cause: known });
  }

  /** Ends this life, unless it is over already. */
  finish(end: LifeEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    // Sockets are torn down and timers cleared now, within this call; only closing may take longer.
    for (const release of this.releases) this.underWay.push(free(release, end));
    this.releases.clear();
    void this.releaseLast().then(() => this.announce(end));
  }

  /** Throws what went wrong while the end was cleared up, for whoever asked for the end. */
  rethrow(): void {
    if (this.troubles.length > 0) throw this.troubles[0];
  }

  private async releaseLast(): Promise<void> {
    for (let work = this.underWay.splice(0); work.length > 0; work = this.underWay.splice(0)) {
      this.note(await Promise.allSettled(work));
    }
    for (const release of this.lastReleases) this.note(await Promise.allSettled([release()]));
  }

  private note(fates: readonly PromiseSettledResult<void>[]): void {
    for (const fate of fates) if (fate.status === 'rejected') this.troubles.push(fate.reason);
  }
}

/** One release that throws must not keep the others from theirs. */
async function free(release: Release, end: LifeEnd): Promise<void> {
  await release(end);
}
