/**
 * Anomalies in words that people can follow, with the transactions that show them and data to draw.
 */
import type { Value } from '../history.ts';
import { type Drawing, drawingOf, type Violation } from '../verdict.ts';
import type { Cycle, Hop } from './cycle.ts';
import { EdgeKind } from './dependency-graph.ts';
import type { DirectAnomaly, Inference } from './inference.ts';
import type { AnomalyName } from './levels.ts';
import {
  describeTransaction,
  nameOf,
  show,
  type Transaction,
  toRecordedOperation,
} from './transaction.ts';
import { DEAD, NOBODY } from './versions.ts';

/** An anomaly, explained. */
export interface Finding<Name extends string = string> {
  readonly name: Name;
  readonly key?: string;
  /** The transactions that show it, by id. */
  readonly transactions: readonly number[];
  readonly sentences: readonly string[];
  /** Who precedes whom, to be drawn as arrows. */
  readonly arrows: readonly {
    readonly from: number;
    readonly to: number;
    readonly label: string;
  }[];
}

/** Of longer cycles so many steps are told, the last one among them. */
const MAX_TOLD = 40;

/** A cycle as a finding: each step in a sentence, the last one contradicts the others. */
export function explainCycle(inference: Inference, cycle: Cycle): Finding<AnomalyName> {
  const { hops, name } = cycle;
  const lead = hops.slice(0, MAX_TOLD).map(({ source }) => {
    const transaction = inference.transactions[source] as Transaction;
    return `${nameOf(source)}: ${describeTransaction(transaction)}`;
  });
  const skippedCount = Math.max(0, hops.length - MAX_TOLD);
  const steps = hops.map((hop, index) => {
    const isLast = index === hops.length - 1;
    if (!isLast && index >= MAX_TOLD - 1) {
      return index === MAX_TOLD - 1 ? `And so on, over ${skippedCount} more steps.` : '';
    }
    const why = explainHop(inference, hop);
    const order = `${nameOf(hop.source)} precedes ${nameOf(hop.target)}`;
    return isLast ? `Yet ${order}, because ${why}: a contradiction.` : `${order}, because ${why}.`;
  });
  return {
    name,
    transactions: hops.map(({ source }) => source),
    sentences: [...lead, ...steps.filter((step) => step !== '')],
    arrows: hops.map((hop) => ({ from: hop.source, to: hop.target, label: labelOf(hop) })),
  };
}

/** An anomaly without a cycle as a finding. */
export function explainDirect(
  transactions: readonly Transaction[],
  anomaly: DirectAnomaly,
): Finding<AnomalyName> {
  const lead = anomaly.transactions.map((id) => {
    const transaction = transactions[id] as Transaction;
    return `${nameOf(id)}: ${describeTransaction(transaction)}`;
  });
  return {
    name: anomaly.name,
    ...(anomaly.key === undefined ? {} : { key: anomaly.key }),
    transactions: anomaly.transactions,
    sentences: [...lead, ...anomaly.sentences.map(toSentence)],
    arrows: [],
  };
}

/** A clause with a capital and a full stop. */
export function toSentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

/** A finding as a violation. @param shown the transactions of the sub-history, by id */
export function toViolation(
  finding: Finding,
  transactions: readonly Transaction[],
  shown: readonly number[],
): Violation {
  const chosen = shown.map((id) => transactions[id] as Transaction);
  return {
    anomaly: finding.name,
    ...(finding.key === undefined ? {} : { key: finding.key }),
    sentences: finding.sentences,
    operations: chosen.map(toRecordedOperation),
    drawing: drawTransactions(chosen, new Set(finding.transactions), finding.arrows),
  };
}

/** Transactions as bars; those whose times are not known stand in the order of the history. */
export function drawTransactions(
  transactions: readonly Transaction[],
  marked: ReadonlySet<number>,
  arrows: Finding['arrows'],
): Drawing {
  const isTimed = transactions.every(({ invokedAt }) => invokedAt >= 0);
  const operations = transactions.map((transaction, index) => ({
    ...toRecordedOperation(transaction),
    ...(isTimed ? {} : { invokedAt: 2 * index, completedAt: 2 * index + 1 }),
  }));
  const labels = new Map(
    transactions.map((transaction) => [
      transaction.id,
      `${nameOf(transaction)}: ${describeTransaction(transaction)}`,
    ]),
  );
  return drawingOf(operations, ({ id }) => labels.get(id) ?? '', marked, arrows);
}

const LABELS: Readonly<Record<number, string>> = {
  [EdgeKind.ww]: 'ww',
  [EdgeKind.wr]: 'wr',
  [EdgeKind.rw]: 'rw',
  [EdgeKind.predicateRw]: 'predicate rw',
  [EdgeKind.process]: 'process',
  [EdgeKind.realtime]: 'real time',
};

function labelOf(hop: Hop): string {
  return hop.because === undefined ? (LABELS[hop.kind] ?? '') : 'must precede';
}

/** A version in words: `T3's append of 4 to x`. */
export function describeVersion(inference: Inference, version: number): string {
  const { versions, verb } = inference;
  const value = versions.values[version];
  const key = versions.keyNameOf(version);
  if (versions.writers[version] === NOBODY) return `the value ${show(value as Value)} of ${key}`;
  const writer = nameOf(versions.writers[version] as number);
  if (value === DEAD) return `${writer}'s deletion of ${key}`;
  return `${writer}'s ${verb} of ${show(value as Value)} to ${key}`;
}

/** Why the source of a hop precedes its target. */
function explainHop(inference: Inference, hop: Hop): string {
  if (hop.because !== undefined) return hop.because;
  const [source, target] = [nameOf(hop.source), nameOf(hop.target)];
  const { transactions, versions } = inference;
  switch (hop.kind) {
    case EdgeKind.ww: {
      const witness = inference.witnesses.get(versions.keys[hop.after] as number);
      const seen = witness === undefined ? '' : `, as ${nameOf(witness)}'s read shows`;
      const before = describeVersion(inference, hop.before);
      return `${before} comes before ${describeVersion(inference, hop.after)}${seen}`;
    }
    case EdgeKind.wr:
      return `${target} read ${describeVersion(inference, hop.after)}`;
    case EdgeKind.rw: {
      const key = versions.keyNameOf(hop.after);
      const after = describeVersion(inference, hop.after);
      if (hop.before < 0) return `${source} read ${key} as it was before ${after}`;
      return `${source} read ${describeVersion(inference, hop.before)} without ${after}`;
    }
    case EdgeKind.predicateRw:
      return `${source} selected its rows without ${describeVersion(inference, hop.after)}`;
    case EdgeKind.process: {
      const { process, isInitial } = transactions[hop.source] as Transaction;
      if (isInitial) return `${source} is what the history begins with`;
      return `process ${process} did it first`;
    }
    default:
      return `${source} had completed before ${target} was invoked`;
  }
}
