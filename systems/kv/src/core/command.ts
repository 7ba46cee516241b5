/**
 * What enters the log of the store, and what comes of it when it is applied.
 */
import type { LeaseId } from './key-value.ts';
import type { Answer, Operation, OperationResult, PutRequest, Refusal } from './request.ts';
import type { Revision } from './revision.ts';
import type { KvStore } from './store.ts';
import { execute, executePut } from './transaction.ts';
import { finish, type Work } from './work.ts';

/** A command, as every replica applies it. */
export type Command =
  /** Changes keys; a transaction that reads only may take this way too. */
  | { readonly type: 'operation'; readonly operation: Operation }
  /** Gives up what is older than `revision`. */
  | { readonly type: 'compact'; readonly revision: Revision }
  | { readonly type: 'grant-lease'; readonly lease: LeaseId; readonly ttlMs: number }
  /** Ends a lease, since its owner wants it so. */
  | { readonly type: 'revoke-lease'; readonly lease: LeaseId }
  /** Ends leases whose time was over by the clock of the leader of `term`. */
  | { readonly type: 'expire-leases'; readonly leases: readonly LeaseId[]; readonly term: number }
  /** Tells the replicas what is left of leases. */
  | {
      readonly type: 'checkpoint-leases';
      readonly leases: readonly { readonly lease: LeaseId; readonly remainingMs: number }[];
      readonly term: number;
    };

/** What a command gives: the result of its operation, or that it is done. */
export type CommandResult = OperationResult | { readonly type: 'applied' };

/**
 * Applies `command` to `store`.
 *
 * @param term the term of the log entry that carries it: what another leader decided by its clock
 * is
 *   void, since it did not know which leases were renewed meanwhile
 */
export function applyCommand(
  store: KvStore,
  command: Command,
  term: number,
): Answer<CommandResult> {
  return finish(commandWork(store, command, term));
}

/** The same in pieces. */
export function* commandWork(
  store: KvStore,
  command: Command,
  term: number,
): Work<Answer<CommandResult>> {
  return answerOf(store, yield* resultOf(store, command, term));
}

/** The same at once, for a command that is a put and nothing else. */
export function applyPut(store: KvStore, put: PutRequest): Answer<CommandResult> {
  return answerOf(store, executePut(store, put));
}

function answerOf(
  { revision }: KvStore,
  result: CommandResult | Refusal | 'untold',
): Answer<CommandResult> {
  if (result === 'untold') return { type: 'untold', revision };
  return typeof result === 'string'
    ? { type: 'refused', revision, refusal: result }
    : { type: 'done', revision, result };
}

function* resultOf(
  store: KvStore,
  command: Command,
  term: number,
): Work<CommandResult | Refusal | 'untold'> {
  switch (command.type) {
    case 'operation':
      return yield* execute(store, command.operation);
    case 'compact':
      return store.compact(command.revision) ?? APPLIED;
    case 'grant-lease': {
      const { lease: id, ttlMs } = command;
      if (store.leases.has(id)) return 'lease-exists';
      store.leases.add({ id, ttlMs, remainingMs: ttlMs });
      return APPLIED;
    }
    case 'revoke-lease':
      if (!store.leases.has(command.lease)) return 'lease-not-found';
      yield* store.revoke(command.lease);
      return APPLIED;
    case 'expire-leases':
      if (command.term !== term) return APPLIED;
      for (const lease of command.leases) {
        if (store.leases.has(lease)) yield* store.revoke(lease);
      }
      return APPLIED;
    case 'checkpoint-leases':
      if (command.term !== term) return APPLIED;
      for (const { lease, remainingMs } of command.leases) {
        store.leases.checkpoint(lease, remainingMs);
      }
      return APPLIED;
  }
}

const APPLIED: CommandResult = { type: 'applied' };
