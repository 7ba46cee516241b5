/**
 * What can be left out of a plan, the boldest first: each a list of names, and the plans without
 * some of them.
 */
import { describeFault, type Fault, type Plan } from '@mangrove/experiment';

/** A smaller plan, and what it leaves out, in a few words. */
export type Candidate = readonly [what: string, plan: Plan];

/** One sort of thing that can be left out. */
export interface Omission {
  /** What one of them is called. */
  readonly name: string;
  /** Those that are there, each by a name of its own. */
  readonly items: (plan: Plan) => readonly string[];
  /** Plans without these, in the order in which they are to be tried. */
  readonly without: (plan: Plan, out: ReadonlySet<string>) => readonly Plan[];
}

/** What can be left out; operations before single faults, since fewer of them make runs short. */
export const OMISSIONS: readonly Omission[] = Object.freeze([
  {
    name: 'kind of fault',
    items: ({ faults }) => [...new Set(faults.map(({ type }) => type))],
    without: (plan, out) => [{ ...plan, faults: plan.faults.filter(({ type }) => !out.has(type)) }],
  },
  {
    name: 'kind of operation',
    items: ({ operations }) => [...new Set(operations.map(({ f }) => f))],
    without: (plan, out) => [
      { ...plan, operations: plan.operations.filter(({ f }) => !out.has(f)) },
    ],
  },
  {
    name: 'key',
    items: ({ operations }) => [...new Set(operations.flatMap(({ key }) => key ?? []))],
    without: (plan, out) => [
      { ...plan, operations: plan.operations.filter(({ key }) => !out.has(key ?? '')) },
    ],
  },
  {
    name: 'client',
    items: ({ clients }) => clients,
    without: withoutClients,
  },
  {
    name: 'operation',
    items: ({ operations }) => operations.map(({ f }, place) => numbered(f, place)),
    without: (plan, out) => [
      {
        ...plan,
        operations: plan.operations.filter(({ f }, place) => !out.has(numbered(f, place))),
      },
    ],
  },
  {
    name: 'fault',
    items: ({ faults }) => faults.map((fault, place) => numbered(describeFault(fault), place)),
    without: (plan, out) => [
      {
        ...plan,
        faults: plan.faults.filter(
          (fault, place) => !out.has(numbered(describeFault(fault), place)),
        ),
      },
    ],
  },
  {
    name: 'replica',
    items: ({ replicas }) => replicas,
    without: withoutReplicas,
  },
]);

function numbered(name: string, place: number): string {
  return `${name} (no. ${place + 1})`;
}

/** Without their operations; or another client does them: it can often do both alone. */
function withoutClients(plan: Plan, out: ReadonlySet<string>): readonly Plan[] {
  const clients = plan.clients.filter((each) => !out.has(each));
  const [heir] = clients;
  if (heir === undefined) return [];
  const operations = plan.operations.filter(({ client }) => !out.has(client));
  const inherited = plan.operations.map((each) =>
    out.has(each.client) ? { ...each, client: heir } : each,
  );
  const without = amongMembers({ ...plan, clients, operations });
  if (operations.length === plan.operations.length) return [without];
  return [without, amongMembers({ ...plan, clients, operations: inherited })];
}

function withoutReplicas(plan: Plan, out: ReadonlySet<string>): readonly Plan[] {
  const replicas = plan.replicas.filter((each) => !out.has(each));
  if (replicas.length === 0) return [];
  const faults = plan.faults.filter((fault) => !('node' in fault) || !out.has(fault.node));
  return [amongMembers({ ...plan, replicas, faults })];
}

/** The plan with faults of links between its members only: others make no plan. */
function amongMembers(plan: Plan): Plan {
  const members = new Set<string>([...plan.replicas, ...plan.clients]);
  const isMember = (name: string) => members.has(name) || name.startsWith('@');
  const faults = plan.faults.flatMap((fault): readonly Fault[] => {
    if (!('from' in fault)) return [fault];
    const from = fault.from.filter(isMember);
    const to = fault.to.filter(isMember);
    return from.length === 0 || to.length === 0 ? [] : [{ ...fault, from, to }];
  });
  return { ...plan, faults };
}
