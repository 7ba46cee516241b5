/**
 * The module hook that plants a bug: loaded with `--import` by every process and worker that is to
 * run patched code.
 *
 * It changes the text of one file on its way from the disk to the compiler; nothing is written
 * anywhere. What it did is told by `plantedHere`, which every thread has to report.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { plant } from '@mangrove/experiment';
import { PROJECT_ROOT } from '../environment.ts';
import { PLANT_VARIABLE, parsePlanted, reportPlanted } from './planted.ts';

const text = process.env[PLANT_VARIABLE];
if (text !== undefined && text !== '') {
  const bug = parsePlanted(text);
  // From the root, or wherever the file of somebody's own system is.
  const target = pathToFileURL(resolve(PROJECT_ROOT, bug.file)).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target || loaded.source === undefined || loaded.source === null) return loaded;
      const planted = plant(bug, Buffer.from(loaded.source as Uint8Array).toString());
      if (planted.type === 'refused') throw new Error(planted.reason);
      reportPlanted(bug.name);
      return { ...loaded, source: planted.text };
    },
  });
}
