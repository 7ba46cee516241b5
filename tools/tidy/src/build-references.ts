/**
 * The build knows the house: `tsc -b` compiles every package that is published or used by one.
 *
 * - Every package with product code, tools aside, has a `tsconfig.json`, and `tsconfig.build.json`
 *   names it.
 * - Its references are the packages that its manifest depends on.
 */
import type { House, Package } from './house.ts';
import type { Fault } from './report.ts';

/** Packages that the build does not know, or knows wrongly. */
export function buildReferenceFaults(house: House): readonly Fault[] {
  const built = house.packages.filter(({ room }) => isBuilt(house, room));
  const listed = referencesIn(house, 'tsconfig.build.json') ?? [];
  return built.flatMap((each) => {
    const path = `${each.room}/tsconfig.json`;
    const references = referencesIn(house, path);
    if (references === undefined) return [{ path, sentence: 'is missing: tsc -b needs it' }];
    const faults: Fault[] = [];
    if (!listed.includes(each.room)) {
      faults.push({ path: 'tsconfig.build.json', sentence: `does not name ${each.room}` });
    }
    const wanted = roomsOf(house, each).filter((room) => isBuilt(house, room));
    for (const room of wanted.filter((room) => !references.includes(room))) {
      faults.push({ path, sentence: `does not reference ${room}, on which its package depends` });
    }
    for (const room of references.filter((room) => !wanted.includes(room))) {
      faults.push({ path, sentence: `references ${room}, on which its package does not depend` });
    }
    return faults;
  });
}

function isBuilt(house: House, room: string): boolean {
  return (
    !room.startsWith('tools/') &&
    house.sources.some(
      (file) => file.room === room && file.isProduct && !/\/page\//.test(file.path),
    )
  );
}

function roomsOf(house: House, { manifest }: Package): readonly string[] {
  return Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
    const room = house.packageOf(name)?.room;
    return room === undefined ? [] : [room];
  });
}

function referencesIn(house: House, path: string): readonly string[] | undefined {
  const text = house.texts.find((file) => file.path === path)?.text;
  if (text === undefined) return undefined;
  const { references = [] } = JSON.parse(text) as { references?: readonly { path: string }[] };
  return references.map((each) => each.path.replace(/^(?:\.\.\/)*/, ''));
}
