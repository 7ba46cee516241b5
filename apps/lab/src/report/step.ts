/**
 * The steps of a story: at most nine moments that tell it, numbered in order of time.
 *
 * They are chosen by weight: the contradiction and what clients were told of it, new leaders,
 * crashes and cuts, commits. What lies on the causal path of the contradiction weighs more. What
 * does not fit is left out, never squeezed in.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';
import type { Anomaly, AnomalyClass, HistoryExplanation } from '../verdict.ts';
import { Causes } from './causal-path.ts';
import type { Band } from './fault-band.ts';
import type { Mark, Span } from './lifeline.ts';
import type { Message } from './message.ts';
import type { Operation } from './operation.ts';
import { clip, formatMs, toSentence } from './wording.ts';

/** The most steps of a story. */
export const MAX_STEPS = 9;

/** One step. */
export interface Step {
  readonly atMs: number;
  readonly node: string;
  /** A few words: `n5 leads term 3`. */
  readonly title: string;
  /** A sentence or two. */
  readonly text: string;
  /** It shows what is wrong. */
  readonly isWrong: boolean;
  /** The messages that led to it, as positions in the story's messages. */
  readonly path: readonly number[];
}

/** What steps are chosen from. */
export interface StepSource {
  readonly trace: RunTrace;
  readonly messages: readonly Message[];
  readonly operations: readonly Operation[];
  readonly bands: readonly Band[];
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
  readonly anomalies: readonly Anomaly[];
  readonly explanation: HistoryExplanation | undefined;
}

/** The steps, which of them is the decisive one, and the messages that may have mattered. */
export interface ChosenSteps {
  readonly steps: readonly Step[];
  /** From 0; -1 where there are no steps. */
  readonly decisiveIndex: number;
  readonly cone: ReadonlySet<number>;
}

/** A moment that could be a step. */
interface Candidate extends Omit<Step, 'path'> {
  readonly weight: number;
  /** Its record in the trace; -1 where there is none. */
  readonly recordIndex: number;
}

/** Chooses at most `MAX_STEPS` moments. */
export function chooseSteps(source: StepSource): ChosenSteps {
  const causes = new Causes(source.trace, source.messages);
  const candidates = [
    ...wrongCandidates(source),
    ...operationCandidates(source),
    ...lifelineCandidates(source),
    ...bandCandidates(source.bands),
    ...commitCandidates(source),
  ];
  const relevant = pathNodes(candidates, causes, source.messages);
  const weighed = candidates
    .map((each) => ({ ...each, weight: each.weight + (relevant.has(each.node) ? 5 : 0) }))
    .sort((a, b) => b.weight - a.weight || a.atMs - b.atMs);
  const chosen: Candidate[] = [];
  for (const each of weighed) {
    if (chosen.length === MAX_STEPS) break;
    if (!chosen.some((other) => isSameMoment(other, each))) chosen.push(each);
  }
  chosen.sort((a, b) => a.atMs - b.atMs || a.recordIndex - b.recordIndex);
  const steps = chosen.map(({ weight: _weight, recordIndex, ...step }) => ({
    ...step,
    path: recordIndex === -1 ? [] : causes.pathTo(recordIndex),
  }));
  const wrong = steps.findIndex(({ isWrong }) => isWrong);
  const roots = chosen.map(({ recordIndex }) => recordIndex);
  return {
    steps,
    decisiveIndex: wrong === -1 ? steps.length - 1 : wrong,
    cone: causes.coneOf(roots),
  };
}

/** Two candidates on one lifeline at about the same time are one moment. */
function isSameMoment(a: Candidate, b: Candidate): boolean {
  return a.node === b.node && Math.abs(a.atMs - b.atMs) < 0.05;
}

/** What the judges found, where it is not an operation of a client. */
function wrongCandidates(source: StepSource): readonly Candidate[] {
  const { anomalies, trace, operations } = source;
  const isShown = operations.some(({ isContradiction }) => isContradiction);
  const shown = isShown ? explainedAnomaly(source) : undefined;
  return anomalies.slice(0, 2).flatMap((anomaly): readonly Candidate[] => {
    const { atMs, sentence } = anomaly;
    if (atMs === undefined || anomaly === shown) return [];
    const recordIndex = lastBefore(trace.records, atMs, anomaly.node);
    const node = anomaly.node ?? trace.records[recordIndex]?.node ?? trace.replicas[0] ?? '';
    const title = WRONG_TITLES[anomaly.class].replace('NODE', node);
    const text = toSentence(sentence);
    return [{ atMs, node, title, text, isWrong: true, weight: 100, recordIndex }];
  });
}

