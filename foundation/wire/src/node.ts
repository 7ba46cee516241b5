/**
 * The door of the wire to what needs Node.js.
 */
export { type FoundCrc32c, findCrc32c, lazyCrc32c, NATIVE_FROM_BYTES } from './native-crc32c.ts';
