/**
 * CRC-32C by the processor's own instruction, where the optional package `@node-rs/crc32` has a
 * build for this machine.
 *
 * A call into native code costs more than the checksum of a short message, so what is shorter than
 * `NATIVE_FROM_BYTES` stays with the portable code. Both give the same.
 */
import { createRequire } from 'node:module';
import { type Crc32c, crc32c as portable } from './crc32c.ts';

/** From this length on native code is faster: `bench/checksums.ts` shows where the two cross. */
export const NATIVE_FROM_BYTES = 256;

/** A checksum function, and where it comes from. */
export interface FoundCrc32c {
  readonly crc32c: Crc32c;
  /** `portable` where the package, or its build for this machine, is not there. */
  readonly source: 'native' | 'portable';
}

/**
 * The fastest CRC-32C of this machine, to be given to what takes one (`JournalOptions.crc32c`).
 *
 * Never throws: where the package does not load, or gives a wrong checksum of the bytes that every
 * CRC is told by, it is the portable one.
 *
 * @param load gives the package; it may throw
 */
export function findCrc32c(load: () => unknown = loadPackage): FoundCrc32c {
  let loaded: unknown;
  try {
    loaded = load();
  } catch {
    // An optional dependency that is not installed, or not for this system: nothing is wrong.
    return { crc32c: portable, source: 'portable' };
  }
  const native = (loaded as { readonly crc32c?: unknown } | undefined)?.crc32c;
  if (typeof native !== 'function' || native(CHECK_BYTES) !== CHECK_VALUE) {
    return { crc32c: portable, source: 'portable' };
  }
  const crc32c: Crc32c = (bytes, seed = 0) =>
    bytes.length < NATIVE_FROM_BYTES ? portable(bytes, seed) : (native as Crc32c)(bytes, seed);
  return { crc32c, source: 'native' };
}

/**
 * The same function, found when it is first needed: to load the package takes milliseconds, which
 * not every start has to give.
 */
export function lazyCrc32c(load: () => unknown = loadPackage): Crc32c {
  let found: Crc32c | undefined;
  return (bytes, seed = 0) => {
    if (bytes.length < NATIVE_FROM_BYTES) return portable(bytes, seed);
    found ??= findCrc32c(load).crc32c;
    return found(bytes, seed);
  };
}

/** `123456789`, and the checksum by which a CRC is told to be this one (RFC 3720 B.4). */
const CHECK_BYTES = new TextEncoder().encode('123456789');
const CHECK_VALUE = 0xe3069283;

function loadPackage(): unknown {
  return createRequire(import.meta.url)('@node-rs/crc32');
}
