/**
 * A client for programs in Node.js: it brings its own clock, timers and connections.
 */
import {
  createClientHost,
  type ProcessClientHost,
  type StreamTls,
} from '@mangrove/host-process/node';
import { lazyCrc32c } from '@mangrove/wire/node';
import { KvClient, type KvClientOptions } from '../client/kv-client.ts';

/** How a client in a process is set up. */
export interface ConnectKvOptions extends KvClientOptions {
  /** TLS: the authority of the members' certificates, and the client's own where they ask. */
  readonly tls?: StreamTls;
}

/** A client of the members at `endpoints`. Nothing is connected before the first call. */
export function connectKv(options: ConnectKvOptions): KvClient {
  const { tls, ...rest } = options;
  const host = createClientHost(tls === undefined ? {} : { streamTls: tls });
  return new ProcessKvClient(host, { crc32c: lazyCrc32c(), ...rest });
}

/** A client that has a Host to itself. */
class ProcessKvClient extends KvClient {
  private readonly host: ProcessClientHost;

  constructor(host: ProcessClientHost, options: KvClientOptions) {
    super(host, options);
    this.host = host;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.host.close();
  }
}
