/**
 * One of our members whose loop is watched, for benchmarks: forked with a directory and a name, it
 * serves until whoever forked it has gone. To any message it says what its loop did since the last.
 */
import { readCluster, serveMember } from '@mangrove/kv/node';
import { LoopWatch } from './loop-watch.ts';

const [directory = '', name = ''] = process.argv.slice(2);
const loop = new LoopWatch();
process.on('message', async () => process.send?.(await loop.take()));
process.on('disconnect', () => process.exit(0));
const manifest = await readCluster(directory);
if (manifest === undefined) throw new Error(`${directory} holds no cluster`);
const { signal } = new AbortController();
await serveMember({ directory, manifest, name, signal, say: () => {} });
