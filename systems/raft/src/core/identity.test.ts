/**
 * Who is let in, and what a leader writes into the configuration: by hand, case by case.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { type StoreId, simpleConfiguration } from './configuration.ts';
import { admissionFault, boundConfiguration, type Introduction } from './identity.ts';
import type { LogIndex } from './positions.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(toNodeId) as [
  ReturnType<typeof toNodeId>,
  ReturnType<typeof toNodeId>,
  ReturnType<typeof toNodeId>,
  ReturnType<typeof toNodeId>,
];
const store = (text: string) => text as StoreId;
const at = (index: number) => index as LogIndex;
const bound = simpleConfiguration(
  [a, b, c],
  [],
  [a, b, c].map((node) => ({ node, store: store(`${node}1`) })),
  2,
);
const peer = (given: Partial<Introduction>): Introduction => ({
  node: c,
  store: store('c1'),
  versionMax: 2,
  boundIndex: at(0),
  ...given,
});

describe('admission', () => {
  const placed = { index: at(10), configuration: bound };

  it('R75: a member is let in with its own store only', () => {
    expect(admissionFault(placed, new Map(), peer({}))).toBeUndefined();
    expect(admissionFault(placed, new Map(), peer({ store: store('c2') }))).toBe('wrong-store');
    const lookedAt = peer({ node: d, store: store('d1') });
    expect(admissionFault(placed, new Map(), lookedAt)).toBeUndefined();
  });

  it('R76: a member that missed a change does not shut out who came by it', () => {
    const renewed = peer({ store: store('c2'), boundIndex: at(11) });
    expect(admissionFault(placed, new Map(), renewed)).toBeUndefined();
    const former = peer({ store: store('c0'), boundIndex: at(10) });
    expect(admissionFault(placed, new Map(), former)).toBe('wrong-store');
  });

  it('R77: before the configuration names stores, the first one that was seen counts', () => {
    const founding = { index: at(1), configuration: simpleConfiguration([a, b, c]) };
    const seen = new Map([[c, store('c1')]]);
    expect(admissionFault(founding, seen, peer({}))).toBeUndefined();
    expect(admissionFault(founding, seen, peer({ store: store('c2') }))).toBe('wrong-store');
    expect(admissionFault(placed, new Map([[c, store('c0')]]), peer({}))).toBeUndefined();
  });

  it('R80: who cannot read what the group writes is not let in', () => {
    expect(admissionFault(placed, new Map(), peer({ versionMax: 1 }))).toBe('old-version');
  });
});

describe('binding', () => {
  const founding = simpleConfiguration([a, b, c]);
  const identity = (node: string, versionMax = 2) => ({ store: store(`${node}1`), versionMax });

  it('R79: the version is that of the least member; one that is not known holds it back', () => {
    expect(boundConfiguration(founding, (node) => identity(node))).toEqual(bound);
    const isOld = (node: string) => identity(node, node === 'b' ? 1 : 2);
    expect(boundConfiguration(founding, isOld)).toEqual(founding);
    const lacksB = (node: string) => (node === 'b' ? undefined : identity(node));
    expect(boundConfiguration(founding, lacksB)).toEqual(founding);
  });

  it('R79: what is bound stays, whoever comes later under its name', () => {
    const other = (node: string) => ({ store: store(`${node}9`), versionMax: 1 });
    expect(boundConfiguration(bound, other)).toEqual(bound);
  });
});
