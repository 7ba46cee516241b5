/**
 * `mangrove kv status|member|compact|alarm`: the cluster behind the keys.
 */
import { toNodeId } from '@mangrove/host';
import type { Alarm } from '@mangrove/kv';
import { addPlace, removePlace } from '@mangrove/kv/node';
import type { MemberChange } from '@mangrove/raft';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { needCluster, orRefuse } from '../service/cluster-view.ts';
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

/**
 * Changes the members. In a cluster of this machine (`directory`) one that is added gets a place
 * there, and one that is removed loses it.
 */
export async function changeMember(
  { client, terminal, isJson }: KvCall,
  type: MemberChange['type'],
  name: string,
  directory: string | undefined,
): Promise<Ending> {
  const node = toNodeId(name);
  if (directory !== undefined && type === 'add-learner') {
    await orRefuse(addPlace(directory, await needCluster(directory), node));
  }
  await client.changeMembers([{ type, node }]);
  if (directory !== undefined && type === 'remove') {
    await removePlace(directory, await needCluster(directory), node);
  }
  terminal.result(isJson ? JSON.stringify({ type, node }) : `${node} ${BECOMES[type]}`);
  if (type === 'add-learner') terminal.say(nextStep(node, directory));
  return 'valid';
}

const BECOMES: Readonly<Record<MemberChange['type'], string>> = {
  'add-learner': 'is a learner: it gets everything, and has no vote yet',
  promote: 'has a vote',
  demote: 'is a learner: it has no vote any more',
  remove: 'is no member any more',
};

function nextStep(node: string, directory: string | undefined): string {
  if (directory === undefined) {
    return `start ${node} where the others expect it, as one that joins; then promote it`;
  }
  const [start, promote] = [`up kv`, `kv member promote ${node}`];
  const where = `--data ${directory}`;
  return `next: mangrove ${start} ${where}; then mangrove ${promote} ${where}`;
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
  text: string,
  isPhysical: boolean,
): Promise<Ending> {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new CommandError('usage', `${text} is no revision: it is a whole number from 1 on.`);
  }
  const revision = Number(text);
  await client.compact(revision, { isPhysical });
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
