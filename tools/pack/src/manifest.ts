/**
 * The manifest of a package as it is published: its doors lead to `dist` instead of `src`.
 *
 *     "exports": { ".": "./src/index.ts" }
 *     "exports": { ".": { "types": "./dist/index.d.ts", "default": "./dist/index.js" } }
 */

/** What is read of the manifest in the house, and written with other doors. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Where a published door leads. */
export interface PublishedDoor {
  readonly types: string;
  readonly default: string;
}

/** The manifest in the tarball. */
export interface PublishedManifest extends Omit<SourceManifest, 'private' | 'exports'> {
  readonly engines: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, PublishedDoor>>;
}

/** The oldest Node.js on which published packages are tried. */
const OLDEST_NODE = '>=22';

/**
 * Rewrites `manifest` for publishing. What only the house needs (scripts, development dependencies)
 * is left out.
 *
 * @throws Error when the package is private or a door does not lead into `src`
 */
export function publishedManifest(manifest: SourceManifest): PublishedManifest {
  if (manifest.private === true) throw new Error(`${manifest.name} is private`);
  const { name, version, description, license, type, bin, dependencies } = manifest;
  const doors = Object.entries(manifest.exports ?? {}).map(
    ([door, target]) => [door, publishedDoor(name, target)] as const,
  );
  return {
    name,
    version,
    ...(description === undefined ? {} : { description }),
    ...(license === undefined ? {} : { license }),
    ...(type === undefined ? {} : { type }),
    engines: { node: OLDEST_NODE },
    files: ['dist', ...(bin === undefined ? [] : ['bin'])],
    ...(bin === undefined ? {} : { bin }),
    exports: Object.fromEntries(doors),
    ...(dependencies === undefined ? {} : { dependencies }),
  };
}

/** The dependencies of a published package that will not be published, so that it cannot work. */
export function privateDependencies(
  manifest: SourceManifest,
  house: readonly SourceManifest[],
): readonly string[] {
  const names = Object.keys(manifest.dependencies ?? {});
  return house
    .filter((each) => each.private === true && names.includes(each.name))
    .map((each) => each.name);
}

/**
 * Compiled code with the paths that the compiler leaves as they are: a worker's `new URL('./w.ts',
 * import.meta.url)`, a declaration's `from './x.ts'`, a command's `import('../src/main.ts')`. The
 * reference to a source map goes, since the maps are not published.
 */
export function publishedCode(text: string): string {
  return text
    .replace(/(new URL\(\s*(['"])\.{1,2}\/[^'"]*)\.ts\2/g, '$1.js$2')
    .replace(/(\bfrom\s+(['"])\.{1,2}\/[^'"]*)\.ts\2/g, '$1.js$2')
    .replace(/(\bimport\s*\(?\s*(['"])\.{1,2}\/)src(\/[^'"]*)\.ts\2/g, '$1dist$3.js$2')
    .replace(/(\bimport\s*\(?\s*(['"])\.{1,2}\/[^'"]*)\.ts\2/g, '$1.js$2')
    .replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n');
}

function publishedDoor(name: string, target: string): PublishedDoor {
  const [, path] = /^\.\/src\/(.*)\.ts$/.exec(target) ?? [];
  if (path === undefined) throw new Error(`${name}: the door ${target} does not lead into src`);
  return { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` };
}
