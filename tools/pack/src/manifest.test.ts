/**
 * Shows how a manifest and compiled code are rewritten for publishing.
 */
import { describe, expect, it } from 'vitest';
import { privateDependencies, publishedCode, publishedManifest } from './manifest.ts';

describe('publishedManifest', () => {
  it('leads each door to dist, types first, and leaves out what only the house needs', () => {
    const manifest = {
      name: '@mangrove/raft',
      version: '0.1.0',
      license: 'Apache-2.0',
      type: 'module',
      exports: { '.': './src/index.ts', './contract': './src/contract/index.ts' },
      dependencies: { '@mangrove/host': '0.1.0' },
      devDependencies: { vitest: '4.1.12' },
      scripts: { test: 'vitest' },
    };
    const published = publishedManifest(manifest);
    expect(published).toEqual({
      name: '@mangrove/raft',
      version: '0.1.0',
      license: 'Apache-2.0',
      type: 'module',
      engines: { node: '>=22' },
      files: ['dist'],
      exports: {
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
        './contract': { types: './dist/contract/index.d.ts', default: './dist/contract/index.js' },
      },
      dependencies: { '@mangrove/host': '0.1.0' },
    });
    expect(Object.keys(published.exports['.'] ?? {})).toEqual(['types', 'default']);
  });

  it('keeps a command and its folder', () => {
    const bin = { mangrove: './bin/mangrove.js' };
    const published = publishedManifest({ name: 'a', version: '1.0.0', bin });
    expect(published.bin).toEqual(bin);
    expect(published.files).toEqual(['dist', 'bin']);
  });

  it('refuses a private package, and a door that does not lead into src', () => {
    expect(() => publishedManifest({ name: 'a', version: '1.0.0', private: true })).toThrow(
      'a is private',
    );
    const exports = { '.': './lib/index.js' };
    expect(() => publishedManifest({ name: 'a', version: '1.0.0', exports })).toThrow(
      'a: the door ./lib/index.js does not lead into src',
    );
  });
});

describe('privateDependencies', () => {
  it('names the dependencies that will not be there', () => {
    const lab = { name: 'lab', version: '1.0.0', dependencies: { host: '1.0.0', first: '1.0.0' } };
    const host = { name: 'host', version: '1.0.0' };
    const first = { name: 'first', version: '1.0.0', private: true };
    expect(privateDependencies(lab, [lab, host, first])).toEqual(['first']);
    expect(privateDependencies(host, [lab, host, first])).toEqual([]);
  });
});

describe('publishedCode', () => {
  it('turns the paths that the compiler leaves to .ts into paths to .js', () => {
    const before = [
      "export { a } from './a.ts';",
      'export type B = import("./b.ts").B;',
      "new Worker(new URL('./worker.ts', import.meta.url));",
      "const { main } = await import('../src/main.ts');",
      "const name = 'a.ts'; // A comment follows: from './a.ts'",
      '//# sourceMappingURL=index.js.map',
    ];
    expect(publishedCode(before.join('\n')).split('\n')).toEqual([
      "export { a } from './a.js';",
      'export type B = import("./b.js").B;',
      "new Worker(new URL('./worker.js', import.meta.url));",
      "const { main } = await import('../dist/main.js');",
      "const name = 'a.ts'; // A comment follows: from './a.js'",
      '',
    ]);
  });
});
