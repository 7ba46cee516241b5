/**
 * One of our members, for benchmarks: forked with a directory and a name, it serves until SIGTERM,
 * or until whoever forked it has gone. To any message it says how much CPU it has used.
 */
import { readCluster, serveMember } from '@mangrove/kv/node';

const [directory = '', name = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => stop.abort());
process.on('message', () => process.send?.(process.cpuUsage()));
const manifest = await readCluster(directory);
if (manifest === undefined) throw new Error(`${directory} holds no cluster`);
await serveMember({ directory, manifest, name, signal: stop.signal, say: () => {} });
process.exit(0);
