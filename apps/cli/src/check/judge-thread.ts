/**
 * The thread in which a history is judged, so that a signal ends a judgement that takes long.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from '@mangrove/check';
import { type Judgement, judgeText, type Question } from './judgement.ts';

/** What the thread is given. */
export interface JudgeTask {
  /** UTF-8. */
  readonly bytes: Uint8Array;
  readonly question: Question;
}

/** What the thread tells. */
export type JudgeMessage =
  /** It is loaded; from now on the time counts. */
  | { readonly type: 'begins' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'done'; readonly judgement: Judgement }
  /** It is no history, or not one of what was asked about. */
  | { readonly type: 'refused'; readonly sentence: string };

/** At most so often progress is told. */
const PROGRESS_MS = 100;

const REFUSALS: readonly string[] = ['HistoryFault', 'InvalidArgument'];

function run({ bytes, question }: JudgeTask): void {
  let toldMs = 0;
  tell({ type: 'begins' });
  const nowMs = () => performance.now();
  try {
    const text = new TextDecoder().decode(bytes);
    const judgement = judgeText(text, question, nowMs, (progress) => {
      if (nowMs() - toldMs < PROGRESS_MS) return;
      toldMs = nowMs();
      tell({ type: 'progress', progress });
    });
    tell({ type: 'done', judgement });
  } catch (error) {
    if (!(error instanceof Error) || !REFUSALS.includes(error.name)) throw error;
    tell({ type: 'refused', sentence: error.message });
  }
}

function tell(message: JudgeMessage): void {
  parentPort?.postMessage(message);
}

run(workerData as JudgeTask);
