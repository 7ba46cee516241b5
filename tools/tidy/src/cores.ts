/**
 * What makes a core a core: `systems/<name>/src/core` is pure, synchronous and knows no shell.
 *
 * - It imports its own core, the pure values of `@mangrove/host` (ids, durations, errors), `wire`
 *   and `crdt`, and the cores of membership and of systems below: what comes through their door
 *   must come from their `core/`. It imports no shell, client or protocol face, nothing of Node.js,
 *   no other package.
 * - The capabilities of the Host (`Host`, `Clock`, `Disk`, ...) never enter: what they know reaches
 *   a core as events.
 * - Nothing in it is asynchronous: no `async`, no `await`, no promise, no asynchronous iteration.
 */
import { posix } from 'node:path';
import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import { isAwaitExpression, isForOfStatement, isIdentifier } from 'typescript/unstable/ast/is';
import type { House, Package, SourceText } from './house.ts';
import type { Import } from './imports.ts';
import type { Fault } from './report.ts';
import { lineOf, walk } from './syntax.ts';

/** What of the Host is a capability or belongs to one, so that a core must not see it. */
const CAPABILITIES: ReadonlySet<string> = new Set([
  ...['Host', 'RunningNode', 'StartNode', 'Clock', 'Timers', 'Timer', 'Random', 'RandomSource'],
  ...['SeededRandom', 'Messages', 'Streams', 'ByteStream', 'Listener', 'Disk', 'DiskFile'],
  ...['DiskLock', 'Trace', 'Metrics', 'MetricRegistry', 'Counter', 'Gauge', 'Histogram'],
]);

/** Packages of the foundation that are pure values and functions through and through. */
const PURE_PACKAGES: ReadonlySet<string> = new Set(['@mangrove/wire', '@mangrove/crdt']);

/** Names that only asynchronous code uses. */
const ASYNC_NAMES: ReadonlySet<string> = new Set([
  ...['Promise', 'PromiseLike', 'AsyncIterable', 'AsyncIterator', 'AsyncIterableIterator'],
  ...['AsyncGenerator', 'AsyncDisposable', 'queueMicrotask'],
]);

/** Whether `file` belongs to a core. */
export function isCore(file: SourceText): boolean {
  return file.isProduct && /^systems\/[^/]+\/src\/core\//.test(file.path);
}

/** Impure imports of cores, and what is asynchronous in them. */
export function coreFaults(house: House): readonly Fault[] {
  return house.sources.filter(isCore).flatMap((file) => {
    const faults: Fault[] = [];
    for (const each of file.imports) {
      const sentence = faultOfImport(house, file, each);
      if (sentence !== undefined) faults.push({ path: file.path, line: each.line, sentence });
    }
    walk(file.tree, (node) => {
      const what = asyncIn(node);
      if (what === undefined) return;
      const sentence = `a core is synchronous: ${what}`;
      faults.push({ path: file.path, line: lineOf(file.tree, node), sentence });
    });
    return faults;
  });
}

function asyncIn(node: Node): string | undefined {
  if (node.kind === SyntaxKind.AsyncKeyword) return 'async';
  if (isAwaitExpression(node)) return 'await';
  if (isForOfStatement(node) && node.awaitModifier !== undefined) return 'for await';
  if (isIdentifier(node) && ASYNC_NAMES.has(node.text)) return node.text;
  return undefined;
}

function faultOfImport(house: House, file: SourceText, each: Import): string | undefined {
  const { target, names } = each;
  if (target.startsWith('.')) {
    const reached = posix.join(posix.dirname(file.path), target);
    if (reached.startsWith(`${file.room}/src/core/`)) return undefined;
    return `a core imports its own core only, not ${target}`;
  }
  const entered = house.packageOf(target);
  if (entered === undefined) return `a core imports no foreign package: ${target}`;
  if (target !== entered.manifest.name) return `a core enters by the pure door only: ${target}`;
  if (target === '@mangrove/host') {
    if (names.length === 0) return 'a core names what it takes of @mangrove/host';
    const taken = names.filter((name) => CAPABILITIES.has(name));
    return taken.length === 0 ? undefined : `a core does not see the Host: ${taken.join(', ')}`;
  }
  if (PURE_PACKAGES.has(target)) return undefined;
  if (!hasCore(entered)) return `a core does not import ${target}`;
  return faultOfSystem(house, entered, each);
}

function hasCore({ room }: Package): boolean {
  return room.startsWith('systems/') || room === 'foundation/membership';
}

function faultOfSystem(house: House, entered: Package, each: Import): string | undefined {
  const door = posix.join(entered.room, entered.manifest.exports?.['.'] ?? '');
  const opened = house.sources.find((file) => file.path === door)?.imports ?? [];
  const isCoreName = (name: string) =>
    opened.some(
      (from) => from.isExport && from.target.startsWith('./core/') && from.names.includes(name),
    );
  if (each.names.length === 0) return `a core names what it takes of ${each.target}`;
  const outside = each.names.filter((name) => !isCoreName(name));
  if (outside.length === 0) return undefined;
  return `a core takes of ${each.target} what is not of its core: ${outside.join(', ')}`;
}
