/**
 * A node process that does what every one does to get ready, and then says how it went.
 */
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';

const host = await createProcessHost({
  node: toNodeId('ready'),
  dataDirectory: process.argv[2] ?? '',
  control: true,
});
const file = await host.disk.open('log', 'create');
await file.append(new TextEncoder().encode('ready\n'));
await file.sync();
await host.disk.syncDirectory('.');
await host.streams.listen(0, (stream) => stream.destroy());
process.stdout.write('ready\n');
await host.close();
