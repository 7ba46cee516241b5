/**
 * Members in a worker thread, as whoever started it sees them.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { MemberGroupOptions } from './member-group.ts';
import type { LocalMembers } from './start-kv.ts';
import type { WorkerAnswer, WorkerOrder } from './worker-program.ts';

/** Starts members in a thread. Rejects where one cannot start; then the thread is gone. */
export async function startWorker(options: MemberGroupOptions): Promise<LocalMembers> {
  const worker = new Worker(new URL('./worker-program.ts', import.meta.url));
  const members = new WorkerMembers(worker);
  try {
    const endpoints = await members.order({ type: 'start', options });
    return {
      endpoints,
      kill: async (nth) => void (await members.order({ type: 'kill', nth })),
      restart: async (nth) => void (await members.order({ type: 'restart', nth })),
      close: () => members.close(),
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/** One order at a time to the thread. */
class WorkerMembers {
  private readonly worker: Worker;
  private last: Promise<unknown> = Promise.resolve();
  private failure: Error | undefined;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.once('error', (error: Error) => {
      this.failure = error;
    });
  }

  /** Resolves to where the members are; rejects with what went wrong in the thread. */
  order(order: WorkerOrder): Promise<readonly string[]> {
    const answer = this.last.then(() => this.send(order));
    this.last = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    await this.order({ type: 'close' });
    await this.worker.terminate();
  }

  private async send(order: WorkerOrder): Promise<readonly string[]> {
    if (this.failure !== undefined) throw this.failure;
    const answered = once(this.worker, 'message');
    this.worker.postMessage(order);
    // An error of the thread rejects `once` too.
    const [answer] = (await answered) as [WorkerAnswer];
    if (answer.type === 'failed') throw answer.error;
    return answer.endpoints;
  }
}
