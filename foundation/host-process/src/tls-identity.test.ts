/**
 * Shows whom a certificate speaks for, also where its names are made to be misread.
 */
import type { PeerCertificate } from 'node:tls';
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { namesNode } from './tls-identity.ts';

const N1 = toNodeId('n1');

function certificate(commonName: string | undefined, alternatives?: string): PeerCertificate {
  const subject = commonName === undefined ? {} : { CN: commonName };
  return { subject, subjectaltname: alternatives } as unknown as PeerCertificate;
}

describe('a certificate', () => {
  it.each([
    ['its common name', 'n1', undefined],
    ['its only alternative name', undefined, 'DNS:n1'],
    ['one of several', 'other', 'IP Address:10.0.0.1, DNS:n2, DNS:n1'],
    ['a name behind a quoted one', 'other', 'DNS:"a, b", DNS:n1'],
    ['a name behind a quoted quote', 'other', 'URI:"x\\", y", DNS:n1'],
  ])('names the node by %s', (_how, commonName, alternatives) => {
    expect(namesNode(certificate(commonName, alternatives), N1)).toBe(true);
  });

  it.each([
    ['no name at all', undefined, undefined],
    ['another name', 'n2', 'DNS:n3'],
    ['a longer name', 'n11', 'DNS:n1.example'],
    ['another kind of name', undefined, 'URI:n1, email:n1'],
    ['a name in which another one seems to stand', undefined, 'DNS:"x, DNS:n1, y"'],
    ['a URI in which a name seems to stand', undefined, 'URI:"http://x/, DNS:n1"'],
    ['a quoted quote before it', undefined, 'DNS:"x\\", DNS:n1, y"'],
    ['a quote that does not end', undefined, 'DNS:"x, DNS:n1'],
  ])('does not name the node by %s', (_how, commonName, alternatives) => {
    expect(namesNode(certificate(commonName, alternatives), N1)).toBe(false);
  });

  it('that is missing names nobody', () => {
    expect(namesNode(undefined, N1)).toBe(false);
    expect(namesNode({} as PeerCertificate, N1)).toBe(false);
  });
});
