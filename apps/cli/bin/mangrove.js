#!/usr/bin/env node
/**
 * The mangrove command: checks that this Node.js can run the program, then hands over to it.
 *
 * It is plain JavaScript, so that an old Node.js can say what it lacks. From source the program is
 * TypeScript as it stands, with the syntax of Node.js 24; what is published is compiled for 22.
 * From source, Node.js keeps what it compiled, for this process and those below it: a start then
 * takes half the time.
 */
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const isSource = existsSync(new URL('../src/main.ts', import.meta.url));
const oldest = isSource ? 24 : 22;
if (Number(process.versions.node.split('.')[0]) < oldest) {
  process.stderr.write(
    `mangrove needs Node.js ${oldest} or newer and this is ${process.versions.node}: run it as ` +
      '`npx mangrove` after `npm ci`, which brings the right one along, or install that from ' +
      'https://nodejs.org.\n',
  );
  process.exit(64);
}
if (isSource) {
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
    new URL('../../../node_modules/.cache/node', import.meta.url),
  );
  nodeModule.enableCompileCache();
}
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
