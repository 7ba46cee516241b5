/**
 * Shows that times in sentences become links to them, and that nothing else does.
 */
import { describe, expect, it } from 'vitest';
import { linkTimes, timeLink } from './time-link.ts';
import { formatMs } from './wording.ts';

describe('times in sentences', () => {
  it('are links to the cursor', () => {
    expect(linkTimes(`n1 broke at ${formatMs(1352)}: <late>`).text).toBe(
      'n1 broke at <a class="time" href="#t-1352">1\u202f352\u00a0ms</a>: &lt;late&gt;',
    );
    const link = (ms: string) => `<a class="time" href="#t-${ms}">${ms} ms</a>`;
    expect(linkTimes('seen at 7.5 ms and at 12 ms').text).toBe(
      `seen at ${link('7.5')} and at ${link('12')}`,
    );
    expect(linkTimes('both between 7.5 ms and 12 ms').text).toBe(
      `both between ${link('7.5')} and ${link('12')}`,
    );
  });

  it('can be given as moments, to a microsecond', () => {
    expect(timeLink(1440.12345).text).toBe(
      '<a class="time" href="#t-1440.123">1\u202f440\u00a0ms</a>',
    );
  });

  it('are left alone where they are durations', () => {
    expect(linkTimes('a read that began 370 ms later').text).toBe('a read that began 370 ms later');
  });
});
