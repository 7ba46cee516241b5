/**
 * Opens so many connections to a member, says hello on each, and nothing more; tells how many were
 * welcomed.
 */
import { createClientHost } from '@mangrove/host-process/node';
import { KvClient } from '@mangrove/kv';

/** How many connect at once. */
const WIDTH = 50;

const [endpoint = '', count = '0'] = process.argv.slice(2);
const host = createClientHost();
process.on('disconnect', () => process.exit(0));
let begunCount = 0;
let welcomedCount = 0;

async function connectMore(): Promise<void> {
  while (begunCount < Number(count)) {
    begunCount += 1;
    const client = new KvClient(host, { endpoints: [endpoint], timeoutMs: 60_000 });
    await client.get('a');
    welcomedCount += 1;
  }
}

await Promise.all(Array.from({ length: WIDTH }, connectMore));
process.send?.(welcomedCount);
