/**
 * The one error of clients of the store.
 */
import { KV_ERRORS, type KvErrorCode } from '../core/kv-error-code.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';

/** What an error says beside its code. */
export interface KvErrorOptions {
  readonly isDefinite: boolean;
  readonly detail?: string;
  readonly compactRevision?: Revision;
  readonly cause?: unknown;
}

/** Why a request failed, and whether what was asked for may have happened. */
export class KvError extends Error {
  override readonly name = 'KvError';
  /** One of a closed list: `KV_ERRORS` says what each means and what to do. */
  readonly code: KvErrorCode;
  /** True: it did not happen and never will. False: it may have happened, or may yet. */
  readonly isDefinite: boolean;
  /** What there is to say beyond the code's own sentence; empty where nothing is. */
  readonly detail: string;
  /** The oldest revision that can be read, where the code is `compacted`; else 0. */
  readonly compactRevision: Revision;

  constructor(code: KvErrorCode, options: KvErrorOptions) {
    const { isDefinite, detail = '', compactRevision = NO_REVISION, cause } = options;
    const more = detail === '' ? '' : ` (${detail})`;
    super(`${KV_ERRORS[code]}${more}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.detail = detail;
    this.isDefinite = isDefinite;
    this.compactRevision = compactRevision;
  }
}
