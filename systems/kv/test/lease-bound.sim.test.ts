/**
 * How many leases there may be: beyond that none are granted, and those that there are live on.
 */

import type { KvRequest, LeaseId } from '@mangrove/kv';
import { expect, it } from 'vitest';
import { KvCluster } from './kv-cluster.ts';

it('R35: leases beyond their bound are refused, as not granted', async () => {
  const cluster = new KvCluster(350, { leasesMax: 3 });
  const grant = (lease: bigint): KvRequest => ({
    ...{ type: 'grant-lease', lease: lease as LeaseId, ttlMs: 60_000, place: undefined },
  });
  for (const lease of [1n, 2n, 3n]) {
    expect(await cluster.result(grant(lease))).toMatchObject({ type: 'lease', lease });
  }
  expect(await cluster.ask(grant(4n))).toMatchObject({
    ...{ code: 'too-many-requests', isDefinite: true, detail: 'there are 3 leases already' },
  });
  await cluster.result({ type: 'revoke-lease', lease: 2n as LeaseId, place: undefined });
  expect(await cluster.result(grant(4n))).toMatchObject({ type: 'lease', lease: 4n });
  expect(await cluster.result({ type: 'list-leases' })).toMatchObject({ leases: [1n, 3n, 4n] });
  cluster.simulation.close();
});
