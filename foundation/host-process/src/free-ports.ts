/**
 * Ports for those who must know them before anybody listens: members that are told of each other.
 */
import net from 'node:net';

/**
 * So many ports of loopback that nobody listens on now, all different. Somebody else may take one
 * before its owner does: whoever listens has to say so.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  try {
    return await Promise.all(servers.map(listen));
  } finally {
    for (const server of servers) server.close();
  }
}

function listen(server: net.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}
