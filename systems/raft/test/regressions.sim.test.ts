/**
 * Plans that once failed, made small: each runs clean, held to the invariants and to its history.
 *
 * A plan stays what it is when seeds mean something else. Where it comes from stands in the
 * post-mortem of the same day.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { checkLinearizable, register } from '@mangrove/check';
import { parsePlan } from '@mangrove/experiment';
import { simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { raftSubject, watchRaft } from '../src/index.ts';

const directory = new URL('./regressions/', import.meta.url);

describe('a plan that once failed', () => {
  it.each(readdirSync(directory))('R30, R77, R106: %s', async (name) => {
    const plan = parsePlan(readFileSync(new URL(name, directory), 'utf8'));
    const report = await simulate(raftSubject, plan, { invariant: watchRaft(plan) });
    const { stuck, violation } = report;
    const { type } = checkLinearizable(register(), report.history);
    expect({ type, stuck, violation }).toEqual({ type: 'valid', stuck: [], violation: undefined });
  });
});
