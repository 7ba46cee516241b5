/**
 * The trap: while a node's code runs, the globals that would leak the real world into it throw.
 *
 * A leak makes a run depend on more than its seed, and is hard to find later. So time, timers,
 * randomness, native work and locale are caught at the moment they are touched, by name. The trap
 * is closed only while callbacks of nodes run and drain; for everybody else the globals are as
 * before.
 *
 * Globals are one per thread, and so are the proxies that stand in for them: simulations that run
 * at the same time share them, and the last one that ends takes them away.
 */

/** Thrown at the culprit; its stack shows the line. */
export class TrappedGlobal extends Error {
  override readonly name = 'TrappedGlobal';
  readonly global: string;

  constructor(global: string, instead: string) {
    super(`simulated code touched ${global}: use ${instead}`);
    this.global = global;
  }
}

type Bag = Record<string | symbol, unknown>;

const TIMERS = 'host.timers';
const CLOCK = 'host.clock';
const RANDOM = 'host.random';
const STREAMS = 'host.streams';
const LOCALE = 'integers and code units: locales and time zones differ between machines';
const FLOATS = 'integers or a table: engines differ in the last bit';
const GARBAGE = 'explicit ownership: collection of garbage is not in the seed';
const NATIVE = 'a synchronous function: native work settles outside virtual time';

/** What is trapped: where it lives, its name, what to use in its place. */
const TRAPPED: readonly (readonly [owner: string, name: string, instead: string])[] = [
  ['', 'setTimeout', TIMERS],
  ['', 'setInterval', TIMERS],
  ['', 'setImmediate', TIMERS],
  ['', 'requestAnimationFrame', TIMERS],
  ['', 'requestIdleCallback', TIMERS],
  ['process', 'nextTick', TIMERS],
  ['Atomics', 'wait', TIMERS],
  ['Atomics', 'waitAsync', TIMERS],
  ['', 'MessageChannel', TIMERS],
  ['', 'fetch', STREAMS],
  ['', 'WebSocket', STREAMS],
  ['Math', 'random', RANDOM],
  ['crypto', 'getRandomValues', RANDOM],
  ['crypto', 'randomUUID', RANDOM],
  ['crypto.subtle', 'digest', NATIVE],
  ['crypto.subtle', 'sign', NATIVE],
  ['crypto.subtle', 'encrypt', NATIVE],
  ['WebAssembly', 'compile', NATIVE],
  ['WebAssembly', 'instantiate', NATIVE],
  ['Date', 'now', CLOCK],
  ['performance', 'now', CLOCK],
  ['process.hrtime', 'bigint', CLOCK],
  ['process', 'hrtime', CLOCK],
  ['process', 'uptime', CLOCK],
  ['String.prototype', 'localeCompare', LOCALE],
  ['Date.prototype', 'getTimezoneOffset', LOCALE],
  ['Date.prototype', 'toLocaleString', LOCALE],
  ['Number.prototype', 'toLocaleString', LOCALE],
  ['Intl', 'DateTimeFormat', LOCALE],
  ['Intl', 'NumberFormat', LOCALE],
  ['Intl', 'Collator', LOCALE],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh'].map(floats),
  ...['asinh', 'acosh', 'atanh', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10'].map(floats),
  ...['pow', 'cbrt', 'hypot'].map(floats),
  ['', 'WeakRef', GARBAGE],
  ['', 'FinalizationRegistry', GARBAGE],
];

/** Only the basic operations and `Math.sqrt` are exact by the standard. */
function floats(name: string): readonly [owner: string, name: string, instead: string] {
  return ['Math', name, FLOATS];
}

/** Where the proxies of a thread are found: one set for all copies of this module in it. */
const PROXIES = Symbol.for('mangrove.sim.trap');

/** The trap of one simulation. */
export class Trap {
  private touched: TrappedGlobal[] = [];
  private isClosed = false;
  private proxies: TrapProxies | undefined;

  /** Closes it: from now on, until `open`, the trapped globals throw. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.proxies?.closed.add(this.touched);
  }

  open(): void {
    this.isClosed = false;
    this.proxies?.closed.delete(this.touched);
  }

  /** What was touched since the last time, also where simulated code caught the error. */
  takeTouched(): readonly TrappedGlobal[] {
    if (this.touched.length === 0) return [];
    return this.touched.splice(0);
  }

  /** Puts the proxies in place, open. They pass everything on while no trap is closed. */
  install(): void {
    const bag = globalThis as Bag;
    this.proxies = (bag[PROXIES] as TrapProxies | undefined) ?? new TrapProxies();
    bag[PROXIES] = this.proxies;
    this.proxies.userCount += 1;
  }

  /** Takes the proxies away, unless another simulation still needs them. */
  remove(): void {
    if (this.proxies === undefined) return;
    this.open();
    this.proxies.userCount -= 1;
    if (this.proxies.userCount === 0) {
      this.proxies.restore();
      delete (globalThis as Bag)[PROXIES];
    }
    this.proxies = undefined;
  }
}

/** The proxies of one thread, in place of the globals. */
class TrapProxies {
  userCount = 0;
  /** The lists of the traps that are closed. */
  readonly closed = new Set<TrappedGlobal[]>();
  private readonly restorers: (() => void)[] = [];

  constructor() {
    for (const [owner, name, instead] of TRAPPED) this.put(owner, name, instead, () => true);
    // `new Date()` and `Date()` read the clock; `new Date(0)` is a plain conversion and stays.
    this.put('', 'Date', CLOCK, (args) => args === undefined || args.length === 0);
  }

  restore(): void {
    for (const restore of this.restorers.reverse()) restore();
  }

  /**
   * @param isLeak whether a call is one; `args` are those of a construction, undefined for a call
   */
  private put(
    owner: string,
    name: string,
    instead: string,
    isLeak: (args: unknown[] | undefined) => boolean,
  ): void {
    const bag = ownerOf(owner);
    const original = bag?.[name];
    if (bag === undefined || typeof original !== 'function') return;
    const before = Object.getOwnPropertyDescriptor(bag, name);
    if (before?.configurable === false) return;
    const label = owner === '' ? name : `${owner}.${name}`;
    const check = (args: unknown[] | undefined) => {
      if (this.closed.size > 0 && isLeak(args)) this.spring(label, instead);
    };
    // A proxy keeps the properties of the original (setTimeout's promisify symbol, hrtime.bigint).
    const value = new Proxy(original, {
      apply(target, self, args) {
        check(undefined);
        return Reflect.apply(target, self, args);
      },
      construct(target, args, newTarget) {
        check(args);
        return Reflect.construct(target, args, newTarget);
      },
    });
    Object.defineProperty(bag, name, { value, configurable: true, writable: true });
    this.restorers.push(() => {
      if (before === undefined) delete bag[name];
      else Object.defineProperty(bag, name, before);
    });
  }

  private spring(name: string, instead: string): never {
    const touch = new TrappedGlobal(name, instead);
    for (const touched of this.closed) touched.push(touch);
    throw touch;
  }
}

function ownerOf(path: string): Bag | undefined {
  let bag: unknown = globalThis;
  for (const name of path === '' ? [] : path.split('.')) bag = (bag as Bag | undefined)?.[name];
  return bag as Bag | undefined;
}
