/**
 * What the parts of a simulated host share.
 */
import type { NodeId } from '@mangrove/host';
import type { ChoiceBook } from './choice-book.ts';
import type { Engine } from './engine.ts';
import type { Life } from './life.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';
import type { Recorder } from './recorder.ts';

/** The simulation, as its parts see it. */
export interface World {
  readonly engine: Engine;
  readonly book: ChoiceBook;
  readonly recorder: Recorder;
  readonly network: Network;
  readonly machines: ReadonlyMap<NodeId, Machine>;
  /** What every node is told as the bound of clock rates. */
  readonly maxDriftPpm: number;
  /** A message in a few words, for drawings. */
  readonly describe: (message: Uint8Array) => string;
  /** What happened, by name, for "did it test anything". */
  count(what: string, amount?: number): void;
  /** Ends a life because of an error of its own. */
  fail(life: Life, cause: unknown): void;
}

/** A promise that never settles: what code of a life that ended waits for. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}
