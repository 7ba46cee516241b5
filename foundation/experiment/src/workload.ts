/**
 * Workloads: who begins which operation when, put together from small parts.
 *
 *     phases([
 *       { lengthMs: 500, generator: stagger(50, mix([[1, write], [4, read]])) },
 *       { generator: perClient((_, place) => spread(10, place === 0 ? write : read)) },
 *     ])
 *
 * A *source* says what a client does in a turn; a *generator* says who has turns when. Both are
 * pure functions of a random stream, so a seed gives the same workload every time, and what they
 * give is data: the operations of a plan. A client is a closed loop: an operation whose time has
 * come waits until the client's last one has ended.
 *
 * Source: the generators of Jepsen have these names (jepsen-io/jepsen, generator.clj).
 */
import { InvalidArgument, type NodeId, type Random } from '@mangrove/host';
import type { Operation, PlannedOperation } from './operation.ts';

/** What clients do in a run, drawn from a seed. */
export interface Workload {
  /** What they do while faults last. */
  readonly active: Generator;
  /** What clients do in the quiet phase at the end: every one the same, or each by its place. */
  readonly last: readonly Operation[] | ((place: number) => readonly Operation[]);
}

/** One turn of a client. */
export interface Turn {
  readonly random: Random;
  readonly client: NodeId;
  /** From 0 over all clients, in order of time, so that values can be unique. */
  readonly index: number;
}

/** Says what a client does in a turn. */
export type Source = (turn: Turn) => Operation;

/** A stretch of time, and the clients that work in it. */
export interface Stretch {
  readonly random: Random;
  readonly clients: readonly NodeId[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** When a client begins something; what it is will be drawn once all times are known. */
export interface Draft {
  readonly client: NodeId;
  readonly atMs: number;
  readonly source: Source;
}

/** Says who begins something when, within a stretch of time. */
export type Generator = (stretch: Stretch) => readonly Draft[];

/** The same operation in every turn. */
export function always(operation: Operation): Source {
  return () => operation;
}

/** One of several sources, each as often as its weight, a positive integer, says. */
export function mix(parts: readonly (readonly [weight: number, source: Source])[]): Source {
  if (parts.length === 0) throw new InvalidArgument('mix', '[]', 'a list with a source or more');
  const total = parts.reduce((sum, [weight]) => sum + positive('mix.weight', weight), 0);
  return (turn) => {
    let left = turn.random.below(total);
    for (const [weight, source] of parts) {
      if (left < weight) return source(turn);
      left -= weight;
    }
    throw new Error('a draw below the sum of the weights is within one of them');
  };
}

/** Each turn on one of `keys`, any of them as often; `sourceOf` says what is done on it. */
export function perKey(keys: readonly string[], sourceOf: (key: string) => Source): Source {
  if (keys.length === 0) throw new InvalidArgument('perKey.keys', '[]', 'a list with a key');
  const sources = keys.map((key) => [key, sourceOf(key)] as const);
  return (turn) => {
    const [key, source] = turn.random.pick(sources);
    return { ...source(turn), key };
  };
}

/** So many turns of each client, at random times of the whole stretch. */
export function spread(count: number, source: Source): Generator {
  positive('spread.count', count);
  return ({ random, clients, fromMs, untilMs }) =>
    clients.flatMap((client) => {
      const own = random.stream(`times/${client}`);
      return Array.from({ length: count }, () => {
        return { client, atMs: fromMs + own.below(untilMs - fromMs), source };
      });
    });
}

/** Turns of each client that are `everyMs` apart on average: between none and twice as much. */
export function stagger(everyMs: number, source: Source): Generator {
  positive('stagger.everyMs', everyMs);
  return ({ random, clients, fromMs, untilMs }) =>
    clients.flatMap((client) => {
      const own = random.stream(`stagger/${client}`);
      const drafts: Draft[] = [];
      let atMs = fromMs + own.below(everyMs);
      while (atMs < untilMs) {
        drafts.push({ client, atMs, source });
        // At least one, so that it ends.
        atMs += own.between(1, Math.max(1, 2 * everyMs - 1));
      }
      return drafts;
    });
}

/** A part of `phases`: how long it lasts, and what is done in it. */
export interface Phase {
  /** Missing in the last one, which lasts as long as there is time. */
  readonly lengthMs?: number;
  readonly generator: Generator;
}

/** One generator after the other. What does not fit into the stretch is left out. */
export function phases(parts: readonly Phase[]): Generator {
  return (stretch) => {
    let { fromMs } = stretch;
    return parts.flatMap(({ lengthMs, generator }, index) => {
      const untilMs = Math.min(stretch.untilMs, fromMs + (lengthMs ?? Number.POSITIVE_INFINITY));
      if (untilMs <= fromMs) return [];
      const random = stretch.random.stream(`phase/${index}`);
      const drafts = generator({ ...stretch, random, fromMs, untilMs });
      fromMs = untilMs;
      return drafts;
    });
  };
}

/** The generator, for so long; nothing after that. */
export function until(lengthMs: number, generator: Generator): Generator {
  positive('until.lengthMs', lengthMs);
  return (stretch) =>
    generator({ ...stretch, untilMs: Math.min(stretch.untilMs, stretch.fromMs + lengthMs) });
}

/** Each client has a generator of its own; `place` counts the clients from 0. */
export function perClient(generatorOf: (client: NodeId, place: number) => Generator): Generator {
  return (stretch) =>
    stretch.clients.flatMap((client, place) =>
      generatorOf(client, place)({ ...stretch, clients: [client] }),
    );
}

/** Several generators at once. */
export function together(generators: readonly Generator[]): Generator {
  return (stretch) =>
    generators.flatMap((generator, index) =>
      generator({ ...stretch, random: stretch.random.stream(`part/${index}`) }),
    );
}

/** The operations that `generator` gives, by their time. */
export function drawOperations(generator: Generator, stretch: Stretch): PlannedOperation[] {
  const drafts = [...generator(stretch)].sort(
    (a, b) => a.atMs - b.atMs || (a.client === b.client ? 0 : a.client < b.client ? -1 : 1),
  );
  const random = stretch.random.stream('workload');
  return drafts.map(({ client, atMs, source }, index) => {
    return { client, atMs, ...source({ random, client, index }) };
  });
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgument(name, value, 'a positive integer');
}
