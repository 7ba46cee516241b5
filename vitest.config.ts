/**
 * How the tests run: every `*.test.ts` of the house, in a few processes that files share.
 *
 * Files do not get a process each (`isolate: false`): that is ten times faster, and lawful since no
 * module keeps mutable state. The simulator traps globals only while its own nodes run. Processes,
 * not threads, because tests send signals and start nodes. The limit of a test is far above what it
 * takes, so that a busy machine fails none. The processes that tests start keep what Node.js
 * compiled, which halves their start.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { HouseReporter } from './tools/test-kit/src/node.ts';

export default defineConfig({
  test: {
    include: ['{foundation,systems,apps,tools,examples}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/results/**'],
    pool: 'forks',
    isolate: false,
    maxWorkers: '100%',
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)),
    },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
    reporters: ['default', new HouseReporter()],
  },
});
