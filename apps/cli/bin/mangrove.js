#!/usr/bin/env node
/** The mangrove command: checks that this Node.js can run TypeScript, then hands over to it. */
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `mangrove needs Node.js 24 (this is ${process.versions.node}): run \`npm ci\` in the ` +
      'project, which brings one along, and then `npx mangrove`.\n',
  );
  process.exit(64);
}
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
