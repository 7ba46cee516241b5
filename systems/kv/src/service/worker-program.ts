/**
 * What runs in the worker thread: does what it is ordered with its members, and answers.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { type MemberGroup, type MemberGroupOptions, startMembers } from './member-group.ts';

/** What the thread is told. */
export type WorkerOrder =
  | { readonly type: 'start'; readonly options: MemberGroupOptions }
  | { readonly type: 'kill' | 'restart'; readonly nth: number }
  | { readonly type: 'close' };

/** What it answers. */
export type WorkerAnswer =
  | { readonly type: 'done'; readonly endpoints: readonly string[] }
  | { readonly type: 'failed'; readonly error: unknown };

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  let group: MemberGroup | undefined;
  const follow = async (order: WorkerOrder) => {
    if (order.type === 'start') group = await startMembers(order.options);
    else if (order.type === 'close') await group?.close();
    else if (order.type === 'kill') await group?.kill(order.nth);
    else await group?.restart(order.nth);
  };
  const answer = (given: WorkerAnswer) => port.postMessage(given);
  port.on('message', (order: WorkerOrder) => {
    follow(order).then(
      () => answer({ type: 'done', endpoints: group?.endpoints ?? [] }),
      (error: unknown) => answer({ type: 'failed', error }),
    );
  });
}
