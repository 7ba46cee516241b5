/**
 * Figures of the lab in words.
 */
import type { Plan } from '@mangrove/experiment';
import type {
  HuntFigures,
  Inevitability,
  InevitabilityPoint,
  PlanSize,
  RunEvidence,
  Verdict,
} from '@mangrove/lab';
import { whyNotInjectable } from '@mangrove/lab/node';

/** `312 seeds in 4.5 s (69 a second), 39 min simulated, 1.21 M events, 2 failures`. */
export function huntWords(figures: HuntFigures): string {
  const { seedCount, elapsedMs, simulatedMs, eventCount, failureCount, unknownCount } = figures;
  const rate = elapsedMs > 0 ? Math.round((1000 * seedCount) / elapsedMs) : 0;
  const unknown = unknownCount === 0 ? '' : `, ${unknownCount} not known`;
  return (
    `${counted(seedCount, 'seed')} in ${seconds(elapsedMs)} (${rate} a second), ` +
    `${duration(simulatedMs)} simulated, ${formatCount(eventCount)} events, ` +
    `${counted(failureCount, 'failure')}${unknown}`
  );
}

/** The same while it runs, with the marks of the protocol that any run has reached so far. */
export function liveHuntWords(figures: HuntFigures): string {
  const marks = markWords(figures);
  return marks === '' ? huntWords(figures) : `${huntWords(figures)}, ${marks}`;
}

/** `21 of 24 marks`; empty where nodes count nothing. */
export function markWords({ marks }: HuntFigures): string {
  const counts = Object.values(marks);
  if (counts.length === 0) return '';
  return `${counts.filter((count) => count > 0).length} of ${counts.length} marks`;
}

/** What the runs of a hunt did with the system, and which marks none of them reached. */
export function testedLines(figures: HuntFigures): readonly string[] {
  const { counts, marks, eventCountMin } = figures;
  const faults = Object.entries(counts).filter(([name]) => name.startsWith('fault '));
  const struck = faults.reduce((sum, [, count]) => sum + count, 0);
  const hurt = counts['operations during a fault'] ?? 0;
  const lost = counts['bytes lost at power failure'] ?? 0;
  const tested =
    `tested: ${formatCount(struck)} faults of ${faults.length} kinds, ${formatCount(hurt)} ` +
    `operations during one, ${formatCount(lost)} bytes lost at power failures, ` +
    `${counted(eventCountMin, 'event')} in the shortest run`;
  const entries = Object.entries(marks);
  if (entries.length === 0) return [tested];
  const reached = entries.filter(([, count]) => count > 0);
  const said = reached.map(([mark, count]) => `${toLower(mark)} ${formatCount(count)}`);
  const missed = entries.filter(([, count]) => count === 0).map(([mark]) => toLower(mark));
  return [
    tested,
    `marks: ${said.join(', ')}`,
    ...(missed.length === 0 ? [] : [`never reached: ${missed.join(', ')}`]),
  ];
}

function toLower(mark: string): string {
  return mark.slice(0, 1).toLowerCase() + mark.slice(1);
}

/** Each moment with the share of failures from then on, and a bar. */
export function inevitabilityLines(inevitability: Inevitability): readonly string[] {
  const { points, inevitableMs } = inevitability;
  const certain = inevitableMs === undefined ? 'never' : `from ${inevitableMs.toFixed(1)} ms on`;
  return [
    'How likely it was, were all left to chance from then on:',
    ...points.map(({ atMs, runCount, failureCount }) => {
      const share = failureCount / Math.max(1, runCount);
      const percent = `${Math.round(100 * share)} %`.padStart(5);
      const bar = '#'.repeat(Math.round(20 * share)).padEnd(20);
      return `  ${atMs.toFixed(1).padStart(8)} ms ${percent} ${bar} ${failureCount} of ${runCount}`;
    }),
    `inevitable: ${certain}`,
  ];
}

/** What is known of it so far, in a line. */
export function inevitabilityWords(points: readonly InevitabilityPoint[]): string {
  const runs = points.reduce((sum, { runCount }) => sum + runCount, 0);
  return `asks when it became inevitable: ${counted(runs, 'run')} from ${points.length} moments`;
}

