/**
 * Who a certificate speaks for: with mutual TLS, a peer is the node that its certificate names.
 */
import type { PeerCertificate } from 'node:tls';
import type { NodeId } from '@mangrove/host';

/** Key, certificate and authority of one side, in PEM. */
export interface TlsIdentity {
  readonly key: string | Uint8Array;
  readonly cert: string | Uint8Array;
  /** The authority that signs the peers' certificates. */
  readonly ca: string | Uint8Array;
}

/** Whether `certificate` names `node`, as its common name or among its alternative DNS names. */
export function namesNode(certificate: PeerCertificate | undefined, node: NodeId): boolean {
  if (certificate?.subject === undefined) return false;
  const commonNames = [certificate.subject.CN].flat();
  if (commonNames.includes(node)) return true;
  return dnsNames(certificate.subjectaltname ?? '').includes(node);
}

/**
 * The DNS names in `text`, as Node.js writes alternative names: `DNS:n1, IP Address:10.0.0.1`.
 *
 * A name with a comma or quote in it stands in quotes, as a JSON string. It is passed over as a
 * whole, since no node is called so: a certificate for the one name `x, DNS:n1` is none for `n1`.
 */
function dnsNames(text: string): string[] {
  const names: string[] = [];
  for (const [, kind, name] of text.matchAll(ALTERNATIVE_NAME)) {
    if (kind === 'DNS' && name !== undefined) names.push(name);
  }
  return names;
}

const ALTERNATIVE_NAME = /(?:^|, )([^:,"]+):(?:"(?:[^"\\]|\\.)*"|([^,"]*))/gy;
