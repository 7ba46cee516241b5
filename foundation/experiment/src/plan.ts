/**
 * A plan: one run as data, so that it can be replayed, edited and shortened without its seed.
 */
import { InvalidArgument, type NodeId } from '@mangrove/host';
import type { Fault } from './fault.ts';
import { faultShape, TIME, TIME_MS_MAX } from './fault-shape.ts';
import type { PlannedOperation } from './operation.ts';
import {
  asList,
  asRecord,
  integer,
  json,
  listOf,
  oneOf,
  record,
  recordOf,
  type Shape,
  text,
} from './shape.ts';

/**
 * What became of one message: it took so many microseconds, it was lost (-1), or it came in copies
 * that took so long each.
 */
export type MessageFate = number | readonly number[];

/**
 * The choices that a run met on its way, in the order in which they were asked for. Where a list
 * ends, the run goes on with the generator of `Plan.seed`; so an empty one means "as it comes", and
 * a plan may be cut short anywhere.
 */
export interface Choices {
  /** Per directed link, `n1>n2`: the fate of its first, second, ... message. */
  readonly links: Readonly<Record<string, readonly MessageFate[]>>;
  /** Per random stream, `node/n1#1/election`: its draws, unsigned 32-bit. */
  readonly draws: Readonly<Record<string, readonly number[]>>;
}

/** Where a plan was written, and what its run did there: nothing of it is simulated. */
export interface PlanOrigin {
  /** The commit of the code, and whether files had changed since, in words. */
  readonly commit?: string;
  /** Of its run: the same hash means the same run. */
  readonly hash?: string;
  /** The name of the bug that was planted then. Who replays the plan plants what he asks for. */
  readonly bug?: string;
  /** Whether the run was held to the invariant of the experiment as well. */
  readonly isWatched?: boolean;
}

/** One run as data. The format is JSON. */
export interface Plan extends PlanOrigin {
  readonly format: 'mangrove-plan/1';
  /** Which experiment it is of: that gives the code. */
  readonly experiment: string;
  readonly replicas: readonly NodeId[];
  readonly clients: readonly NodeId[];
  /** When the faults end and the quiet phase begins, ms. */
  readonly activeMs: number;
  readonly quietMs: number;
  /** The run goes on until nodes reacted so often, where its quiet phase lasts; 0 if missing. */
  readonly eventCountMin?: number;
  readonly operationTimeoutMs: number;
  readonly faults: readonly Fault[];
  readonly operations: readonly PlannedOperation[];
  readonly choices: Choices;
  /** For the choices that `choices` does not hold; 0 where it is missing. */
  readonly seed?: number;
}

/** The most faults, or operations, of a plan: a bound against damaged files. */
export const MAX_PLAN_ITEMS = 1_000_000;

/** The longest text of a plan, in characters. */
export const MAX_PLAN_LENGTH = 268_435_456;

/** The most replicas and clients, each, of a plan. */
export const MAX_PLAN_MEMBERS = 1000;

/**
 * The plan in `source`; throws `InvalidArgument` that names the item that is wrong with it, its
 * value and what is allowed. Unknown fields are refused; only `choices`, `seed`, `eventCountMin`
 * and those of its origin may be missing.
 */
export function parsePlan(source: string): Plan {
  if (source.length > MAX_PLAN_LENGTH) {
    const bound = `at most ${MAX_PLAN_LENGTH} characters`;
    throw new InvalidArgument('plan', `a text of ${source.length} characters`, bound);
  }
  let data: unknown;
  try {
    data = JSON.parse(source);
  } catch (cause) {
    throw new InvalidArgument('plan', `not JSON (${String(cause)})`, 'a JSON object');
  }
  const fields = asRecord(data, 'plan');
  oneOf(['mangrove-plan/1'])(fields['format'], 'plan.format');
  const replicas = namesIn(fields['replicas'], 'plan.replicas');
  const clients = namesIn(fields['clients'], 'plan.clients');
  const members = [...replicas, ...clients];
  const twice = members.find((name, index) => members.indexOf(name) !== index);
  if (twice !== undefined) throw new InvalidArgument('plan', twice, 'named once as a member');
  planShape(replicas, clients)(fields, 'plan');
  return { choices: { links: {}, draws: {} }, ...fields } as unknown as Plan;
}

