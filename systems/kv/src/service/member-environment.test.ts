/**
 * The environment of members, by hand.
 */
import { expect, it } from 'vitest';
import { memberEnvironment } from './member-environment.ts';

it('members get huge pages, unless tunables are set already', () => {
  const asked = { PATH: '/bin', GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };
  expect(memberEnvironment({ PATH: '/bin' })).toEqual(asked);
  const given = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' };
  expect(memberEnvironment(given)).toEqual(given);
});
