/**
 * A process that appends without end, for tests that kill it: `node kill-node.ts DIRECTORY KIND`,
 * where KIND is `plain`, `shared`, which has three logs, or `long`, whose segments are so long that
 * the Host takes room ahead of what is written.
 *
 * Prints `open LAST RESERVED` once, then `ack LAST RESERVED` after each acknowledgement: up to LAST
 * each log has its records. Record `index` is `index` followed by a filler whose length depends on
 * it, so that a reader can tell whether it is whole. Where it may not open it prints
 * `refused CODE` and ends.
 */
import { toNodeId } from '@mangrove/host';
import { createProcessHost, HostError } from '@mangrove/host-process/node';
import {
  type Journal,
  openJournal,
  openSharedJournal,
  type SharedJournal,
  scanRecords,
} from '@mangrove/journal';

const NAMES = ['a', 'b', 'c'];
const SEGMENT = { directory: 'wal', segmentBytes: 65_536 };
const LONG_SEGMENT = { directory: 'wal', segmentBytes: 4_194_304 };

const [dataDirectory = '', kind = ''] = process.argv.slice(2);
try {
  await work(dataDirectory);
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  process.stdout.write(`refused ${error.code}\n`);
}

async function work(directory: string): Promise<void> {
  const host = await createProcessHost({ node: toNodeId('victim'), dataDirectory: directory });
  let shared: SharedJournal | undefined;
  let logs: Journal[];
  if (kind === 'shared') {
    shared = await openSharedJournal(host, SEGMENT);
    logs = [];
    for (const name of NAMES) logs.push(shared.log(name) ?? (await shared.createLog(name)));
  } else logs = [await openJournal(host, kind === 'long' ? LONG_SEGMENT : SEGMENT)];
  const ends = [];
  for (const log of logs) ends.push(await checked(log));
  say('open', Math.min(...ends), logs);
  for (let round = 1; ; round++) {
    await Promise.all(logs.map((log) => appendTo(log)));
    if (round % 20 === 0) await shared?.compact();
    say('ack', Math.min(...logs.map(({ durableIndex }) => durableIndex)), logs);
  }
}

function say(what: string, last: number, [first]: readonly Journal[]): void {
  const reserved = new TextDecoder().decode(first?.reserved);
  process.stdout.write(`${what} ${last} ${reserved === '' ? 0 : reserved}\n`);
}

function textOf(index: number): string {
  return `${index}:${'x'.repeat((index * 37) % 3000)}`;
}

/** The last index of a log; throws unless every record is the one that was written. */
async function checked(log: Journal): Promise<number> {
  let next = log.firstIndex;
  for await (const { index, bytes } of scanRecords(log)) {
    const isRight = index === next && new TextDecoder().decode(bytes) === textOf(index);
    if (!isRight) throw new Error(`record ${index} is wrong`);
    next += 1;
  }
  if (next !== log.nextIndex) throw new Error(`the records end at ${next}`);
  return next - 1;
}

/** Three records at once, now and then the reserved one, and away with the oldest. */
async function appendTo(log: Journal): Promise<void> {
  const index = log.nextIndex;
  const records = [index, index + 1, index + 2].map((each) => {
    return new TextEncoder().encode(textOf(each));
  });
  const appends = records.map((record) => log.append([record]));
  if (index % 10 === 0) await log.setReserved(new TextEncoder().encode(`${index}`));
  await Promise.all(appends);
  if (index % 50 === 0) await log.truncatePrefix(Math.max(log.firstIndex, index - 100));
}
