/**
 * Shows that times in sentences become links to them, and that nothing else does.
 */
import { describe, expect, it } from 'vitest';
import { linkTimes } from './time-link.ts';
import { formatMs } from './wording.ts';

describe('times in sentences', () => {
  it('are links to the cursor', () => {
    expect(linkTimes(`n1 broke at ${formatMs(1352)}: <late>`).text).toBe(
      'n1 broke at <a class="time" href="#t-1352">1\u202f352\u00a0ms</a>: &lt;late&gt;',
    );
    expect(linkTimes('seen at 7.5 ms and at 12 ms').text).toBe(
      'seen at <a class="time" href="#t-7.5">7.5 ms</a> and at <a class="time" href="#t-12">12 ms</a>',
    );
  });

  it('are left alone where they are durations', () => {
    expect(linkTimes('a read that began 370 ms later').text).toBe('a read that began 370 ms later');
  });
});
