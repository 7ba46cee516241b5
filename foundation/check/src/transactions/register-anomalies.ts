/**
 * What is wrong with histories of registers before any cycle of transactions is looked for.
 */
import { findComponents } from './components.ts';
import { NO_VERSION } from './dependency-graph.ts';
import type { AnomalyList } from './inference.ts';
import type { RegisterRead, RegisterUses } from './register-uses.ts';
import { nameOf, show, type Transaction } from './transaction.ts';
import type { VersionPair } from './version-order.ts';
import { DEAD, NOBODY, type VersionTable } from './versions.ts';

/** Reports a read of aborted, unfinished or own later work. */
export function reportUnsoundRead(
  reader: number,
  version: number,
  transactions: readonly Transaction[],
  versions: VersionTable,
  anomalies: AnomalyList,
): void {
  if (versions.isAmbiguous(version)) return;
  const writer = versions.writers[version] as number;
  const key = versions.keyNameOf(version);
  const read = `${nameOf(reader)} read ${showVersion(versions, version)} from ${key}`;
  if (writer === reader) {
    const sentences = [`${read} before it wrote that itself`];
    anomalies.add({ name: 'future-read', key, transactions: [reader], sentences });
  } else if (transactions[writer]?.end === 'fail') {
    const sentences = [read, `${nameOf(writer)}, which wrote it, failed`];
    anomalies.add({ name: 'G1a', key, transactions: [writer, reader], sentences });
  } else if (versions.isFinal[version] !== true) {
    const sentences = [read, `${nameOf(writer)} wrote it and then another value to ${key}`];
    anomalies.add({ name: 'G1b', key, transactions: [writer, reader], sentences });
  }
}

/** Reports a read of a value that no recorded transaction wrote. */
export function reportGarbage(
  reader: number,
  version: number,
  versions: VersionTable,
  anomalies: AnomalyList,
): void {
  const key = versions.keyNameOf(version);
  const read = `${nameOf(reader)} read ${showVersion(versions, version)} from ${key}`;
  const sentences = [read, 'nobody ever wrote that'];
  anomalies.add({ name: 'garbage-read', key, transactions: [reader], sentences });
}

/** Reports committed transactions that read one version and all overwrote it. */
export function reportLostUpdates(
  reads: readonly RegisterRead[],
  uses: RegisterUses,
  versions: VersionTable,
  anomalies: AnomalyList,
): void {
  const updaters = new Map<string, Set<number>>();
  for (const { reader, key, version } of reads) {
    if (!uses.isUsable(version) || uses.installedBy(reader, key) === undefined) continue;
    const place = `${key} ${version}`;
    updaters.set(place, (updaters.get(place) ?? new Set()).add(reader));
  }
  for (const [place, group] of updaters) {
    if (group.size < 2) continue;
    const [key, version] = place.split(' ').map(Number) as [number, number];
    const name = versions.keyNames[key] as string;
    const names = [...group].map(nameOf).join(' and ');
    anomalies.add({
      name: 'lost-update',
      key: name,
      transactions: [...group],
      sentences: [
        `${names} read ${showVersion(versions, version)} from ${name} and overwrote it`,
        'whichever came second did not see what the first had written',
      ],
    });
  }
}

/** Reports versions that come before themselves; returns the keys that have such. */
export function reportCyclicVersions(
  pairs: readonly VersionPair[],
  versions: VersionTable,
  anomalies: AnomalyList,
): ReadonlySet<number> {
  const count = versions.writers.length;
  // The state before all writes of each key is a node behind the versions.
  const node = (key: number, version: number) => (version === NO_VERSION ? count + key : version);
  const sorted = [...pairs].sort((a, b) => node(a.key, a.before) - node(b.key, b.before));
  const nodeCount = count + versions.keyNames.length;
  const first = new Int32Array(nodeCount + 1);
  for (const { key, before } of sorted) {
    const slot = node(key, before) + 1;
    first[slot] = (first[slot] as number) + 1;
  }
  for (let index = 0; index < nodeCount; index++) {
    first[index + 1] = (first[index + 1] as number) + (first[index] as number);
  }
  const targets = Int32Array.from(sorted, ({ key, after }) => node(key, after));
  const { componentOf, sizes } = findComponents({ nodeCount, first, targets });
  const cyclic = new Map<number, number[]>();
  for (let version = 0; version < nodeCount; version++) {
    const component = componentOf[version] as number;
    if ((sizes[component] as number) < 2) continue;
    cyclic.set(component, [...(cyclic.get(component) ?? []), version]);
  }
  const keys = new Set<number>();
  for (const members of cyclic.values()) {
    const key = keyOfNode(versions, members[0] as number);
    keys.add(key);
    reportCyclic(key, members, versions, anomalies);
  }
  return keys;
}

function keyOfNode(versions: VersionTable, node: number): number {
  const count = versions.writers.length;
  return node >= count ? node - count : (versions.keys[node] as number);
}

function reportCyclic(
  key: number,
  members: readonly number[],
  versions: VersionTable,
  anomalies: AnomalyList,
): void {
  const count = versions.writers.length;
  const written = members.filter((member) => member < count && versions.writers[member] !== NOBODY);
  const shown = members.map((member) => showVersion(versions, member < count ? member : -1));
  const name = versions.keyNames[key] as string;
  anomalies.add({
    name: 'cyclic-versions',
    key: name,
    transactions: [...new Set(written.map((member) => versions.writers[member] as number))],
    sentences: [
      `the values ${shown.slice(0, 6).join(', ')} of ${name} each come before the others`,
      'so no order of the versions gives what was read',
    ],
  });
}

/** A version's value in words. */
function showVersion(versions: VersionTable, version: number): string {
  const value = version === NO_VERSION ? null : versions.values[version];
  return value === DEAD ? 'a deletion' : show(value as never);
}
