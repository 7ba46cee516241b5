/**
 * Clients that read and write registers on a simulated cluster under trouble, and their history.
 */
import type { HistoryEvent } from '@mangrove/check';
import type { SeededRandom } from '@mangrove/host';
import type { KvReply, ReadConsistency } from '@mangrove/kv';
import {
  A,
  B,
  C,
  FOUNDERS,
  type KvCluster,
  putOf,
  rangeOf,
  textOf,
  toRequest,
} from './kv-cluster.ts';

const CLIENT_COUNT = 5;
const KEYS = ['x', 'y'];
const LINEARIZABLE: readonly ReadConsistency[] = [{ type: 'linearizable' }, { type: 'lease' }];

/** Runs for `durationMs` of virtual time; the history of all clients. */
export async function runRegisters(
  cluster: KvCluster,
  random: SeededRandom,
  durationMs: number,
): Promise<readonly HistoryEvent[]> {
  const history: HistoryEvent[] = [];
  const failures: unknown[] = [];
  const { simulation } = cluster;
  const beginMs = simulation.nowMs;
  for (let client = 0; client < CLIENT_COUNT; client += 1) {
    let isBusy = false;
    let life = 0;
    for (let atMs = beginMs + client; atMs < beginMs + durationMs; atMs += 9 + client) {
      simulation.at(atMs, () => {
        // Who does not know the end of an operation goes on under another name.
        if (isBusy && random.chance(9, 10)) return;
        if (isBusy) life += 1;
        const mine = life;
        const name = `${client}.${mine}`;
        isBusy = true;
        begin(cluster, random, history, name).then(
          (isKnown) => {
            if (mine !== life) return;
            isBusy = false;
            if (!isKnown) life += 1;
          },
          (cause: unknown) => failures.push(cause),
        );
      });
    }
  }
  await cluster.pass(durationMs + 3_000);
  if (failures.length > 0) throw failures[0];
  return history;
}

/** Crashes, cuts and power losses for the time to come. */
export function trouble(cluster: KvCluster, random: SeededRandom, durationMs: number): void {
  const { simulation } = cluster;
  const beginMs = simulation.nowMs;
  for (let atMs = beginMs + 300; atMs < beginMs + durationMs; atMs += random.between(200, 500)) {
    const node = random.pick(FOUNDERS);
    const others = [A, B, C].filter((each) => each !== node);
    const window = { atMs, untilMs: atMs + random.between(50, 600) };
    if (random.chance(1, 3)) {
      const disk = random.chance(1, 2) ? 'unsynced-lost' : 'kept';
      simulation.inject({ type: 'crash', node, disk, ...window });
    } else {
      simulation.inject({ type: 'cut', from: [node], to: others, ...window });
      if (random.chance(1, 2)) {
        simulation.inject({ type: 'cut', from: others, to: [node], ...window });
      }
    }
  }
}

/** Whether the end of the operation is known. */
async function begin(
  cluster: KvCluster,
  random: SeededRandom,
  history: HistoryEvent[],
  process: string,
): Promise<boolean> {
  const key = random.pick(KEYS);
  const node = cluster.simulation.running(random.pick(FOUNDERS));
  const { members } = cluster;
  const asked = members.find((each) => each === node);
  if (asked === undefined) return true;
  const isRead = random.chance(1, 2);
  const value = `${process}/${history.length}`;
  const operation = isRead ? rangeOf(key) : putOf(key, value);
  const f = isRead ? 'read' : 'write';
  const tell = (type: HistoryEvent['type'], more: Partial<HistoryEvent>): void => {
    history.push({ atMs: cluster.simulation.nowMs, process, type, f, key, ...more });
  };
  tell('invoke', isRead ? {} : { value });
  const reply = await asked.handle(toRequest(operation, random.pick(LINEARIZABLE)));
  tell(...endOf(reply, isRead));
  return reply.type === 'done' || reply.isDefinite;
}

function endOf(
  reply: KvReply,
  isRead: boolean,
): readonly [HistoryEvent['type'], Partial<HistoryEvent>] {
  if (reply.type === 'failed') {
    return [reply.isDefinite ? 'fail' : 'info', { error: reply.code }];
  }
  return ['ok', isRead ? { value: textOf(reply.result) ?? null } : {}];
}
