/**
 * What tests need of the operating system: each need says how it is looked for and how to meet it.
 *
 * A test that needs something begins with `skipUnless`, so that its absence is printed as
 * `skipped: needs ...` and never passed over in silence. What has a Debian package is installed by
 * `.ci/run`; there, its absence is a failure.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { findEtcd } from './etcd.ts';

/** One thing that a machine may lack. */
export interface Need {
  /** As it is said after `needs`. */
  readonly name: string;
  /** The package of Debian that brings it; absent where none does. */
  readonly debianPackage?: string;
  /** How to meet it, where no package does. */
  readonly remedy?: string;
  /** Looks for it: the path of the program, or what else was found; undefined when it is absent. */
  readonly look: () => string | undefined;
}

/** A browser, for simulations and pages in a real one. */
export const chromium: Need = {
  name: 'chromium',
  debianPackage: 'chromium',
  look: () => program('chromium') ?? program('chromium-browser') ?? program('google-chrome'),
};

/** Makes keys and certificates for TLS. */
export const openssl: Need = {
  name: 'openssl',
  debianPackage: 'openssl',
  look: () => program('openssl'),
};

/** The store whose hash ours computes. */
export const etcd: Need = {
  name: 'etcd',
  debianPackage: 'etcd-server',
  look: findEtcd,
};

/** Delays and drops packets in the kernel. */
export const tc: Need = { name: 'tc', debianPackage: 'iproute2', look: () => program('tc') };

/** Links and addresses of network namespaces. */
export const ip: Need = { name: 'ip', debianPackage: 'iproute2', look: () => program('ip') };

/** Cuts connections in the kernel. */
export const nft: Need = { name: 'nft', debianPackage: 'nftables', look: () => program('nft') };

/** Ends a program that hangs, with its children; systems other than Linux lack it. */
export const timeout: Need = {
  name: 'timeout',
  debianPackage: 'coreutils',
  look: () => program('timeout'),
};

/** Gives a program a terminal. */
export const script: Need = {
  name: 'script',
  debianPackage: 'bsdutils',
  look: () => program('script'),
};

/** The rights of the superuser. */
export const root: Need = {
  name: 'root',
  remedy: 'run as root',
  look: () => (process.getuid?.() === 0 ? 'root' : undefined),
};

/** A network namespace of one's own; only trying tells, since containers often forbid it. */
export const networkNamespaces: Need = {
  name: 'network namespaces',
  remedy: 'Linux, root, and a container that allows them',
  look: () => {
    const unshare = program('unshare');
    if (unshare === undefined) return undefined;
    const { status } = spawnSync(unshare, ['--net', 'true'], { stdio: 'ignore', timeout: 5_000 });
    return status === 0 ? unshare : undefined;
  },
};

/** The kernel's list of processes, as files. */
export const processFiles: Need = {
  name: '/proc',
  remedy: 'Linux',
  look: () => (existsSync('/proc/self/stat') ? '/proc' : undefined),
};

/** A Node.js that is too old for the house, as many machines have one. */
export const olderNode: Need = {
  name: 'an older Node.js',
  remedy: 'one before 24 on the search path',
  look: () =>
    programs('node').find((path) => {
      const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 5_000 });
      return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 24) < 24;
    }),
};

/** Every need that a test may have. A new one is added here. */
export const NEEDS: readonly Need[] = [
  ...[chromium, openssl, etcd, tc, ip, nft, timeout, script],
  ...[root, networkNamespaces, processFiles, olderNode],
];

/** `needs chromium (Debian package chromium)`: how a skip says what was missing. */
export function noteOf({ name, debianPackage, remedy }: Need): string {
  const how = debianPackage === undefined ? remedy : `Debian package ${debianPackage}`;
  return how === undefined ? `needs ${name}` : `needs ${name} (${how})`;
}

/** What of a test's context `skipUnless` uses. */
interface Skippable {
  skip(note?: string): never;
}

/**
 * Goes on when the machine has `need`, and says where; otherwise skips the test that calls it.
 *
 * @param context the context that Vitest gives to the test: `it('...', (context) => ...)`
 * @param need one of `NEEDS`
 * @returns what `look` found: the path of a program
 */
export function skipUnless(context: Skippable, need: Need): string {
  return need.look() ?? context.skip(noteOf(need));
}

/** The Debian packages that would meet what is missing now, each once. */
export function missingPackages(needs: readonly Need[] = NEEDS): readonly string[] {
  const missing = needs.flatMap((need) =>
    need.debianPackage !== undefined && need.look() === undefined ? [need.debianPackage] : [],
  );
  return [...new Set(missing)];
}

/** Where `name` is in the search path; `/usr/sbin` and `/sbin` are searched for everyone. */
function program(name: string): string | undefined {
  return programs(name)[0];
}

/** Every `name` in the search path, first the one that would run. */
function programs(name: string): readonly string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path) && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not being allowed to run it is the answer, not a failure.
    return false;
  }
}
