/**
 * A plan: one run as data, so that it can be replayed, edited and shortened without its seed.
 */
import { InvalidArgument, type NodeId, toNodeId } from '@mangrove/host';
import type { Fault } from './fault.ts';
import type { PlannedOperation } from './operation.ts';

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

/** One run as data. The format is JSON. */
export interface Plan {
  readonly format: 'mangrove-plan/1';
  /** Which experiment it is of: that gives the code. */
  readonly experiment: string;
  readonly replicas: readonly NodeId[];
  readonly clients: readonly NodeId[];
  /** When the faults end and the quiet phase begins, ms. */
  readonly activeMs: number;
  readonly quietMs: number;
  readonly operationTimeoutMs: number;
  readonly faults: readonly Fault[];
  readonly operations: readonly PlannedOperation[];
  readonly choices: Choices;
  /** For the choices that `choices` does not hold; 0 where it is missing. */
  readonly seed?: number;
}

/** The most faults, or operations, of a plan: a bound against damaged files. */
export const MAX_PLAN_ITEMS = 1_000_000;

/** The plan in `text`; throws `InvalidArgument` that names what is wrong with it. */
export function parsePlan(text: string): Plan {
  let plan: Partial<Plan>;
  try {
    plan = JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgument('plan', `not JSON (${String(cause)})`, 'a JSON object');
  }
  if (plan === null || typeof plan !== 'object' || plan.format !== 'mangrove-plan/1') {
    throw new InvalidArgument('plan.format', plan?.format, 'mangrove-plan/1');
  }
  for (const name of ['replicas', 'clients', 'faults', 'operations'] as const) {
    const list: unknown = plan[name];
    if (!Array.isArray(list) || list.length > MAX_PLAN_ITEMS) {
      throw new InvalidArgument(`plan.${name}`, typeof list, `a list of ${MAX_PLAN_ITEMS} at most`);
    }
  }
  for (const name of ['activeMs', 'quietMs', 'operationTimeoutMs'] as const) {
    const time: unknown = plan[name];
    if (typeof time !== 'number' || !(time >= 0)) {
      throw new InvalidArgument(`plan.${name}`, time, 'a number of milliseconds');
    }
  }
  const complete = { ...plan, choices: plan.choices ?? { links: {}, draws: {} } } as Plan;
  checkMembers(complete);
  return complete;
}

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

function checkMembers(plan: Plan): void {
  const replicas = new Set(plan.replicas.map(toNodeId));
  const clients = new Set(plan.clients.map(toNodeId));
  for (const fault of plan.faults) {
    if ('node' in fault && !replicas.has(fault.node)) {
      throw new InvalidArgument(
        `plan.faults ${fault.type} node`,
        fault.node,
        'one of its replicas',
      );
    }
  }
  for (const operation of plan.operations) {
    if (!clients.has(operation.client)) {
      throw new InvalidArgument('plan.operations client', operation.client, 'one of its clients');
    }
  }
}
