/**
 * Loaded into a replica before its program: notes when it proposes, writes to sockets, hears, asks
 * its disk and is answered, and leaves the newest notes in a file when it ends.
 *
 * The functions of Node.js that all of this goes through are wrapped, so the floor and the nodes
 * are watched in the same way. A note is a look at the clock and two stores.
 *
 *     file => (time:float64 in microseconds of the machine's monotonic clock, mark:float64)*
 */
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { join } from 'node:path';
import { PROPOSALS } from '@mangrove/test-kit/node';
import { HOP_BYTES, MARK } from './hops-of.ts';

/** How many notes are kept. */
const NOTES_MAX = 400_000;

const times = new Float64Array(NOTES_MAX);
const marks = new Uint8Array(NOTES_MAX);
const [seconds, nanoseconds] = process.hrtime();
const originUs = seconds * 1e6 + nanoseconds / 1e3 - performance.now() * 1e3;
let count = 0;

function note(mark: number): void {
  const place = count % NOTES_MAX;
  times[place] = performance.now();
  marks[place] = mark;
  count += 1;
}

type Callback = (...outcome: unknown[]) => void;

/** A function of `fs` whose call and answer are noted. */
function watched<Call extends object>(call: Call, asked: number, answered: number): Call {
  return new Proxy(call, {
    apply(target, self, given: unknown[]) {
      const done = given.at(-1) as Callback;
      const heard: Callback = (...outcome) => {
        note(answered);
        done(...outcome);
      };
      note(asked);
      return Reflect.apply(target as unknown as Callback, self, [...given.slice(0, -1), heard]);
    },
  });
}

/** A method of sockets whose beginning is noted, and whose end where that is wanted. */
function watch(method: '_write' | 'push', begun: number, ended?: number): void {
  const socket = net.Socket.prototype as unknown as Record<string, Callback>;
  const call = socket[method] as Callback;
  socket[method] = function (this: unknown, ...given: unknown[]) {
    note(begun);
    const result = call.apply(this, given);
    if (ended !== undefined) note(ended);
    return result;
  };
}

fs.write = watched(fs.write, MARK.diskAsked, MARK.written);
fs.fdatasync = watched(fs.fdatasync, MARK.syncAsked, MARK.synced);
syncBuiltinESMExports();
watch('_write', MARK.sending, MARK.sent);
watch('push', MARK.heard);
subscribe(PROPOSALS, (moment) => note(moment === 'proposed' ? MARK.proposed : MARK.resolved));

process.on('exit', () => {
  const kept = Math.min(count, NOTES_MAX);
  const bytes = Buffer.alloc(kept * HOP_BYTES);
  for (let nth = 0; nth < kept; nth++) {
    const place = (count - kept + nth) % NOTES_MAX;
    bytes.writeDoubleLE(originUs + (times[place] as number) * 1e3, nth * HOP_BYTES);
    bytes.writeDoubleLE(marks[place] as number, nth * HOP_BYTES + 8);
  }
  const [, , place = '', directory = ''] = process.argv;
  fs.writeFileSync(join(directory, `hops-${place}`), bytes);
});
