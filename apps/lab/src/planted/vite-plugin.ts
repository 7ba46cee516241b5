/**
 * Plants a bug in what Vite transforms: for Vitest, whose runner ignores module hooks, and for
 * pages.
 */
import { join } from 'node:path';
import { type PlantedBug, plant } from '@mangrove/experiment';
import { PROJECT_ROOT } from '../environment.ts';

/** What of a Vite plugin this one has. */
export interface PlantingPlugin {
  readonly name: string;
  readonly enforce: 'pre';
  transform(code: string, id: string): string | undefined;
  /** Fails the build that never met the file. */
  buildEnd(): void;
}

/** A plugin that plants `bug` as the file is transformed, and fails where that is not once. */
export function plantingPlugin(bug: PlantedBug): PlantingPlugin {
  const path = join(PROJECT_ROOT, bug.file);
  let plantedCount = 0;
  return {
    name: `mangrove-plant-${bug.name}`,
    enforce: 'pre',
    transform(code, id) {
      if (id.split('?')[0] !== path) return undefined;
      const planted = plant(bug, code);
      if (planted.type === 'refused') throw new Error(planted.reason);
      plantedCount += 1;
      return planted.text;
    },
    buildEnd() {
      if (plantedCount === 0) throw new Error(`${bug.name} was never planted: no ${bug.file}`);
    },
  };
}
