/**
 * One step, taken by the store and by its twin, which must answer alike.
 */
import { applyCommand, type Command, invalidity, type KvStore, type Revision } from '@mangrove/kv';
import { expect } from 'vitest';
import type { NaiveStore } from './naive-store.ts';
import type { Step } from './random-steps.ts';

/** Takes `each`; gives the command that was applied, if the step was one. */
export function applyBoth(store: KvStore, twin: NaiveStore, each: Step): Command | undefined {
  if (each.type === 'sweep') {
    store.sweep(each.versionsMax);
    return undefined;
  }
  if (each.type === 'operation' && invalidity(each.operation) !== undefined) return undefined;
  const command: Command =
    each.type === 'compact-behind'
      ? { type: 'compact', revision: Math.max(0, twin.revision - each.behind) as Revision }
      : each;
  expect(applyCommand(store, command, 1)).toEqual(twin.apply(command, 1));
  return command;
}
