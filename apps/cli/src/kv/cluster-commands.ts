/**
 * `mangrove kv status|member|compact|alarm`: the cluster behind the keys.
 */
import { toNodeId } from '@mangrove/host';
import type { Alarm } from '@mangrove/kv';
import type { MemberChange } from '@mangrove/raft';
import type { Ending } from '../exit-code.ts';
import { alignColumns } from '../text-columns.ts';
import type { KvCall } from './kv-call.ts';

/** Prints how the asked members stand. */
export async function showStatus({ client, terminal, isJson }: KvCall): Promise<Ending> {
  const rows: string[][] = [];
  for (const endpoint of client.endpoints) {
    const status = await client.status(endpoint);
    const { member, role, term, revision, keyCount, leader } = status;
    if (isJson) terminal.result(JSON.stringify({ endpoint, ...status }));
    const who = leader === undefined ? 'nobody leads' : `${leader} leads`;
    rows.push([endpoint, member, role, `term ${term}`, `revision ${revision}`]);
    rows.at(-1)?.push(`${keyCount} keys`, who);
  }
  if (!isJson) for (const line of alignColumns(rows)) terminal.result(line);
  return 'valid';
}

/** Prints the members. */
export async function listMembers({ client, terminal, isJson }: KvCall): Promise<Ending> {
  const members = await client.members();
  if (isJson) for (const member of members) terminal.result(JSON.stringify(member));
  else {
    const rows = members.map(({ node, role, peerAddress, clientAddress }) => {
      return [node, role, peerAddress || '-', clientAddress || '-'];
    });
    for (const line of alignColumns(rows)) terminal.result(line);
  }
  return 'valid';
}

/** Changes the members. */
export async function changeMember(
  { client, terminal, isJson }: KvCall,
  type: MemberChange['type'],
  name: string,
): Promise<Ending> {
  const node = toNodeId(name);
  await client.changeMembers([{ type, node }]);
  terminal.result(isJson ? JSON.stringify({ type, node }) : `${type} ${node}: done`);
  return 'valid';
}

/** Has another member lead. */
export async function moveLead(
  { client, terminal, isJson }: KvCall,
  name: string,
): Promise<Ending> {
  await client.transferLeadership(toNodeId(name));
  terminal.result(isJson ? JSON.stringify({ leader: name }) : `${name} leads`);
  return 'valid';
}

/** Gives up what is older than a revision. */
export async function compact(
  { client, terminal, isJson }: KvCall,
  revision: number,
): Promise<Ending> {
  await client.compact(revision);
  terminal.result(isJson ? JSON.stringify({ revision }) : `compacted at revision ${revision}`);
  return 'valid';
}

/** Prints the alarms; `invalid` where there are some. */
export async function listAlarms({ client, terminal, isJson }: KvCall): Promise<Ending> {
  const alarms = await client.alarms();
  for (const each of alarms) {
    terminal.result(isJson ? JSON.stringify(each) : `${each.alarm}  ${each.member}`);
  }
  return alarms.length === 0 ? 'valid' : 'invalid';
}

/** Ends an alarm. */
export async function disarm({ client, terminal, isJson }: KvCall, alarm: Alarm): Promise<Ending> {
  await client.disarm(alarm);
  terminal.result(isJson ? JSON.stringify({ alarm }) : `${alarm} is disarmed`);
  return 'valid';
}
