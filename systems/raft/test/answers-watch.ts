/**
 * Whether every request is answered, once, by the member that it was asked of.
 *
 * A member that crashes owes nothing any more, and one that is none any more may never hear what
 * became of what it proposed; all others must have answered when the cluster has come to rest.
 */
import type { Effect } from '../src/index.ts';
import type { Happening } from './board.ts';
import { check, type Machine } from './machine.ts';

/** A life of a member. */
type Asked = Pick<Machine, 'node' | 'incarnation'>;

/** The requests of one run. */
export class AnswersWatch {
  private readonly open = new Map<number, Asked>();

  /** A member is asked something, or told that nobody waits any more. */
  asked({ node, incarnation }: Asked, happening: Happening): void {
    const asked = { node, incarnation };
    switch (happening.type) {
      case 'propose':
      case 'read':
      case 'change-members':
      case 'leave-joint':
      case 'transfer-leadership':
        this.open.set(happening.id, asked);
        return;
      case 'propose-batch':
        for (const { id } of happening.proposals) this.open.set(id, asked);
        return;
      case 'cancel-read':
        this.open.delete(happening.id);
        return;
      default:
        return;
    }
  }

  /** What a member answers. */
  answered({ node, incarnation }: Asked, effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'committed':
        case 'refused':
        case 'read-ready':
        case 'transferred': {
          const { id, type } = effect;
          const asked = this.open.get(id);
          const isOwed = asked?.node === node && asked.incarnation === incarnation;
          check(isOwed, () => `${node} answers ${id} by ${type}, and owes it no answer`);
          this.open.delete(id);
        }
      }
    }
  }

  /** A request that one of `members` has not answered. */
  owedBy(members: readonly Asked[]): { readonly id: number; readonly by: string } | undefined {
    for (const [id, { node, incarnation }] of this.open) {
      const isIt = (each: Asked) => each.node === node && each.incarnation === incarnation;
      if (members.some(isIt)) return { id, by: node };
    }
    return undefined;
  }
}
