/**
 * A client whose session was closed to make room for others: it goes on in a new one, and nothing
 * is lost or done twice.
 */
import { toNodeId } from '@mangrove/host';
import { expect, it } from 'vitest';
import { SESSIONS_MAX } from '../src/core/replicated-state.ts';
import { addressOf, MEMBERS, ServedCluster } from './served-cluster.ts';

const IDLE = toNodeId('i');

it('R32, R63: a client whose session is gone does its change in another one', async () => {
  const cluster = new ServedCluster(63, [IDLE]);
  cluster.startClient(IDLE, { endpoints: MEMBERS.map(addressOf) });
  await cluster.ready();
  const client = cluster.client(IDLE);
  await cluster.settled(client.put('a', '1'));
  const [member] = MEMBERS.map((each) => cluster.node(each));
  if (member === undefined) throw new Error('no member');
  const [own] = member.inspect().state.sessions.all();
  for (let count = 0; count < SESSIONS_MAX; count += 1000) {
    const opening = Array.from({ length: 1000 }, () => member.handle({ type: 'open-session' }));
    const replies = await cluster.settled(Promise.all(opening));
    expect(replies.every(({ type }) => type === 'done')).toBe(true);
  }
  const isGone = () => member.inspect().state.sessions.all()[0]?.session !== own?.session;
  await cluster.until(isGone);
  // As many as there are at once, none of them sent before.
  const puts = ['b', 'c', 'd'].map((key) => client.put(key, '1'));
  const answers = await cluster.settled(Promise.all(puts));
  expect(answers.map(({ revision }) => revision).sort()).toEqual([3, 4, 5]);
  const entries = await cluster.settled(client.getAll({ prefix: '' }));
  expect(entries.map(({ key, version }) => `${key} ${version}`)).toEqual([
    'a 1',
    'b 1',
    'c 1',
    'd 1',
  ]);
  cluster.simulation.close();
}, 60_000);
