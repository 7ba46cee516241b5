/**
 * The story of a run: its trace, history and faults as what a diagram shows. Plain data, so that
 * it can stand inside a page as JSON.
 *
 * Everything is in order of time. Positions in one list that point into another are called
 * `...Index` and count from 0.
 */
import type { HistoryEvent, Plan, RunTrace } from '@mangrove/experiment';
import type { FaultStrike, RunEnd } from '../run-report.ts';
import type { Anomaly, HistoryExplanation } from '../verdict.ts';
import { boundTrace } from './bounded-trace.ts';
import { type Band, bandsOf } from './fault-band.ts';
import { traceOfHistory } from './history-trace.ts';
import { type Change, type Mark, readLifelines, type Span } from './lifeline.ts';
import { type Message, readMessages } from './message.ts';
import { type Moment, readMoments } from './moment.ts';
import { type Operation, readOperations } from './operation.ts';
import { chooseSteps, type Step } from './step.ts';
import { clip } from './wording.ts';

/** What a diagram and its time cursor need. */
export interface Story {
  readonly clients: readonly string[];
  readonly replicas: readonly string[];
  /** Clients and nodes that did something but have no lane, for their number. */
  readonly hiddenLaneCount: number;
  /** Which part of the run is told; all of it unless the trace was too long. */
  readonly fromMs: number;
  readonly endMs: number;
  readonly operations: readonly Operation[];
  readonly messages: readonly Message[];
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
  readonly bands: readonly Band[];
  readonly changes: readonly Change[];
  readonly moments: readonly Moment[];
  readonly steps: readonly Step[];
  /** The step at which the cursor stands first, from 0; -1 where there are no steps. */
  readonly decisiveIndex: number;
  /** The messages that may have mattered to any step, as positions in `messages`. */
  readonly cone: readonly number[];
  /** Records of the trace that are not told, for its length. */
  readonly leftOutCount: number;
  /** Whether messages and states were recorded: real processes tell neither. */
  readonly isTraced: boolean;
}

/** What a story is read from. */
export interface StorySource {
  /** Missing where nobody recorded one: then history and faults are all that is told. */
  readonly trace?: RunTrace | undefined;
  readonly plan: Plan;
  readonly history: readonly HistoryEvent[];
  readonly endMs: number;
  /** Of the faults that struck, when each was in force. */
  readonly strikes: readonly FaultStrike[];
  /** What is wrong, the most telling first. */
  readonly anomalies: readonly Anomaly[];
  readonly explanation: HistoryExplanation | undefined;
  /** Why nodes stopped by themselves, for the times in which they were down. */
  readonly ends?: readonly RunEnd[];
}

/** The most lanes of clients and of nodes in a diagram. */
export const MAX_CLIENT_LANES = 6;
export const MAX_NODE_LANES = 15;

/** The story that `source` tells. */
export function readStory(source: StorySource): Story {
  const { plan, history, strikes, explanation } = source;
  const focusMs = source.anomalies[0]?.atMs ?? explanation?.operations.at(-1)?.untilMs;
  const bounded = boundTrace(
    source.trace ?? traceOfHistory(source),
    focusMs ?? firstStrikeMs(source),
  );
  const { trace } = bounded;
  const endMs = bounded.untilMs ?? Math.max(source.endMs, trace.records.at(-1)?.atMs ?? 0);
  const told = { fromMs: bounded.fromMs, untilMs: endMs };
  const operations = readOperations(history, trace, explanation, told);
  const messages = readMessages(trace, endMs);
  const { marks, changes, ...lifelines } = readLifelines(trace, told);
  const spans = withCauses(lifelines.spans, source.ends ?? []);
  const bands = bandsOf({ plan, strikes, endMs, notInjected: [] });
  const moments = readMoments({ trace, messages, operations });
  const chosen = chooseSteps({
    ...{ trace, messages, operations, bands, spans, marks, explanation },
    anomalies: source.anomalies,
  });
  const matters = namesThatMatter(chosen.steps, messages, operations);
  const busy = busyClients(trace.clients, operations);
  const clients = chooseLanes(busy, matters, MAX_CLIENT_LANES);
  const replicas = chooseLanes(trace.replicas, matters, MAX_NODE_LANES);
  return {
    clients,
    replicas,
    hiddenLaneCount: busy.length - clients.length + trace.replicas.length - replicas.length,
    fromMs: bounded.fromMs,
    ...{ endMs, operations, messages, spans, marks, bands, changes, moments },
    steps: chosen.steps,
    decisiveIndex: chosen.decisiveIndex,
    cone: [...chosen.cone].sort((a, b) => a - b),
    leftOutCount: bounded.leftOutCount,
    isTraced: source.trace !== undefined,
  };
}

/** When trouble begins; the end of the run where there is none. */
function firstStrikeMs({ strikes, endMs }: StorySource): number {
  return Math.min(endMs, ...strikes.map(({ atMs }) => atMs));
}

/** What took nodes down that did it themselves: the trace has the fact, the run the cause. */
function withCauses(spans: readonly Span[], ends: readonly RunEnd[]): readonly Span[] {
  return spans.map((span) => {
    if (span.kind !== 'down') return span;
    const end = ends.find(
      ({ node, atMs }) => node === span.node && Math.abs(atMs - span.fromMs) < 0.01,
    );
    return end === undefined ? span : { ...span, reason: `${end.type}, ${clip(end.cause, 120)}` };
  });
}

/**
 * Of `names` at most `max`, in their order: those that matter to the story first, as far as there
 * is room.
 */
export function chooseLanes(
  names: readonly string[],
  matters: ReadonlySet<string>,
  max: number,
): readonly string[] {
  if (names.length <= max) return names;
  const ranked = [...names.filter((name) => matters.has(name)), ...names];
  const chosen = new Set([...new Set(ranked)].slice(0, max));
  return names.filter((name) => chosen.has(name));
}

/** Clients that did something. */
function busyClients(
  clients: readonly string[],
  operations: readonly Operation[],
): readonly string[] {
  const busy = new Set(operations.map(({ client }) => client));
  return clients.filter((client) => busy.has(client));
}

/** Everyone on the paths of the steps, and the clients of the contradiction. */
function namesThatMatter(
  steps: readonly Step[],
  messages: readonly Message[],
  operations: readonly Operation[],
): ReadonlySet<string> {
  const names = new Set(steps.map(({ node }) => node));
  for (const index of steps.flatMap(({ path }) => path)) {
    const message = messages[index];
    if (message !== undefined) names.add(message.from).add(message.to);
  }
  for (const { client, isKey } of operations) if (isKey) names.add(client);
  return names;
}
