/**
 * What Node.js is told for the process of a member.
 *
 * The young generation begins with the 16 MiB to which it may grow, where nothing else is said
 * (`--max-semi-space-size` in `NODE_OPTIONS`): it grows by what survives, and requests hardly do,
 * so that it stays small, and is collected for every few hundred of them.
 *
 * It is collected by the main thread alone: what survives is a few megabytes, and threads that are
 * woken to help with it take cores from other members where these are few.
 *
 * The old generation begins with 256 MiB. Left alone, V8 takes the bound back where little
 * survives, and collects all of it once the young generation, and buffers of messages that come
 * and go, might not find room: three times a second under load, for nothing.
 *
 * Pages of memory are what the system gives: huge ones would be fewer, and each of them cleared in
 * one go, which takes longer on some virtual machines than the loop may be kept.
 */
export const MEMBER_FLAGS: readonly string[] = [
  '--min-semi-space-size=16',
  '--no-parallel-scavenge',
  '--initial-old-space-size=256',
];