function namesIn(value: unknown, at: string): readonly string[] {
  return asList(value, MAX_PLAN_MEMBERS, at).map((name, index) => {
    if (typeof name !== 'string' || !NODE_NAME.test(name)) {
      const bound = 'a name of 1 to 63 of a-z, 0-9 and -, starting with no -';
      throw new InvalidArgument(`${at}[${index}]`, name, bound);
    }
    return name;
  });
}

const NODE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

function planShape(replicas: readonly string[], clients: readonly string[]): Shape {
  const members = [...replicas, ...clients];
  const anything: Shape = () => {};
  const operation = record({
    must: { client: oneOf(clients, 'its clients: '), atMs: TIME, f: text(1, 100) },
    may: { key: text(0, 4096), value: json(VALUE_DEPTH_MAX) },
  });
  return record({
    must: {
      ...{ format: anything, replicas: anything, clients: anything },
      experiment: text(1, 200),
      activeMs: TIME,
      quietMs: TIME,
      operationTimeoutMs: TIME,
      faults: listOf(faultShape(replicas, members), MAX_PLAN_ITEMS),
      operations: listOf(operation, MAX_PLAN_ITEMS),
    },
    may: {
      eventCountMin: integer(0, Number.MAX_SAFE_INTEGER),
      choices: choicesShape(members),
      seed: integer(0, Number.MAX_SAFE_INTEGER),
      ...{ commit: text(1, 200), hash: text(1, 200), bug: text(1, 200), isWatched: yesOrNo },
    },
  });
}

const yesOrNo: Shape = (value, at) => {
  if (typeof value !== 'boolean') throw new InvalidArgument(at, value, 'true or false');
};

function choicesShape(members: readonly string[]): Shape {
  const known = new Set(members);
  const link: Shape = (value, at) => {
    const ends = String(value).split('>');
    if (ends.length !== 2 || !ends.every((end) => known.has(end))) {
      throw new InvalidArgument(at, value, 'two of its members, as in n1>n2');
    }
  };
  const fate = integer(-1, MICROSECONDS_MAX);
  const copies = listOf(integer(0, MICROSECONDS_MAX), COPIES_MAX);
  const fateOrCopies: Shape = (value, at) => (Array.isArray(value) ? copies : fate)(value, at);
  const draw = integer(0, 2 ** 32 - 1);
  return record({
    must: {
      links: recordOf(link, listOf(fateOrCopies, CHOICES_MAX), MAX_PLAN_MEMBERS ** 2),
      draws: recordOf(text(1, 1000), listOf(draw, CHOICES_MAX), MAX_PLAN_ITEMS),
    },
  });
}

const VALUE_DEPTH_MAX = 32;
const MICROSECONDS_MAX = TIME_MS_MAX * 1000;
const COPIES_MAX = 16;
const CHOICES_MAX = 100_000_000;

/**
 * The plan as text that `parsePlan` reads: one fault or operation a line, so that people can edit
 * it.
 */
export function formatPlan(plan: Plan): string {
  const { faults, operations, choices, ...rest } = plan;
  const lines = (items: readonly unknown[]) =>
    items.map((item) => `\n    ${JSON.stringify(item)}`).join(',');
  const head = JSON.stringify(rest, undefined, 2).slice(0, -2);
  const parts = [
    head,
    `  "faults": [${lines(faults)}\n  ]`,
    `  "operations": [${lines(operations)}\n  ]`,
    `  "choices": ${JSON.stringify(choices)}`,
  ];
  return `${parts.join(',\n')}\n}\n`;
}
