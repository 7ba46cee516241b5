/**
 * Shows that links which lead nowhere are caught, with their line, and that all others pass.
 */
import { expect, it } from 'vitest';
import { faultsWith } from '../test/planted-house.ts';

it('catches a link to what is not there', async () => {
  const faults = await faultsWith({
    'docs/tour.md': '# Tour\n\nSee [this](nothing.md), ![that](x.png) and [root](/README.md).\n',
    'README.md': '# House\n\n[out](../elsewhere.md)\n<img alt="" src="docs/no.png">\n',
  });
  expect(faults).toEqual([
    'README.md:3: links to ../elsewhere.md, which is outside of the house',
    'README.md:4: links to docs/no.png, which does not exist',
    'docs/tour.md:3: links to nothing.md, which does not exist',
    'docs/tour.md:3: links to x.png, which does not exist',
    'docs/tour.md:3: links to /README.md: links are relative',
  ]);
});

it('catches a heading that is not there', async () => {
  const faults = await faultsWith({
    'README.md': '# House\n\n## `Host` and all\n\n[a](#host-and-all) [b](#nothing)\n',
    'docs/tour.md': '# Tour\n\n[c](../README.md#house) [d](../README.md#here)\n```\n# Here\n```\n',
  });
  expect(faults).toEqual([
    'README.md:5: links to #nothing, but README.md has no such heading',
    'docs/tour.md:3: links to ../README.md#here, but README.md has no such heading',
  ]);
});

it('lets files, folders, other places and code pass', async () => {
  const lines = [
    '[a](docs/) [b](docs/a%20b.md "Title") [c](<docs/tour.md>) [d](https://example.org/x)',
    'In `[code](nothing.md)` too.',
    '~~~',
    '[code](nothing.md)',
    '~~~',
    '## Twice',
    '## Twice',
    '[e](#twice-1)',
  ];
  expect(
    await faultsWith({
      'README.md': `# House\n\n${lines.join('\n')}\n`,
      'docs/a b.md': '# A\n',
      'docs/tour.md': '# Tour\n',
    }),
  ).toEqual([]);
});
