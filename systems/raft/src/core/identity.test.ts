/**
 * Who is let in, and what a leader writes into the configuration: by hand, case by case.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { type StoreId, simpleConfiguration } from './configuration.ts';
import { ConfigurationHistory } from './configuration-history.ts';
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
/** Why a peer is not let in by a member that has committed `configurations`, by their indexes. */
const faultOf = (
  configurations: ConfigurationHistory,
  firstSeen: ReadonlyMap<NodeId, StoreId>,
  introduction: Introduction,
) => admissionFault(configurations, at(20), firstSeen, introduction);
const peer = (given: Partial<Introduction>): Introduction => ({
  node: c,
  store: store('c1'),
  versionMax: 2,
  boundIndex: at(0),
  ...given,
});

describe('admission', () => {
  const placed = new ConfigurationHistory({ index: at(10), configuration: bound });

  it('R75: a member is let in with its own store only', () => {
    expect(faultOf(placed, new Map(), peer({}))).toBeUndefined();
    expect(faultOf(placed, new Map(), peer({ store: store('c2') }))).toBe('wrong-store');
    const lookedAt = peer({ node: d, store: store('d1') });
    expect(faultOf(placed, new Map(), lookedAt)).toBeUndefined();
  });

  it('R75: who is being removed is held to its store until that is committed', () => {
    const stores = bound.stores.filter(({ node }) => node !== c);
    const configurations = new ConfigurationHistory({ index: at(10), configuration: bound });
    const configuration = simpleConfiguration([a, b], [], stores, 2);
    configurations.append({ index: at(12), configuration });
    const renewed = peer({ store: store('c2') });
    expect(admissionFault(configurations, at(11), new Map(), renewed)).toBe('wrong-store');
    expect(admissionFault(configurations, at(11), new Map(), peer({}))).toBeUndefined();
    expect(admissionFault(configurations, at(12), new Map(), renewed)).toBeUndefined();
  });

  it('R76: a member that missed a change does not shut out who came by it', () => {
    const renewed = peer({ store: store('c2'), boundIndex: at(11) });
    expect(faultOf(placed, new Map(), renewed)).toBeUndefined();
    const former = peer({ store: store('c0'), boundIndex: at(10) });
    expect(faultOf(placed, new Map(), former)).toBe('wrong-store');
  });

  it('R77: before the configuration names stores, the first one that was seen counts', () => {
    const configuration = simpleConfiguration([a, b, c]);
    const founding = new ConfigurationHistory({ index: at(1), configuration });
    const seen = new Map([[c, store('c1')]]);
    expect(faultOf(founding, seen, peer({}))).toBeUndefined();
    expect(faultOf(founding, seen, peer({ store: store('c2') }))).toBe('wrong-store');
    expect(faultOf(placed, new Map([[c, store('c0')]]), peer({}))).toBeUndefined();
  });

  it('R80: who cannot read what the group writes is not let in', () => {
    expect(faultOf(placed, new Map(), peer({ versionMax: 1 }))).toBe('old-version');
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
