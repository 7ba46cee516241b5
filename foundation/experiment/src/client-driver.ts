/**
 * The loop of a client: does the planned operations one after the other, and writes the history.
 *
 * It runs on any Host, so a history of the simulator and one of real processes come from the same
 * code. An operation that is not answered in time ends in `info`, and so does one of which its
 * client rejects with an operating error: it may have happened, or may yet. Its process begins no
 * more, and the client goes on under a new name (`c1`, `c1.2`, `c1.3`).
 */
import type { Host } from '@mangrove/host';
import type { HistoryEvent, Operation, Outcome, PlannedOperation } from './operation.ts';
import type { SubjectClient } from './subject.ts';

/** What a client needs to know. */
export interface ClientTask {
  readonly client: SubjectClient;
  /** Its own operations of the plan, in order of time, each with its place among all of them. */
  readonly operations: readonly (readonly [index: number, operation: PlannedOperation])[];
  /** After this time an operation is given up, in milliseconds. */
  readonly timeoutMs: number;
  /** The one clock of the run, in milliseconds from its start; no fault touches it. */
  readonly nowMs: () => number;
  /** Takes a line of the history. `index` is the operation's place in the plan. */
  readonly record: (event: HistoryEvent, index: number) => void;
}

/**
 * Does all operations of a client; resolves when the last one has ended or was given up. Rejects
 * where the client itself is broken.
 *
 * @param host what time is waited for on
 */
export async function driveClient(host: Host, task: ClientTask): Promise<void> {
  let life = 1;
  for (const [index, planned] of task.operations) {
    const waitMs = planned.atMs - task.nowMs();
    if (waitMs > 0) await host.timers.sleep(waitMs);
    const process = life === 1 ? planned.client : `${planned.client}.${life}`;
    const { f, key, value } = planned;
    const head = { process, f, ...keyOf(key) };
    const argument = value === undefined ? {} : { value };
    task.record({ atMs: task.nowMs(), type: 'invoke', ...head, ...argument }, index);
    const outcome = await withinTime(host, task, { f, ...keyOf(key), ...argument });
    const atMs = task.nowMs();
    if (outcome.type === 'ok') {
      const result = outcome.value === undefined ? argument : { value: outcome.value };
      task.record({ atMs, type: 'ok', ...head, ...result }, index);
    } else {
      const { type, error } = outcome;
      task.record({ atMs, type, ...head, ...argument, error }, index);
      if (type === 'info') life += 1;
    }
  }
}

/** The outcome of an operation, or `info` when its time is over. */
function withinTime(host: Host, task: ClientTask, operation: Operation): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const timer = host.timers.after(task.timeoutMs, () => {
      resolve({ type: 'info', error: `no answer within ${task.timeoutMs} ms` });
    });
    task.client.invoke(operation).then(
      (outcome) => {
        timer.cancel();
        resolve(outcome);
      },
      (error: unknown) => {
        timer.cancel();
        // An operating error (one with a code) that the client lets through says nothing of whether
        // the operation happened; anything else is a bug of the client.
        const isOperating = error instanceof Error && 'code' in error;
        if (isOperating) resolve({ type: 'info', error: error.message });
        else reject(error);
      },
    );
  });
}

function keyOf(key: string | undefined): { readonly key?: string } {
  return key === undefined ? {} : { key };
}
