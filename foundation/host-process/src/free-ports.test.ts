/**
 * Free ports are different, and can be listened on.
 */
import net from 'node:net';
import { expect, it } from 'vitest';
import { freePorts } from './free-ports.ts';

it('gives as many ports as are wanted, on each of which one can listen', async () => {
  const ports = await freePorts(8);
  expect(new Set(ports).size).toBe(8);
  const servers = ports.map((port) => net.createServer().listen(port, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  for (const server of servers) server.close();
});
