/**
 * Names in a plan that stand for whoever has a role when a fault strikes.
 *
 * Who leads is not known when a plan is drawn. So a fault may name `@leader` instead of a node: the
 * world asks the nodes when the fault is due, waits while nobody leads, and from then on that name
 * is that node's until the run ends. `@leader-2` is another such name, for another moment. The plan
 * of a run that took place has the nodes' own names.
 */
import type { NodeId } from '@mangrove/host';
import type { Fault } from './fault.ts';

/** Whoever leads when this name is first needed; names with another number are bound anew. */
export function leader(nth = 1): NodeId {
  return (nth === 1 ? '@leader' : `@leader-${nth}`) as NodeId;
}

/** A replica that does not lead when this name is first needed, and has no other name yet. */
export function follower(nth = 1): NodeId {
  return (nth === 1 ? '@follower' : `@follower-${nth}`) as NodeId;
}

/** On one end of a link: every replica that the other end does not name. */
export const OTHERS = '@others' as NodeId;

const ROLE = /^@(?:others|(leader|follower)(?:-[1-9][0-9]?)?)$/;

/** Whether `name` stands for a role. */
export function isRole(name: string): boolean {
  return ROLE.test(name);
}

/** Whether the fault names a role. */
export function hasRole(fault: Fault): boolean {
  return namesOf(fault).some(isRole);
}

/** Who has which role in a run. */
export class RoleBook {
  private readonly replicas: readonly NodeId[];
  private readonly bound = new Map<string, NodeId>();

  constructor(replicas: readonly NodeId[]) {
    this.replicas = replicas;
  }

  /**
   * The fault with nodes in the place of roles; undefined where a name is not bound yet and nobody
   * leads, or where there are more names than replicas.
   *
   * @param leading who leads now, as far as anybody knows
   */
  resolve(fault: Fault, leading: NodeId | undefined): Fault | undefined {
    for (const name of namesOf(fault)) if (!this.bind(name, leading)) return undefined;
    const own = (name: NodeId) => this.bound.get(name) ?? name;
    if ('node' in fault) return { ...fault, node: own(fault.node) };
    if (fault.type === 'action') return { ...fault, args: this.argsOf(fault.args) };
    const [from, to] = [fault.from.map(own), fault.to.map(own)];
    const others = (not: readonly NodeId[]) => this.replicas.filter((node) => !not.includes(node));
    const fill = (names: readonly NodeId[], opposite: readonly NodeId[]) =>
      names.flatMap((name) => (name === OTHERS ? others(opposite) : [name]));
    return { ...fault, from: fill(from, to), to: fill(to, from) };
  }

  private bind(name: string, leading: NodeId | undefined): boolean {
    const [, role] = ROLE.exec(name) ?? [];
    if (role === undefined || this.bound.has(name)) return true;
    if (leading === undefined) return false;
    const taken = [...this.bound.values(), leading];
    const node = role === 'leader' ? leading : this.replicas.find((each) => !taken.includes(each));
    if (node === undefined) return false;
    this.bound.set(name, node);
    return true;
  }

  private argsOf<Value>(args: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
    const entries = Object.entries(args).map(([name, value]) => {
      return [name, (this.bound.get(String(value)) as Value | undefined) ?? value] as const;
    });
    return Object.fromEntries(entries);
  }
}

/** Every name of a node, or of a role, in a fault. */
function namesOf(fault: Fault): readonly string[] {
  if ('node' in fault) return [fault.node];
  if ('from' in fault) return [...fault.from, ...fault.to];
  return Object.values(fault.args).filter((value) => typeof value === 'string');
}
