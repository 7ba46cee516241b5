/**
 * A leader whom no quorum answers stands no longer than an election timeout (R6).
 *
 * It goes by the answers that the leader was given, not by what the leader keeps of them. A leader
 * acts at events only, so one that stands still is looked at when it gets its next one.
 */
import type { NodeId } from '@mangrove/host';
import { type Message, membersOf, type RaftState, type Term } from '../src/index.ts';
import { isQuorum } from '../src/subject/disjoint-quorums.ts';
import { check } from './machine.ts';

/** A leader's time, from its election or from the end of its sleep on. */
interface Reign {
  readonly term: Term;
  /** When each member last answered, on the leader's clock; one that is new, when it came. */
  readonly heardAt: Map<NodeId, number>;
  configurationIndex: number;
}

/** What shows a leader that a member lives. */
const ANSWERS: ReadonlySet<Message['type']> = new Set([
  ...(['append-accepted', 'append-rejected'] as const),
  ...(['heartbeat-response', 'snapshot-progress'] as const),
]);

/** Watches the leaders of one run. */
export class ContactWatch {
  private readonly reigns = new Map<NodeId, Reign>();

  /** Looks at a member after an event, with which it may have `heard` something. */
  look(state: RaftState, heard: Message | undefined): void {
    const { self, term, now, role, options } = state;
    if (role.type !== 'leader' || state.isAsleep || !options.hasCheckQuorum) {
      this.reigns.delete(self);
      return;
    }
    const { configuration, index } = state.log.configurations.latest;
    const known = this.reigns.get(self);
    const reign =
      known?.term === term ? known : { term, heardAt: new Map(), configurationIndex: -1 };
    this.reigns.set(self, reign);
    const { heardAt } = reign;
    const isAnswer = heard?.term === term && ANSWERS.has(heard.type);
    if (isAnswer && heardAt.has(heard.from)) heardAt.set(heard.from, now);
    if (reign.configurationIndex !== index) {
      // Whether the new ones are enough is asked at the next event.
      reign.configurationIndex = index;
      const others = membersOf(configuration).filter((node) => node !== self);
      meet(heardAt, others, now);
      return;
    }
    const isNear = (node: NodeId) =>
      node === self || (heardAt.get(node) ?? now) + options.electionTimeoutMs > now;
    check(isQuorum(configuration, isNear), () => {
      const contacts = [...heardAt].map(([node, at]) => `${node} ${now - at} ms ago`).join(', ');
      return `${self} leads ${term} without a quorum: it heard ${contacts}`;
    });
  }
}

/** Those who are new are heard now; those who are gone, never again. */
function meet(heardAt: Map<NodeId, number>, others: readonly NodeId[], now: number): void {
  for (const node of others) if (!heardAt.has(node)) heardAt.set(node, now);
  for (const node of heardAt.keys()) if (!others.includes(node)) heardAt.delete(node);
}
