/**
 * The environment in which a member's process is started.
 */

/**
 * `given`, with huge pages for what a member allocates outside of JavaScript's heap, on Linux with
 * glibc 2.35 or later and where the system gives them to who asks (`madvise`).
 *
 * A store fills memory that is new all the time. In pages of 4 KiB every twelfth put meets one that
 * was never touched, which costs a trap into the kernel; where a machine is virtual, a trap may
 * cost more than the put. Tunables that are set already are left as they are.
 */
export function memberEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1', ...given };
}
