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
  const alternatives = (certificate.subjectaltname ?? '').split(', ');
  return alternatives.includes(`DNS:${node}`);
}