/** `3 replicas, 2 clients, 1 fault, 4 operations`. */
export function sizeWords(size: PlanSize): string {
  return [
    counted(size.replicaCount, 'replica'),
    counted(size.clientCount, 'client'),
    counted(size.faultCount, 'fault'),
    counted(size.operationCount, 'operation'),
  ].join(', ');
}

/** The command that runs a seed of an experiment in the simulator, which can inject every fault. */
export function simCommand(experiment: string, seed: number): string {
  return `npx mangrove lab run ${experiment} --world sim --seed ${seed}`;
}

/** What a run came to: one line on the run, one for each thing that is wrong or not known. */
export function evidenceLines(evidence: RunEvidence): readonly string[] {
  const { verdict, history, endMs, world, ends, notInjected, plan } = evidence;
  const begun = history.filter(({ type }) => type === 'invoke').length;
  const ok = history.filter(({ type }) => type === 'ok').length;
  const time = world === 'sim' ? `${seconds(endMs)} of virtual time` : seconds(endMs);
  return [
    `${answerWord(verdict)}: ${begun} operations, ${ok} of them ok, in ${time}`,
    ...reasonsOf(verdict),
    ...unknownLines(verdict),
    ...serviceLevelLines(verdict),
    ...ends.map(
      ({ node, atMs, type, cause }) => `${node} ${type} at ${atMs.toFixed(0)} ms: ${cause}`,
    ),
    ...(notInjected.length === 0
      ? []
      : [`not injected, since this world cannot: ${notInjected.join('; ')}`]),
    ...(world === 'sim' ? [] : whyLines(plan)),
  ];
}

/** What is not known of a run that is invalid: a fault that did not strike, for one. */
function unknownLines({ answer: verdict, checks }: Verdict): readonly string[] {
  if (verdict !== 'invalid') return [];
  return checks
    .filter(({ answer }) => answer === 'unknown')
    .flatMap(({ anomalies }) => anomalies.map(({ sentence }) => `not known: ${sentence}`));
}

/** Why processes were not given some faults of the plan: each reason once. */
function whyLines({ faults }: Plan): readonly string[] {
  const reasons = new Set(faults.flatMap((fault) => whyNotInjectable(fault) ?? []));
  return [...reasons].map((why) => `  why not: ${why}`);
}

/** The objectives that held, with what was measured; the others are told as reasons. */
function serviceLevelLines({ checks }: Verdict): readonly string[] {
  return checks.flatMap(({ check, answer, slo }) => {
    if (slo?.measured === undefined || answer !== 'valid') return [];
    const unit = slo.slo.type === 'availability' ? '%' : 'ms';
    return [`held: ${check}: ${Math.round(slo.measured * 10) / 10} ${unit} of ${slo.count}`];
  });
}

/** `valid`, `INVALID (linearizability)` or `UNKNOWN`. */
export function answerWord({ answer, anomaly }: Verdict): string {
  if (answer === 'valid') return 'valid';
  return anomaly === undefined ? answer.toUpperCase() : `${answer.toUpperCase()} (${anomaly})`;
}

/**
 * Why a verdict is not valid, a sentence each; empty where it is. Of an invalid run it is what
 * broke: what is not known beside that would hide it.
 */
export function reasonsOf({ answer: verdict, checks }: Verdict): readonly string[] {
  return checks
    .filter(({ answer }) => answer !== 'valid' && answer === verdict)
    .flatMap(({ anomalies, explanation }) => {
      const sentences = anomalies.map(({ sentence }) => sentence);
      const isSaid = (each: string) => sentences.some((sentence) => sentence.includes(each));
      const argument = explanation?.sentences.filter((each) => !isSaid(each)) ?? [];
      return [...sentences, ...argument.map((sentence) => `  ${sentence}`)];
    });
}

/** `1 seed`, `2 seeds`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Whole up to 99,999, then in thousands and millions with three digits. */
export function formatCount(count: number): string {
  if (count < 100_000) return String(count);
  return count < 999_500 ? `${(count / 1e3).toFixed(0)} k` : `${(count / 1e6).toPrecision(3)} M`;
}

/** `0.4 s`, `12 s`. */
export function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 1000).toFixed(0)} s`;
}

/** `40 s`, `39 min`, `5.2 h`. */
function duration(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
