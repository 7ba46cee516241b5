/**
 * A client: reads and writes the register at a majority of the replicas.
 *
 * Source: Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing Systems" (1995);
 * with many writers, Lynch and Shvartsman (1997).
 */
import type { SubjectClient, Topology } from '@mangrove/experiment';
import type { Host, NodeId } from '@mangrove/host';
import { decode, encode, type Message, type Stored } from './message.ts';

/** How long a client waits before it asks again those who have not answered, in milliseconds. */
const PATIENCE_MS = 40;

/** Opens a client of the register. */
export async function openClient(host: Host, { replicas }: Topology): Promise<SubjectClient> {
  const waiting = new Map<number, (from: NodeId, stored: Stored) => void>();
  let requestCount = 0;
  // The count of its own last tag: a write that was given up must not share its tag with the next.
  let ownCount = 0;
  for (const { node, address } of replicas) host.messages.addPeer(node, address);
  host.messages.onMessage(({ from, bytes }) => {
    const { id, stored } = decode<Message>(bytes);
    if (stored !== undefined) waiting.get(id)?.(from, stored);
  });

  /** Asks all until a majority has answered; resolves to the newest that they have. */
  const askMajority = (toKeep?: Stored) =>
    new Promise<Stored>((resolve) => {
      const id = ++requestCount;
      const request = encode(toKeep === undefined ? { id } : { id, stored: toKeep });
      const answers = new Map<NodeId, Stored>();
      const ask = () => {
        if (!waiting.has(id)) return;
        for (const { node } of replicas) if (!answers.has(node)) host.messages.send(node, request);
        host.timers.after(PATIENCE_MS, ask);
      };
      waiting.set(id, (from, stored) => {
        answers.set(from, stored);
        if (answers.size <= replicas.length / 2) return;
        waiting.delete(id);
        resolve([...answers.values()].reduce((a, b) => (b.tag > a.tag ? b : a)));
      });
      ask();
    });

  return {
    async invoke({ f, value }) {
      const newest = await askMajority();
      if (f === 'write') {
        ownCount = Math.max(ownCount, Number(newest.tag.split('-')[0])) + 1;
        const tag = `${String(ownCount).padStart(9, '0')}-${host.node}`;
        await askMajority({ tag, value: Number(value) });
        return { type: 'ok' };
      }
      // Who reads next must see no older value, so this one has to be at a majority first.
      await askMajority(newest);
      return { type: 'ok', value: newest.value };
    },
  };
}
