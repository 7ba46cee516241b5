/**
 * The floors of the house: which room may import which.
 *
 *     9  cli
 *     8  console
 *     7  lab
 *     6  streams scheduler
 *     5  kv broker rate-limiter
 *     4  raft geo-store cache k8s-operator    (and the examples)
 *     3  journal membership                   (tested on both Hosts)
 *     2  sim host-process
 *     1  experiment check crdt
 *     0  host wire
 *
 * Imports go down only. Tools stand aside: they import nothing of the house, and only tests import
 * them. An example stands where the first systems stand, and only apps import it.
 */
import type { House, SourceText } from './house.ts';
import type { Fault } from './report.ts';

/** The rooms of each floor, ground first. */
export const FLOORS: readonly (readonly string[])[] = [
  ['foundation/host', 'foundation/wire'],
  ['foundation/experiment', 'foundation/check', 'foundation/crdt'],
  ['foundation/sim', 'foundation/host-process'],
  ['foundation/journal', 'foundation/membership'],
  ['systems/raft', 'systems/geo-store', 'systems/cache', 'systems/k8s-operator'],
  ['systems/kv', 'systems/broker', 'systems/rate-limiter'],
  ['systems/streams', 'systems/scheduler'],
  ['apps/lab'],
  ['apps/console'],
  ['apps/cli'],
];

/** The floor on which every example stands. */
const EXAMPLE_FLOOR = 4;

/** The floor of a room; undefined when it stands on none. Tools stand on none. */
export function floorOf(room: string): number | undefined {
  if (room.startsWith('examples/')) return EXAMPLE_FLOOR;
  const floor = FLOORS.findIndex((rooms) => rooms.includes(room));
  return floor === -1 ? undefined : floor;
}

/** Rooms that stand on no floor, and imports that do not go down. */
export function floorFaults(house: House): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { room } of house.packages) {
    if (floorOf(room) !== undefined || room.startsWith('tools/')) continue;
    faults.push({ path: `${room}/package.json`, sentence: `${room} stands on no floor` });
  }
  for (const file of house.sources) {
    for (const { target, line } of file.imports) {
      const there = house.packageOf(target)?.room;
      if (there === undefined || there === file.room) continue;
      const sentence = faultBetween(file, there);
      if (sentence !== undefined) faults.push({ path: file.path, line, sentence });
    }
  }
  return faults;
}

function faultBetween(file: SourceText, there: string): string | undefined {
  const here = file.room;
  if (there.startsWith('tools/')) {
    if (file.isTest || file.isBench) return undefined;
    return `imports ${there}: only tests and benchmarks import a tool`;
  }
  if (here.startsWith('tools/')) return `imports ${there}: a tool imports nothing of the house`;
  if (there.startsWith('examples/')) {
    return here.startsWith('apps/') ? undefined : `imports ${there}: only apps import an example`;
  }
  const [from, to] = [floorOf(here), floorOf(there)];
  if (from === undefined || to === undefined || to < from) return undefined;
  return `imports ${there}, which is not on a lower floor than ${here}`;
}
