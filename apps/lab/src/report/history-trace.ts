/**
 * A trace of a run that nobody traced, as of real processes: what clients did, and what the lab did
 * to nodes. No node tells anything in it, and there are no messages.
 */
import type { HistoryEvent, RunTrace, TraceRecord } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import type { RunEvidence } from '../run-report.ts';
import { clientOf } from './operation.ts';

/** What is known without a trace. */
export type UntracedRun = Pick<RunEvidence, 'plan' | 'history' | 'strikes' | 'endMs'> & {
  readonly ends?: RunEvidence['ends'];
};

/** A record without its cause: nobody knows causes here. */
type Known = TraceRecord extends infer Each
  ? Each extends TraceRecord
    ? Omit<Each, 'cause'>
    : never
  : never;

/** The records that history, faults and ends of nodes make, in order of time. */
export function traceOfHistory(run: UntracedRun): RunTrace {
  const { replicas, clients } = run.plan;
  const known = [...operationRecords(run.history), ...faultRecords(run), ...endRecords(run)];
  const records = known
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((record) => ({ ...record, cause: -1 }) as TraceRecord);
  return { format: 'mangrove-trace/1', replicas, clients, records, isCut: false };
}

function operationRecords(history: readonly HistoryEvent[]): readonly Known[] {
  const open = new Map<string, number>();
  return history.flatMap(({ type, process, atMs }, index): readonly Known[] => {
    const node = toNodeId(clientOf(process));
    if (type === 'invoke') {
      open.set(process, index);
      return [{ type, atMs, node, process, operation: index }];
    }
    const operation = open.get(process);
    open.delete(process);
    return operation === undefined
      ? []
      : [{ type: 'return', atMs, node, operation, outcome: type }];
  });
}

/** Faults that take a node down, or stop it for a while; bands show the others. */
function faultRecords({ plan, strikes, endMs }: UntracedRun): readonly Known[] {
  const lives = new Map<NodeId, number>();
  return strikes
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap(({ fault: place, atMs, untilMs }): readonly Known[] => {
      const fault = plan.faults[place];
      if (fault?.type === 'pause') {
        const { node } = fault;
        const resume = untilMs < endMs ? [{ type: 'resume' as const, atMs: untilMs, node }] : [];
        return [{ type: 'pause', atMs, node }, ...resume];
      }
      if (fault?.type !== 'crash' && fault?.type !== 'crash-at') return [];
      const { node } = fault;
      const incarnation = (lives.get(node) ?? 1) + 1;
      lives.set(node, incarnation);
      const start = { type: 'start' as const, atMs: untilMs, node, incarnation, version: 1 };
      const down = { type: 'down' as const, atMs, node, reason: 'killed', lostBytes: 0 };
      return untilMs < endMs ? [down, start] : [down];
    });
}

/** Nodes that ended by themselves. */
function endRecords({ ends = [] }: UntracedRun): readonly Known[] {
  return ends
    .filter(({ type }) => type !== 'refused')
    .map(({ node, atMs, type }) => ({ type: 'down', atMs, node, reason: type, lostBytes: 0 }));
}
