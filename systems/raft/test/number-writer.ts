/**
 * A replica as a process, which proposes numbers as fast as they are acknowledged:
 *
 *     number-writer.ts '{"node":"n1","directory":"…","port":1,"peers":{…},"first":1,"step":3}'
 *
 * It says on its output what became of each (`ok 7`, `no 10`, `doubt 13`), and whether it `leads`
 * or `follows`. What it reads on its input is an order: `stop` proposing, which it says when it
 * has, or tell the `list` of all numbers that the group holds. None of its numbers is proposed
 * twice.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { defineMachine, RaftError } from '../src/index.ts';
import { openReplica } from '../src/node.ts';

interface Orders {
  readonly node: string;
  readonly directory: string;
  readonly port: number;
  readonly peers: Readonly<Record<string, string>>;
  /** Its first number, and what is added for the next. */
  readonly first: number;
  readonly step: number;
}

const numbers = defineMachine({
  initial: [] as readonly number[],
  apply: (list: readonly number[], number: number) => {
    return { state: [...list, number], result: list.length };
  },
});

const { first, step, ...place } = JSON.parse(process.argv[2] ?? '') as Orders;
const replica = await openReplica(numbers, {
  ...place,
  options: { electionTimeoutMs: 300, heartbeatIntervalMs: 50 },
  snapshotEveryCount: 100,
});
let isStopped = false;

void tellLeadership();
void write();
for await (const order of createInterface({ input: process.stdin })) {
  if (order === 'stop') isStopped = true;
  if (order === 'list') say(`list ${JSON.stringify(await list())}`);
}
await replica.close();

async function write(): Promise<void> {
  for (let number = first; !isStopped; number += step) {
    try {
      await replica.propose(number);
      say(`ok ${number}`);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      say(`${error.isDefinite ? 'no' : 'doubt'} ${number}`);
      await replica.host.timers.sleep(10);
    }
  }
  say('stopped');
}

async function tellLeadership(): Promise<void> {
  let led = false;
  for await (const { role } of replica.node.changes()) {
    const leads = role === 'leader';
    if (leads !== led) say(leads ? 'leads' : 'follows');
    led = leads;
  }
}

async function list(): Promise<readonly number[]> {
  for (;;) {
    try {
      return await replica.read((state) => state);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      await replica.host.timers.sleep(20);
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
