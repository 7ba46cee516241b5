/**
 * A whole report for tests: a found run of several hundred operations, the shrunk run of
 * `figure-eight`, a planted bug, and how it was hunted. Made up, not recorded.
 */
import type { HistoryEvent } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import type {
  ExperimentReport,
  Inevitability,
  PlanSize,
  RunEvidence,
  ShrinkStep,
} from '../src/run-report.ts';
import type { CheckResult } from '../src/verdict.ts';
import { busyPlan } from './busy-story.ts';
import { figureEightReport, figureEightRun, strikesAsPlanned } from './figure-eight.ts';

/** The report of a run with about `operationCount` operations. */
export function fullReport(operationCount = 433): ExperimentReport {
  const report = figureEightReport();
  return {
    ...report,
    found: foundRun(operationCount),
    shrinkSteps: shrinkSteps(),
    inevitability: INEVITABILITY,
    planted: {
      bug: {
        name: 'old-term-commit',
        file: 'systems/raft/src/core/commit.ts',
        find: '&& log.termAt(index) === currentTerm',
        replace: '',
        breaks: 'a leader commits an entry of an older term as soon as a majority has it',
        source: 'Raft 5.4.2 and figure 8',
        experiment: 'raft/leader-crash-during-append',
        seedBudget: 200,
      },
      lineNumber: 41,
      cleanLines: [
        'for (let index = lastIndex; index > commitIndex; index -= 1) {',
        '  if (copiesOf(index) >= majority && log.termAt(index) === currentTerm) {',
        '    return index;',
        '  }',
      ],
      plantedLines: [
        'for (let index = lastIndex; index > commitIndex; index -= 1) {',
        '  if (copiesOf(index) >= majority) {',
        '    return index;',
        '  }',
      ],
      rule: {
        ...{ number: 'R17', file: 'systems/raft/DESIGN.md' },
        text: 'Only entries of the current term are committed by counting replicas. Raft 5.4.2.',
      },
      cleanAnswer: 'valid',
    },
    hunt: {
      ...{ firstSeed: 1, seedCount: 96, workerCount: 2, elapsedMs: 2900, simulatedMs: 1_152_000 },
      ...{
        eventCount: 812_000,
        eventCountMin: 5200,
        failureCount: 3,
        unknownCount: 0,
        unknowns: [],
      },
      failures: [
        {
          seed: 7,
          anomaly: 'linearizability',
          name: 'stale-read',
          sentence: 'x=2 was lost',
          afterMs: 412,
        },
        {
          seed: 31,
          anomaly: 'linearizability',
          name: 'stale-read',
          sentence: 'x=9 was lost',
          afterMs: 1490,
        },
      ],
      counts: { crashes: 1400, cuts: 800 },
      marks: { 'Elections won': 5210, 'Snapshots installed': 0 },
    },
  };
}

/** One that was met, and one that was not. */
const SERVICE_LEVELS = [
  {
    slo: { type: 'availability', phase: 'during', percentMin: 90 },
    ...{ measured: 94.1, count: 186, isMet: true },
  },
  {
    slo: { type: 'latency', phase: 'during', percentile: 99, msMax: 500 },
    ...{ measured: 843, count: 175, isMet: false },
  },
] as const;

/** The later, the surer: chance is out of it when the second leader is elected. */
const INEVITABILITY: Inevitability = {
  anomaly: 'linearizability',
  points: [
    { atMs: 0, runCount: 20, failureCount: 1 },
    { atMs: 412, runCount: 20, failureCount: 3 },
    { atMs: 825, runCount: 20, failureCount: 9 },
    { atMs: 982, runCount: 20, failureCount: 20 },
    { atMs: 1440, runCount: 20, failureCount: 20 },
  ],
  inevitableMs: 982,
};

/** A run of 12 s in which every fault makes operations slow, and some of them unknown. */
function foundRun(operationCount: number): RunEvidence {
  const endMs = 12_000;
  const cuts = busyPlan(endMs).faults.filter((fault) => fault.type === 'cut');
  const faults = [
    ...cuts,
    {
      ...{ type: 'crash' as const, node: toNodeId('n2'), disk: 'unsynced-lost' as const },
      ...{ atMs: 6300, untilMs: 7100 },
    },
  ];
  const plan = { ...busyPlan(endMs), faults, activeMs: 11_000, quietMs: 1000 };
  const { verdict } = figureEightRun();
  const [check, ...rest] = verdict.checks;
  const anomaly = { class: 'linearizability' as const, sentence: 'no order fits', atMs: 8290 };
  const missed = { class: 'slo' as const, sentence: 'p99 during the faults was 843 ms' };
  return {
    ...figureEightRun(),
    plan,
    strikes: strikesAsPlanned(plan),
    history: history(operationCount, endMs, faults),
    endMs,
    verdict: {
      ...verdict,
      checks: [
        { check: check!.check, answer: 'invalid', anomalies: [anomaly] },
        ...rest,
        ...SERVICE_LEVELS.map(({ isMet, ...slo }): CheckResult => {
          const told = { check: slo.slo.type, slo };
          return isMet
            ? { ...told, answer: 'valid', anomalies: [] }
            : { ...told, answer: 'invalid', anomalies: [missed] };
        }),
      ],
    },
    counts: { 'messages sent': 8211, 'messages lost': 402, crashes: 1, elections: 12 },
  };
}

function history(
  count: number,
  endMs: number,
  faults: readonly { readonly atMs: number; readonly untilMs: number }[],
): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    const atMs = Math.round((index / count) * endMs * 0.97);
    const isHurt = faults.some((fault) => atMs >= fault.atMs && atMs <= fault.untilMs);
    const tookMs = 20 + ((index * 7919) % 61) + (isHurt ? 90 + ((index * 31) % 700) : 0);
    const isUnknown = isHurt && index % 9 === 0;
    const head = { process: `c${1 + (index % 3)}.${index}`, f: 'write', key: 'x', value: index };
    events.push({ ...head, atMs, type: 'invoke' });
    const end = isUnknown ? { type: 'info' as const, error: 'timeout' } : { type: 'ok' as const };
    events.push({ ...head, atMs: atMs + (isUnknown ? 1000 : tookMs), ...end });
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

function shrinkSteps(): readonly ShrinkStep[] {
  const size: PlanSize = {
    ...{ replicaCount: 5, clientCount: 3, faultCount: 6, operationCount: 433, choiceCount: 0 },
    activeMs: 11_000,
  };
  let current = size;
  return Array.from({ length: 40 }, (_, index) => {
    const isKept = index % 3 === 0;
    const operationCount = Math.max(2, Math.floor(current.operationCount * 0.7));
    if (isKept)
      current = { ...current, operationCount, faultCount: Math.max(3, current.faultCount - 1) };
    return {
      run: 3 * (index + 1),
      what: 'operations',
      isKept,
      size: current,
      elapsedMs: (index + 1) * 65,
    };
  });
}
