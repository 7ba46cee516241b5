/**
 * The module hook of a hunt with a bug in it: `node --import bug-hook.ts hunt.ts`, and the name of
 * the bug in `RAFT_BUG`. It patches the text in memory, and fails where the patch does not apply.
 */
import { registerHooks } from 'node:module';
import { env } from 'node:process';
import { plant } from '@mangrove/experiment';
import { plantedBugs } from '../src/planted-bugs.ts';

const bug = plantedBugs.find(({ name }) => name === env['RAFT_BUG']);
if (bug === undefined) throw new Error(`there is no bug ${env['RAFT_BUG']}`);
const target = new URL(`../../../${bug.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const planted = plant(bug, new TextDecoder().decode(loaded.source as Uint8Array));
    if (planted.type === 'refused') throw new Error(planted.reason);
    return { ...loaded, source: planted.text };
  },
});
