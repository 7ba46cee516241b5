/**
 * Nothing of one machine is kept: no path of somebody's home, no download address in a lock file.
 */
import type { House } from './house.ts';
import type { Fault } from './report.ts';

/** A folder under which people keep their work, with a name below it. */
const MACHINE_PATH = /(?<![\w.~@:/-])(?:\/(?:home|Users|root|work)|[A-Z]:\\Users)[/\\][\w.-]+/;

const DOWNLOAD_ADDRESS = /"resolved":\s*"https?:/;

/** Lines that hold for one machine only. */
export function machinePathFaults(house: House): readonly Fault[] {
  return house.texts.flatMap(({ path, text }) =>
    text.split('\n').flatMap((content, index) => {
      const line = index + 1;
      if (/(?:^|\/)package-lock\.json$/.test(path) && DOWNLOAD_ADDRESS.test(content)) {
        return [{ path, line, sentence: 'keeps a download address: see .npmrc' }];
      }
      const found = MACHINE_PATH.exec(content)?.[0];
      if (found === undefined) return [];
      return [{ path, line, sentence: `names a path of one machine: ${found}` }];
    }),
  );
}