/** The anomaly that the explanation is of: both are the first of their class. */
function explainedAnomaly({ anomalies, explanation }: StepSource): Anomaly | undefined {
  return anomalies.find((anomaly) => anomaly.class === explanation?.class);
}

/** Why the answer that shows the contradiction cannot be. */
function whyWrong(source: StepSource): string {
  const { explanation } = source;
  if (explanation?.class !== 'promise') return 'No order of the operations explains all answers.';
  const sentence = explainedAnomaly(source)?.sentence ?? `broken: ${explanation.check}`;
  return toSentence(clip(sentence, MAX_REASON));
}

/** How much of a judge's sentence stands in a step, in characters. */
const MAX_REASON = 240;

/** What a step is called that shows an anomaly. */
const WRONG_TITLES: Readonly<Record<AnomalyClass, string>> = {
  linearizability: 'The contradiction shows',
  promise: 'A broken promise shows',
  invariant: 'An invariant breaks',
  'broken-node': 'NODE stops itself',
  'refused-node': 'NODE refuses to start',
  stuck: 'NODE sees no progress',
  slo: 'An objective is missed',
};

/** Beginnings and ends of the operations of the contradiction. */
function operationCandidates(source: StepSource): readonly Candidate[] {
  return source.operations
    .filter(({ isKey }) => isKey)
    .flatMap((operation): readonly Candidate[] => {
      const { client, label, result, outcome, startMs, endMs, isContradiction } = operation;
      const { begin: beginWeight, end: endWeight } = weightsOf(operation);
      const head = { node: client, isWrong: false };
      const begin: Candidate = {
        ...head,
        atMs: startMs,
        title: clip(`${client} asks: ${label}`, 32),
        text: toSentence(`${client} begins ${label}`),
        weight: beginWeight,
        recordIndex: operation.startIndex,
      };
      if (outcome === 'info') return [begin];
      const took = `${formatMs(endMs - startMs)} after it asked`;
      const told = result === 'ok' ? `${label} is confirmed` : `${label} returns ${result}`;
      const wrong = isContradiction ? ` ${whyWrong(source)}` : '';
      const end: Candidate = {
        ...head,
        atMs: endMs,
        title: clip(result === 'ok' ? `${client} is told ok` : `${client} gets ${result}`, 32),
        text: `${toSentence(`${told} to ${client}, ${took}`)}${wrong}`,
        isWrong: isContradiction,
        weight: endWeight,
        recordIndex: operation.endIndex,
      };
      return [begin, end];
    });
}

/**
 * What the contradiction and its witness weigh beside crashes and cuts (56 to 66); the rest of a
 * long explanation weighs less, or it would leave no room for what went wrong.
 */
function weightsOf({ isContradiction, isWitness }: Operation) {
  if (isContradiction) return { begin: 50, end: 110 };
  return isWitness ? { begin: 68, end: 90 } : { begin: 40, end: 46 };
}

/** New leaders, crashes and returns. */
function lifelineCandidates({ spans, trace }: StepSource): readonly Candidate[] {
  return spans.flatMap((span, index): readonly Candidate[] => {
    const last = spans[index - 1];
    const before = last?.node === span.node ? last : undefined;
    const candidate = spanCandidate(span, before);
    if (candidate === undefined) return [];
    const { recordType, ...rest } = candidate;
    const { node, fromMs } = span;
    const recordIndex = lastBefore(trace.records, fromMs, node, recordType);
    return [{ ...rest, node, atMs: fromMs, isWrong: false, recordIndex }];
  });
}

/** What the beginning of a span tells, if anything, and the kind of record that says so. */
function spanCandidate({ node, kind, term, reason }: Span, before: Span | undefined) {
  if (kind === 'leader') {
    const title = `${node} leads${term === undefined ? '' : ` term ${term}`}`;
    const text = toSentence(
      `${node} becomes leader${term === undefined ? '' : ` of term ${term}`}`,
    );
    return { title, text, weight: 62, recordType: 'state' } as const;
  }
  if (kind === 'down') {
    const verb = /crash|power|kill/.test(reason ?? 'crash') ? 'crashes' : 'stops';
    const text = toSentence(`${node} goes down: ${reason ?? 'it stopped'}`);
    const weight = before?.kind === 'leader' ? 66 : 56;
    return { title: `${node} ${verb}`, text, weight, recordType: 'down' } as const;
  }
  if (before?.kind !== 'down') return undefined;
  const text = toSentence(`${node} starts again with what its disk holds`);
  return { title: `${node} is back`, text, weight: 44, recordType: 'start' } as const;
}

