/**
 * Shows when a member counts as cut off: by its clock, three election timeouts after it led or
 * heard a leader last.
 */
import { describe, expect, it } from 'vitest';
import { LeaderContact } from './leader-contact.ts';

const heard = (heardMs: number) => ({ isLeader: false, heardMs });

describe('R66: a member', () => {
  it('is in touch for three election timeouts after it heard a leader', () => {
    const contact = new LeaderContact(100, 1000);
    expect(contact.observe(heard(0), 1300)).toBe(true);
    expect(contact.observe(heard(0), 1301)).toBe(false);
    expect(contact.observe(heard(1350), 1350)).toBe(true);
    expect(contact.observe(heard(1350), 1650)).toBe(true);
    expect(contact.observe(heard(1350), 1651)).toBe(false);
  });

  it('is in touch as long as it leads, and from then on', () => {
    const contact = new LeaderContact(100, 1000);
    expect(contact.observe({ isLeader: true, heardMs: 0 }, 9000)).toBe(true);
    expect(contact.observe(heard(0), 9300)).toBe(true);
    expect(contact.observe(heard(0), 9301)).toBe(false);
  });
});
