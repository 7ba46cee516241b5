/**
 * The error of bytes that are not what they should be, and of values that have no bytes.
 */

/** What is wrong with the bytes or the value. */
export type WireErrorCode =
  /** The bytes end before the value does. */
  | 'truncated'
  /** A length or count is above the bound that the schema states; nothing was allocated for it. */
  | 'too-long'
  /** Values are nested deeper than the schema allows. */
  | 'too-deep'
  /** A number is outside what its type or the reader can hold. */
  | 'out-of-range'
  /** The bytes mean nothing: no UTF-8, no boolean, tags out of order. */
  | 'malformed'
  /** A union or enumeration has no member of that number or name in this version. */
  | 'unknown-member'
  /** The message states a version that this schema does not have. */
  | 'unknown-version'
  /** The value has a field that this version cannot carry and that may not be left out. */
  | 'not-in-version'
  /** The value ended before the bytes did. */
  | 'trailing-bytes'
  /** The checksum does not match: the bytes were changed on the way. */
  | 'checksum';

/**
 * An operating error: what arrived cannot be read, or what is to be sent cannot be written.
 *
 * `path` names the field from the outermost message inwards, as in
 * `append-entries.entries[3].data`; it is empty where no field was begun.
 */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;
  readonly path: string;
  /** What is wrong, without the path. */
  readonly reason: string;

  constructor(code: WireErrorCode, reason: string, path = '') {
    super(path === '' ? reason : `${path}: ${reason}`);
    this.code = code;
    this.reason = reason;
    this.path = path;
  }
}

/**
 * The error that `error` is, seen from outside the field or element called `step`.
 *
 * What is no `WireError` (a broken invariant, a `TypeError` of a value of the wrong shape) is
 * handed on as it is.
 */
export function within(error: unknown, step: string): unknown {
  if (!(error instanceof WireError)) return error;
  const isJoined = error.path === '' || error.path.startsWith('[');
  return new WireError(error.code, error.reason, step + (isJoined ? '' : '.') + error.path);
}
