/**
 * Shows what the panel says of a node: role, term, log and whatever else it tells.
 */
import { describe, expect, it } from 'vitest';
import { figureEightReport } from '../../test/figure-eight.ts';
import type { Fields } from './lifeline.ts';
import type { NodeState } from './node-state.ts';
import { storyOf } from './run-story.ts';
import { cells, logOf, renderPanel } from './state-panel.ts';

const story = { ...storyOf(figureEightReport())!, clients: [], replicas: ['n1'] };

/** The words of the panel for one node. */
function words(fields: Fields, status: NodeState['status'] = 'up'): string {
  const state: NodeState = { status, life: '1', fields, sinceMs: 0 };
  const { text } = renderPanel(story, new Map([['n1', state]]), 1);
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

describe('the panel of a node', () => {
  it('has role, term and commit of a system with leaders', () => {
    const fields = { role: 'pre-candidate', epoch: 7, commitIndex: 12, votedFor: 'n2' };
    expect(words(fields)).toBe('n1 Pre candidate term 7 commit 12 voted for n2');
  });

  it('has the fields of a system without them', () => {
    expect(words({ tag: '3-c1', value: 9 })).toBe('n1 tag 3-c1 value 9');
  });

  it('says that a node is down, with what it last told', () => {
    expect(words({ role: 'leader', term: 3, commitIndex: 4 }, 'down')).toBe('n1 Down term 3');
  });

  it('shows the last entries of a log, filled up to the commit index', () => {
    const log = logOf({ log: '1:a 1:b 2:c=x:y 3:d' })!;
    expect(log.map(({ index, term, text }) => [index, term, text])).toEqual([
      ...[
        [1, 1, 'a'],
        [2, 1, 'b'],
        [3, 2, 'c=x:y'],
        [4, 3, 'd'],
      ],
    ]);
    const { text } = cells(log, 3);
    expect([...text.matchAll(/class="cell[^"]*"/g)].map(([name]) => name.includes('full'))).toEqual(
      [...[true, true, false]],
    );
    expect(text).toContain('>+1</span>');
  });

  it('counts from where a node says that the log begins', () => {
    const log = logOf({ log: '4:a 4:b', logFrom: 12 })!;
    expect(log.map(({ index }) => index)).toEqual([12, 13]);
    const { text } = cells(log, 12);
    expect(text).toContain('title="index 12, term 4, committed: a"');
    expect(text).toContain('>+11</span>');
  });
});
