/**
 * The sample that the golden files of the format hold: every kind of group, in two segments.
 *
 * `node foundation/journal/test/write-sample.ts DIRECTORY` writes it anew, for a new format; the
 * files of a released format are never written again.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@mangrove/host';
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { openSharedJournal } from '@mangrove/journal';

/** Writes the sample into `golden` of the Host's disk. */
export async function writeSample(host: Host): Promise<void> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const journal = await openSharedJournal(host, { directory: 'golden', segmentBytes: 4096 });
  const orders = await journal.createLog('orders', 1);
  const votes = await journal.createLog('votes', 10);
  const gone = await journal.createLog('gone', 0);
  await Promise.all([
    orders.append([encode('first'), encode('second'), encode('third')]),
    votes.append([encode('ballot')]),
    gone.append([encode('nothing')]),
  ]);
  await journal.removeLog('gone');
  await orders.truncateSuffix(3);
  await orders.append([encode('THIRD'), encode('y'.repeat(5000))]);
  await votes.reset(20, encode('empty again'));
  await orders.setMetadata(encode('snapshot 1'));
  await votes.setReserved(encode('term 4 for n2'));
  await orders.truncatePrefix(2);
  await orders.append([encode('fifth')]);
  await journal.close();
}

if (process.argv[1] === import.meta.filename) {
  const target = process.argv[2] ?? '';
  const dataDirectory = await mkdtemp(join(tmpdir(), 'mangrove-sample-'));
  const host = await createProcessHost({ node: toNodeId('n1'), dataDirectory, seed: 1 });
  await writeSample(host);
  await host.close();
  await mkdir(target, { recursive: true });
  for (const name of ['segment-0000000001', 'segment-0000000002', 'reserved']) {
    await cp(join(dataDirectory, 'files', 'golden', name), join(target, name));
  }
  await rm(dataDirectory, { recursive: true });
}
