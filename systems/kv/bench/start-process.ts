/**
 * Prints how many milliseconds pass from `startKv()` to the answer to the first put.
 */
import { startKv } from '@mangrove/kv/node';

const startedAt = performance.now();
const kv = await startKv();
await kv.client().put('a', '1');
process.stdout.write(`${performance.now() - startedAt}`);
await kv.close();
