/**
 * What each fault of a plan must look like: every field with its bounds, and names that are the
 * plan's.
 */
import { InvalidArgument, MAX_DELAY_MS } from '@mangrove/host';
import type { DiskFate, DiskOperation, Fault } from './fault.ts';
import { isRole } from './role.ts';
import {
  asRecord,
  type Fields,
  integer,
  listOf,
  number,
  oneOf,
  record,
  recordOf,
  type Shape,
  text,
} from './shape.ts';

/** The latest moment of a plan, in milliseconds: 24.8 days, as of every timer. */
export const TIME_MS_MAX = MAX_DELAY_MS;

/** A moment of a run, or a length of time in it. */
export const TIME: Shape = number(0, TIME_MS_MAX);

const PATH = text(0, 4096);
const COUNT = integer(1, 1_000_000_000);
const FATES: readonly DiskFate[] = ['unsynced-lost', 'kept', 'wiped'];
const OPERATIONS: readonly DiskOperation[] = [
  ...(['open', 'read', 'write', 'sync', 'truncate'] as const),
  ...(['rename', 'remove', 'sync-directory'] as const),
];
const PER_MILLE = integer(0, 1000);
const POINT = record({
  must: {
    operation: oneOf([...OPERATIONS, 'send', 'receive']),
    nth: COUNT,
    when: oneOf(['before', 'after']),
  },
  may: { target: PATH, kind: text(1, 200), fromMs: TIME },
});
const ARGUMENT: Shape = (value, at) => {
  if (typeof value === 'boolean' || typeof value === 'number') return;
  text(0, 4096)(value, at);
};

/** The shape of a fault in a plan with these replicas and clients. */
export function faultShape(replicas: readonly string[], members: readonly string[]): Shape {
  const formats = formatsOf(
    orRole(oneOf(replicas, 'its replicas: ')),
    orRole(oneOf(members, 'its members: ')),
  );
  const shapes = new Map(
    Object.entries(formats).map(([type, { must, ...rest }]) => [
      type,
      record({ must: { type: oneOf([type]), ...must }, ...rest }),
    ]),
  );
  const types = oneOf([...shapes.keys()]);
  return (value, at) => {
    const fault = asRecord(value, at);
    types(fault['type'], `${at}.type`);
    shapes.get(fault['type'] as string)?.(fault, at);
    const { atMs, untilMs } = fault;
    if (untilMs !== undefined && Number(untilMs) <= Number(atMs)) {
      throw new InvalidArgument(`${at}.untilMs`, untilMs, `beyond atMs, which is ${String(atMs)}`);
    }
  };
}

/** A name of a role, or what `name` allows. */
function orRole(name: Shape): Shape {
  return (value, at) => {
    if (typeof value !== 'string' || !isRole(value)) name(value, at);
  };
}

/** The fields of each type of fault beside its type; a type that is forgotten does not compile. */
function formatsOf(node: Shape, member: Shape): Readonly<Record<Fault['type'], Fields>> {
  const window = { atMs: TIME, untilMs: TIME };
  const ends = { from: listOf(member, 1000), to: listOf(member, 1000) };
  const links = { ...window, ...ends };
  const disk = oneOf(FATES);
  const rates = {
    lossPerMille: PER_MILLE,
    duplicatePerMille: PER_MILLE,
    delayPerMille: PER_MILLE,
    delayMs: TIME,
  };
  const point = { node, point: POINT, downMs: TIME, disk };
  const errors = { operation: oneOf(OPERATIONS), path: PATH, count: COUNT };
  const version = integer(1, 1_000_000);
  return {
    cut: { must: links },
    'rough-links': { must: { ...links, ...rates } },
    'corrupt-links': { must: { ...links, corruptPerMille: PER_MILLE } },
    'slow-links': { must: { ...links, latencyMs: TIME } },
    'full-queues': { must: { ...links, queueBytes: integer(0, 2 ** 31) } },
    'stall-links': { must: links },
    'reset-streams': { must: { atMs: TIME, ...ends } },
    crash: { must: { node, disk, ...window } },
    'crash-at': { must: point },
    pause: { must: { node, ...window } },
    'slow-node': { must: { node, busyMs: TIME, ...window } },
    'disk-error': { must: { node, ...errors, ...window } },
    'disk-full': { must: { node, ...window } },
    'slow-disk': { must: { node, latencyMs: TIME, ...window } },
    'stall-disk': { must: { node, ...window } },
    'bit-rot': { must: { node, atMs: TIME, path: PATH, positionPerMille: integer(0, 1000) } },
    'wall-jump': { must: { node, atMs: TIME, byMs: number(-WALL_MS_MAX, WALL_MS_MAX) } },
    'clock-drift': { must: { node, ppm: number(-999_999, 1_000_000), ...window } },
    upgrade: { must: { node, atMs: TIME, downMs: TIME, version } },
    action: {
      must: { name: text(1, 100), atMs: TIME, args: recordOf(text(1, 100), ARGUMENT, 100) },
      may: { outcome: oneOf(['done', 'refused']) },
    },
  };
}

/** A wall clock jumps by no more than a hundred years. */
const WALL_MS_MAX = 3_155_760_000_000;
