/**
 * Why a Host could not be started or a control command could not be done.
 */

/** The closed list of what goes wrong. */
export type HostErrorCode =
  /** Another process, or another Host in this one, uses the data directory. */
  | 'data-in-use'
  /** A file that the Host itself keeps there is damaged; nothing was changed. */
  | 'damaged-data'
  /** The data directory cannot be made or written. */
  | 'data-unusable'
  /** The address to listen on is taken or not ours. */
  | 'address-unusable'
  /** The control channel cannot be reached, or broke off: the command may have been done. */
  | 'control-unreachable'
  /** The control channel refused the command, which was not done. */
  | 'control-refused';

/** An operating error of the Host itself. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
