/**
 * Where the members are, as a client knows them, and which one it asks.
 *
 * What needs the leader goes to it, as soon as its name and address are known: from the answers of
 * members, which tell who leads and where each of them is. Everything else goes to one member, the
 * home, until that fails; then to the next.
 */
import { InvalidArgument, type NodeId } from '@mangrove/host';
import type { Crc32c } from '@mangrove/wire';
import type { ClientHost } from './client-host.ts';
import { Connection, type ConnectionEnd, connect } from './connection.ts';

/** How members are reached. */
export interface EndpointsOptions {
  readonly endpoints: readonly string[];
  readonly cluster: string;
  readonly connectTimeoutMs: number;
  readonly crc32c: Crc32c | undefined;
}

/** The most addresses that are remembered. */
const ADDRESSES_MAX = 128;

/** The members of a cluster. */
export class Endpoints {
  private readonly host: ClientHost;
  private readonly options: EndpointsOptions;
  private readonly addresses: string[];
  private readonly addressOf = new Map<NodeId, string>();
  private readonly connections = new Map<string, Promise<Connection | ConnectionEnd>>();
  private readonly opened = new Map<string, Connection>();
  /** Those that were asked who leads, and have not answered. */
  private readonly asked = new Set<Connection>();
  private home: number;
  private leader: NodeId | undefined;
  private isClosed = false;

  constructor(host: ClientHost, options: EndpointsOptions) {
    const { endpoints } = options;
    if (endpoints.length === 0 || endpoints.length > ADDRESSES_MAX) {
      throw new InvalidArgument('endpoints', endpoints, `1 to ${ADDRESSES_MAX} addresses`);
    }
    this.host = host;
    this.options = options;
    this.addresses = [...new Set(endpoints)];
    this.home = host.random.below(this.addresses.length);
  }

  /** Every address that is known. */
  get all(): readonly string[] {
    return this.addresses;
  }

  /**
   * A connection to the leader, if it is wanted and known, else to the home; where that cannot be
   * reached, to any other. Resolves to why not, where no member can be reached.
   */
  async pick(wantsLeader: boolean): Promise<Connection | ConnectionEnd> {
    let end: ConnectionEnd | undefined;
    const leader = wantsLeader && this.leader !== undefined ? this.leader : undefined;
    const leaderAddress = leader === undefined ? undefined : this.addressOf.get(leader);
    if (leaderAddress !== undefined) {
      const connection = await this.connection(leaderAddress);
      if (connection instanceof Connection) return connection;
      if (this.leader === leader) this.leader = undefined;
    }
    for (let tried = 0; tried < this.addresses.length; tried += 1) {
      const connection = await this.connection(this.addresses[this.home] ?? '');
      if (connection instanceof Connection) {
        // Met before anyone led, it knew no leader: without asking again that would stay so.
        if (wantsLeader && !this.asked.has(connection)) this.learnFrom(connection);
        return connection;
      }
      end = connection;
      if (this.isClosed) break;
      this.moveHome();
    }
    return end ?? { code: 'unavailable', detail: 'there is no endpoint' };
  }

  /** What `pick` would give, where that is open already; the same, with less ado. */
  open(wantsLeader: boolean): Connection | undefined {
    const { leader } = this;
    if (!wantsLeader) return this.opened.get(this.addresses[this.home] ?? '');
    // Where no leader is known it has to be asked for.
    if (leader === undefined) return undefined;
    return this.opened.get(this.addressOf.get(leader) ?? '');
  }

  /** The connection to `address`, made where there is none. */
  connection(address: string): Promise<Connection | ConnectionEnd> {
    if (this.isClosed) return Promise.resolve(CLOSED);
    const known = this.connections.get(address);
    if (known !== undefined) return known;
    const opening = this.connectTo(address);
    this.connections.set(address, opening);
    return opening;
  }

  /** The leader is `node`, or, as far as the asked member knows, nobody. */
  noteLeader(node: NodeId | undefined): void {
    this.leader = node;
    if (node === undefined || this.addressOf.has(node) || this.isClosed) return;
    // Only its name is known: whoever is met says where it is.
    for (const address of this.addresses) {
      this.host.run(async () => void (await this.connection(address)));
    }
  }

  /** A member does not answer, or is of no use now: others are asked from now on. */
  noteTrouble(connection: Connection): void {
    if (this.leader === connection.member) this.leader = undefined;
    if (this.addresses[this.home] === connection.address) this.moveHome();
  }

  /** Closes the connections that nobody uses and on which nothing was heard since `sinceMs`. */
  leaveUnheard(sinceMs: number): void {
    for (const connection of [...this.opened.values()]) {
      if (connection.isInUse || connection.heardMs > sinceMs) continue;
      connection.close('unavailable', 'nothing was heard on it, as on another one that was dead');
    }
  }

  /** Closes all connections and makes no more. */
  close(): void {
    this.isClosed = true;
    for (const opening of this.connections.values()) {
      this.host.run(async () => {
        const connection = await opening;
        if (connection instanceof Connection) connection.close('closed', 'the client was closed');
      });
    }
  }

  /** Asks the member at the other end who leads, and where all members are. */
  learnFrom(connection: Connection): void {
    const timeoutMs = this.options.connectTimeoutMs;
    this.asked.add(connection);
    connection.request({ type: 'status' }, timeoutMs, timeoutMs, (outcome) => {
      this.asked.delete(connection);
      if (outcome.type !== 'replied' || outcome.reply.type !== 'done') return;
      const { result } = outcome.reply;
      if (result.type === 'status') this.noteLeader(result.status.leader);
    });
    connection.request({ type: 'list-members' }, timeoutMs, timeoutMs, (outcome) => {
      if (outcome.type !== 'replied' || outcome.reply.type !== 'done') return;
      const { result } = outcome.reply;
      if (result.type !== 'members') return;
      for (const { node, clientAddress } of result.members) this.learn(node, clientAddress);
    });
  }

  private async connectTo(address: string): Promise<Connection | ConnectionEnd> {
    const connection = await connect(this.host, address, this.options);
    if (!(connection instanceof Connection)) {
      this.connections.delete(address);
      return connection;
    }
    if (this.isClosed) {
      connection.close('closed', 'the client was closed');
      return CLOSED;
    }
    connection.onEnd = () => {
      this.connections.delete(address);
      this.opened.delete(address);
      this.noteTrouble(connection);
    };
    if (connection.ended !== undefined) {
      this.connections.delete(address);
      return connection.ended;
    }
    this.opened.set(address, connection);
    if (connection.member !== undefined) this.addressOf.set(connection.member, address);
    this.learnFrom(connection);
    return connection;
  }

  private learn(node: NodeId, address: string): void {
    // Where a member was reached counts more than what others say.
    if (address === '' || this.addressOf.has(node)) return;
    if (this.addresses.length >= ADDRESSES_MAX) return;
    this.addressOf.set(node, address);
    if (!this.addresses.includes(address)) this.addresses.push(address);
  }

  private moveHome(): void {
    this.home = (this.home + 1) % this.addresses.length;
  }
}

const CLOSED: ConnectionEnd = { code: 'closed', detail: 'the client was closed' };
