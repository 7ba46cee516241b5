/**
 * A process that appends without end, for tests that kill it: `node kill-node.ts DIRECTORY`.
 *
 * Prints `open FIRST DURABLE` once, then `ack INDEX RESERVED` after each acknowledgement. Record
 * `index` is `index` followed by a filler whose length depends on it, so that a reader can tell
 * whether it is whole.
 */
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { openJournal, scanRecords } from '@mangrove/journal';

const [dataDirectory = ''] = process.argv.slice(2);
const host = await createProcessHost({ node: toNodeId('victim'), dataDirectory });
const journal = await openJournal(host, { directory: 'wal', segmentBytes: 65_536 });
const text = (index: number) => `${index}:${'x'.repeat((index * 37) % 3000)}`;
let last = journal.firstIndex - 1;
for await (const { index, bytes } of scanRecords(journal)) {
  if (new TextDecoder().decode(bytes) !== text(index)) throw new Error(`record ${index} is wrong`);
  last = index;
}
const reserved = new TextDecoder().decode(journal.reserved);
process.stdout.write(`open ${last} ${reserved === '' ? 0 : reserved}\n`);
for (;;) {
  const index = journal.nextIndex;
  const records = [index, index + 1, index + 2].map((each) => new TextEncoder().encode(text(each)));
  const appends = records.map((record) => journal.append([record]));
  if (index % 10 === 0) await journal.setReserved(new TextEncoder().encode(`${index}`));
  await Promise.all(appends);
  if (index % 50 === 0) await journal.truncatePrefix(Math.max(journal.firstIndex, index - 100));
  process.stdout.write(
    `ack ${journal.durableIndex} ${new TextDecoder().decode(journal.reserved)}\n`,
  );
}
