/**
 * Opens so many connections to a member, says hello on each, and nothing more; tells how many were
 * welcomed.
 */
import { createClientHost } from '@mangrove/host-process/node';
import { KvClient } from '@mangrove/kv';

const [endpoint = '', count = '0'] = process.argv.slice(2);
const host = createClientHost();
process.on('disconnect', () => process.exit(0));
let welcomedCount = 0;
for (let nth = 0; nth < Number(count); nth += 1) {
  const client = new KvClient(host, { endpoints: [endpoint], timeoutMs: 60_000 });
  await client.get('a');
  welcomedCount += 1;
}
process.send?.(welcomedCount);
