/**
 * Shows that what was written down can be run again: a plan by itself, and the one in a report.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPlan } from '@mangrove/experiment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../src/replay.ts';
import { renderReport } from '../src/report/render-report.ts';
import { runExperiment } from '../src/run-experiment.ts';
import type { ExperimentReport } from '../src/run-report.ts';

const experiment = 'register';
const bug = 'register-rename-before-sync';

describe('a run with a planted bug', () => {
  let folder: string;
  let report: ExperimentReport;
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mangrove-replay-'));
    report = await runExperiment({ experiment, world: 'sim', seed: 27, bug });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is reported with its command, its bug and its trace', () => {
    expect(report.command).toBe(`npx mangrove lab run register --world sim --seed 27 --bug ${bug}`);
    expect(report.found.verdict.anomaly).toBe('linearizability');
    expect(report.planted?.bug.name).toBe(bug);
    expect(report.found.trace?.records.length).toBeGreaterThan(100);
  });

  it('is replayed from its page, step by step the same', async () => {
    const again = await replay({ file: write('report.html', renderReport(report)) });
    expect(again).toMatchObject({ experiment, bug, isSame: true });
    expect(again.recordedCommit).toContain(report.environment.commit);
    expect(again.evidence.trace).toEqual(report.found.trace);
    expect(again.evidence.verdict).toEqual(report.found.verdict);
  });

  it('is another run where what it did is not what the page says', async () => {
    const page = renderReport({ ...report, found: { ...report.found, hash: '0123456789abcdef' } });
    const again = await replay({ file: write('other.html', page) });
    expect(again).toMatchObject({ recordedHash: '0123456789abcdef', isSame: false });
    expect(again.evidence.hash).toBe(report.found.hash);
  });

  it('is held to invariants where its page says so; else the two cannot be compared', async () => {
    const file = write('watched.html', renderReport({ ...report, isWatched: true }));
    expect(await replay({ file })).toMatchObject({ isWatched: true, isSame: true });
    const unwatched = await replay({ file, isWatched: false });
    expect(unwatched).toMatchObject({ isWatched: false, isSame: undefined });
  });

  it('is replayed from its plan, with the bug and without', async () => {
    const file = write('plan.json', formatPlan(report.found.plan));
    const again = await replay({ file, bug });
    expect(again.evidence.hash).toBe(report.found.hash);
    expect(again.isSame).toBeUndefined();
    expect((await replay({ file })).evidence.verdict.answer).toBe('valid');
  });

  it('is known again from its plan, where that tells its origin', async () => {
    const { plan, hash = '' } = report.found;
    const origin = { commit: '0123abc and changes', hash, bug };
    const file = write('origin.json', formatPlan({ ...plan, ...origin }));
    const { environment } = report;
    const here = environment.isModified ? `${environment.commit} and changes` : environment.commit;
    const again = await replay({ file, bug });
    expect(again).toMatchObject({ isSame: true, recordedCommit: origin.commit, commit: here });
    // The bug of a plan is not planted: without it the two cannot be compared.
    expect(await replay({ file })).toMatchObject({ bug: undefined, isSame: undefined });
    const other = write('edited.json', formatPlan({ ...plan, ...origin, hash: 'another' }));
    expect(await replay({ file: other, bug })).toMatchObject({ isSame: false });
    expect('hash' in again.evidence.plan).toBe(false);
  });

  it('is held to invariants where its plan says so', async () => {
    const { plan } = report.found;
    const file = write('watched.json', formatPlan({ ...plan, isWatched: true }));
    expect(await replay({ file })).toMatchObject({ isWatched: true });
  });

  it('runs the clean code where that is asked for, whatever the page names', async () => {
    const file = write('report.html', renderReport(report));
    const again = await replay({ file, isClean: true });
    expect(again).toMatchObject({ bug: undefined, isSame: undefined });
    expect(again.evidence.verdict.answer).toBe('valid');
  });

  it('refuses files that are neither, and bugs that it does not know', async () => {
    const broken = write('broken.json', '{"format":"mangrove-plan/1"');
    await expect(replay({ file: broken })).rejects.toThrow('plan');
    const page = write('page.html', '<!doctype html><p>Hello</p>');
    await expect(replay({ file: page })).rejects.toThrow('report');
    const file = write('plan.json', formatPlan(report.found.plan));
    await expect(replay({ file, bug: 'none' })).rejects.toThrow('bug is "none"');
  });
});