/** Cuts, and other faults that a band shows. */
function bandCandidates(bands: readonly Band[]): readonly Candidate[] {
  return bands
    .filter(({ isDrawn, nodes }) => isDrawn && nodes.length > 0)
    .flatMap(({ nodes, type, label, fromMs, untilMs, number }): readonly Candidate[] => {
      const node = nodes[0] ?? '';
      const lasting = untilMs > fromMs ? `, for ${formatMs(untilMs - fromMs)}` : '';
      const text = toSentence(`fault F${number}: ${label}${lasting}`);
      const head = { node, isWrong: false, recordIndex: -1 };
      const weight = type === 'cut' ? 58 : 34;
      return [{ ...head, atMs: fromMs, title: clip(label, 44), text, weight }];
    });
}

/**
 * Commits: the first of each leader, and above all the one that let a client of the contradiction
 * be told `ok`. Also the first event in which something stored is replaced or dropped.
 */
function commitCandidates(source: StepSource): readonly Candidate[] {
  const { marks, spans, trace } = source;
  const decisive = new Set(decisiveCommits(source));
  const leaders = spans.filter(({ kind }) => kind === 'leader');
  const firsts = new Set(
    leaders.map(({ node, fromMs, untilMs }) =>
      marks.find(
        (mark) =>
          mark.node === node &&
          mark.kind === 'committed' &&
          mark.atMs >= fromMs &&
          mark.atMs <= untilMs,
      ),
    ),
  );
  const losses = marks.filter(({ text }) => /replace|overwr|truncat|discard|conflict/i.test(text));
  const chosen = [...new Set([...decisive, ...firsts, ...losses.slice(0, 1)])];
  return chosen.flatMap((mark): readonly Candidate[] => {
    if (mark === undefined) return [];
    const { node, term, atMs, kind } = mark;
    const inTerm = term === undefined ? '' : ` in term ${term}`;
    const title =
      kind === 'committed' ? `${node} commits${inTerm}` : clip(`${node}: ${mark.text}`, 32);
    const text = toSentence(`${node}: ${mark.text}`);
    const weight = decisive.has(mark) ? 80 : kind === 'committed' ? 54 : 60;
    const recordIndex = lastBefore(trace.records, atMs, node);
    return [{ node, atMs, isWrong: false, title, text, weight, recordIndex }];
  });
}

/** The last commit before each confirmation of the contradiction, on the node that confirmed it. */
function decisiveCommits({ operations, marks, messages }: StepSource): readonly Mark[] {
  const confirmed = operations.filter(
    ({ isKey, outcome, isContradiction }) => isKey && outcome === 'ok' && !isContradiction,
  );
  return confirmed.flatMap(({ client, endMs, startMs }) => {
    const answer = messages.findLast(
      (each) => each.to === client && each.fate === 'delivered' && each.endMs <= endMs + 1e-6,
    );
    const commit = marks.findLast(
      ({ node, kind, atMs }) =>
        node === answer?.from && kind === 'committed' && atMs <= endMs && atMs >= startMs,
    );
    return commit === undefined ? [] : [commit];
  });
}

/** The nodes on the causal paths of what is wrong. */
function pathNodes(
  candidates: readonly Candidate[],
  causes: Causes,
  messages: readonly Message[],
): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const { isWrong, recordIndex } of candidates) {
    if (!isWrong || recordIndex === -1) continue;
    for (const index of causes.pathTo(recordIndex)) {
      const message = messages[index];
      if (message !== undefined) nodes.add(message.from).add(message.to);
    }
  }
  return nodes;
}

/** The last record of `node` (and `type`) that is not after `atMs`; -1 where there is none. */
function lastBefore(
  records: readonly TraceRecord[],
  atMs: number,
  node: string | undefined,
  type?: TraceRecord['type'],
): number {
  return records.findLastIndex(
    (record) =>
      record.atMs <= atMs + 1e-6 &&
      (node === undefined || record.node === node) &&
      (type === undefined || record.type === type),
  );
}
