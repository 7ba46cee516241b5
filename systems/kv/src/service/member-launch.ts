/**
 * How the process of a member is started.
 */

/** What a process is started with, beside its program. */
export interface MemberLaunch {
  readonly env: NodeJS.ProcessEnv;
  /** What Node.js is told. */
  readonly execArgv: string[];
}

/**
 * In the environment `given`, with huge pages for what a member allocates outside of JavaScript's
 * heap, on Linux with glibc 2.35 or later and where the system gives them to who asks (`madvise`).
 * Tunables that are set already are left as they are.
 *
 * A store fills memory that is new all the time. In pages of 4 KiB every twelfth put meets one that
 * was never touched, which costs a trap into the kernel; where a machine is virtual, a trap may
 * cost more than the put.
 *
 * The young generation begins with the 16 MiB to which it may grow, where nothing else is said
 * (`--max-semi-space-size` in `NODE_OPTIONS`): it grows by what survives, and requests hardly do,
 * so that it stays small, and is collected for every few hundred of them.
 *
 * The old generation begins with 256 MiB. Left alone, V8 takes the bound back where little
 * survives, and collects all of it once the young generation, and buffers of messages that come
 * and go, might not find room: three times a second under load, for nothing.
 */
export function memberLaunch(given: NodeJS.ProcessEnv): MemberLaunch {
  const env = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1', ...given };
  return { env, execArgv: ['--min-semi-space-size=16', '--initial-old-space-size=256'] };
}
