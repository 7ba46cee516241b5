/**
 * Why a request fails, as an error on its way to the reply.
 */
import type { NodeId } from '@mangrove/host';
import { RAFT_ERRORS, RaftError, type RaftErrorCode } from '@mangrove/raft';
import { WireError } from '@mangrove/wire';
import { KV_ERRORS, type KvErrorCode } from '../core/kv-error-code.ts';
import type { KvReply } from '../core/kv-request.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';

/** A request that failed. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly code: KvErrorCode;
  /** Whether what was asked for did not happen and never will. */
  readonly isDefinite: boolean;
  readonly detail: string;

  constructor(code: KvErrorCode, isDefinite: boolean, detail = '') {
    super(detail === '' ? KV_ERRORS[code] : `${KV_ERRORS[code]}: ${detail}`);
    this.code = code;
    this.isDefinite = isDefinite;
    this.detail = detail;
  }

  /** The reply that says so. */
  toReply(leader: NodeId | undefined, compactRevision: Revision): KvReply {
    const { code, isDefinite, detail } = this;
    const oldest = code === 'compacted' ? compactRevision : NO_REVISION;
    return { type: 'failed', code, isDefinite, detail, leader, compactRevision: oldest };
  }
}

/** What `error` of Raft is to a client; any other error is none of a request's, and is thrown. */
export function toFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  // Something of the request has no bytes: it was never proposed.
  if (error instanceof WireError) return new RequestFailure('bad-request', true, error.message);
  if (!(error instanceof RaftError)) throw error;
  const code = CODES[error.code];
  // The code's own sentence says it already where both have the same name.
  const detail = code === error.code ? '' : RAFT_ERRORS[error.code];
  return new RequestFailure(code, error.isDefinite, detail);
}

const CODES: Readonly<Record<RaftErrorCode, KvErrorCode>> = {
  'not-leader': 'no-leader',
  'no-space': 'unavailable',
  'storage-failed': 'closed',
  broken: 'closed',
  overload: 'too-many-requests',
  'too-large': 'request-too-large',
  transferring: 'no-leader',
  'leadership-lost': 'leadership-lost',
  overwritten: 'leadership-lost',
  compacted: 'leadership-lost',
  'change-under-way': 'bad-member-change',
  'bad-change': 'bad-member-change',
  'not-caught-up': 'bad-member-change',
  'bad-target': 'bad-member-change',
  timeout: 'timeout',
  'no-lease': 'bad-request',
  closed: 'closed',
  aborted: 'aborted',
  'wrong-store': 'unavailable',
  'wrong-cluster': 'unavailable',
  'old-version': 'unavailable',
  'no-common-version': 'unavailable',
  'no-store': 'closed',
  'identity-lost': 'closed',
  'foreign-store': 'closed',
};
