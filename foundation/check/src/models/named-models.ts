/**
 * The models by name, as the command line and reports call them.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Value } from '../history.ts';
import type { Model } from '../model.ts';
import { counter } from './counter.ts';
import { kv } from './kv.ts';
import { multiRegister } from './multi-register.ts';
import { fencedLock, mutex, ownedMutex } from './mutex.ts';
import { fifoQueue, unorderedQueue } from './queue.ts';
import { casRegister, register } from './register.ts';
import { set } from './set.ts';

/** Every model that `modelNamed` knows. */
export const MODEL_NAMES: readonly string[] = [
  'register',
  'cas-register',
  'multi-register',
  'kv',
  'counter',
  'set',
  'fifo-queue',
  'unordered-queue',
  'mutex',
  'owned-mutex',
  'fenced-lock',
];

/**
 * The model of a name.
 *
 * @param initial the initial value, for registers, `kv` and `counter`; their own where it is absent
 * @throws InvalidArgument when there is no such model, or it takes no such initial value
 */
export function modelNamed(name: string, initial?: Value): Model {
  switch (name) {
    case 'register':
      return register(initial);
    case 'cas-register':
      return casRegister(initial);
    case 'kv':
      return kv(initial);
    case 'counter':
      if (initial !== undefined && typeof initial !== 'number') {
        throw new InvalidArgument('initial', initial, 'a number for a counter');
      }
      return counter(initial);
    default:
      if (initial !== undefined) {
        throw new InvalidArgument('initial', initial, `absent: ${name} begins in its own state`);
      }
      return plainModel(name);
  }
}

function plainModel(name: string): Model {
  switch (name) {
    case 'multi-register':
      return multiRegister();
    case 'set':
      return set();
    case 'fifo-queue':
      return fifoQueue();
    case 'unordered-queue':
      return unorderedQueue();
    case 'mutex':
      return mutex();
    case 'owned-mutex':
      return ownedMutex();
    case 'fenced-lock':
      return fencedLock();
    default:
      throw new InvalidArgument('model', name, `one of ${MODEL_NAMES.join(', ')}`);
  }
}
