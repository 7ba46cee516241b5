/**
 * Addresses as text: `127.0.0.1:4001`, `[::1]:4001`, `node-3.example:4001`.
 */
import { InvalidArgument } from '@mangrove/host';

/** A host and its port. */
export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^\s:[\]/]{1,253})):([0-9]{1,5})$/;

/** Reads an address; throws `InvalidArgument` where it is none. */
export function parseAddress(text: string): NetworkAddress {
  const match = ADDRESS.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new InvalidArgument('address', text, 'a host and a port, as in 127.0.0.1:4001');
  }
  return { host, port };
}

/** The address as text. */
export function formatAddress({ host, port }: NetworkAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The port as it is; throws `InvalidArgument` unless it is 0 to 65535. */
export function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgument('port', port, 'an integer from 0 to 65535');
  }
  return port;
}
