/**
 * The members of one cluster in one thread: started together, killed and restarted one by one.
 */
import { InvalidArgument } from '@mangrove/host';
import { MemoryStorage } from '@mangrove/host-process/node';
import { KvError } from '../client/kv-error.ts';
import { singleKey } from '../core/key-range.ts';
import { readAll } from '../core/request.ts';
import {
  type KvMember,
  type KvMemberPlace,
  type KvMemberSettings,
  openMemberHost,
  startMember,
} from './kv-member.ts';

/** What a group of members is made of. */
export interface MemberGroupOptions {
  readonly nodes: number;
  /** Where members keep their files, each in a directory of its own; without one in memory. */
  readonly dataDirectory: string | undefined;
  readonly settings: KvMemberSettings;
}

/**
 * Starts the members; resolves when a leader serves. Rejects where one cannot start, or nobody
 * leads in time; then none runs.
 */
export async function startMembers(options: MemberGroupOptions): Promise<MemberGroup> {
  const { nodes, dataDirectory, settings } = options;
  const places = Array.from({ length: nodes }, (_, place): KvMemberPlace => {
    const name = `n${place + 1}`;
    const data = dataDirectory === undefined ? new MemoryStorage() : `${dataDirectory}/${name}`;
    return { name, data, peerPort: 0, clientPort: 0 };
  });
  const opened = await Promise.allSettled(places.map((place) => openMemberHost(settings, place)));
  const hosts = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
    const peers = Object.fromEntries(hosts.map((host) => [host.node, host.messageAddress]));
    const members = await Promise.all(
      hosts.map((host, nth) => startMember(host, settings, placeAt(places, nth), peers)),
    );
    // Founders elect nobody before all of them have met: none may be killed earlier.
    await Promise.all(members.map(whenServing));
    const fixed = members.map((member, nth) => ({
      ...placeAt(places, nth),
      peerPort: portOf(member.host.messageAddress),
      clientPort: portOf(member.clientAddress),
    }));
    return new MemberGroup(settings, fixed, peers, members);
  } catch (error) {
    await Promise.all(hosts.map((host) => host.close()));
    throw error;
  }
}

/** How long members may take to elect their first leader, in milliseconds. */
const FOUNDING_MS = 20_000;

async function whenServing({ host, node }: KvMember): Promise<void> {
  const endMs = host.clock.now() + FOUNDING_MS;
  const operation = readAll(singleKey(new Uint8Array([0])));
  const consistency = { type: 'linearizable' } as const;
  for (;;) {
    const reply = await node.handle({
      type: 'operation',
      operation,
      consistency,
      place: undefined,
    });
    if (reply.type === 'done') return;
    const { code, isDefinite, detail } = reply;
    if (host.clock.now() > endMs) throw new KvError(code, { isDefinite, detail });
    await host.timers.sleep(1);
  }
}

/** Members that run, or were killed. */
export class MemberGroup {
  /** Where clients connect to, in order; a member that was killed comes back at the same place. */
  readonly endpoints: readonly string[];
  private readonly settings: KvMemberSettings;
  private readonly places: readonly KvMemberPlace[];
  private readonly peers: Readonly<Record<string, string>>;
  private readonly members: (KvMember | undefined)[];

  constructor(
    settings: KvMemberSettings,
    places: readonly KvMemberPlace[],
    peers: Readonly<Record<string, string>>,
    members: readonly KvMember[],
  ) {
    this.settings = settings;
    this.places = places;
    this.peers = peers;
    this.members = [...members];
    this.endpoints = members.map((member) => member.clientAddress);
  }

  /** Ends a member as a crash does; one that is down already is left at that. */
  async kill(nth: number): Promise<void> {
    placeAt(this.places, nth);
    const member = this.members[nth];
    this.members[nth] = undefined;
    await member?.kill();
  }

  /** Starts a member again, with what it kept; one that runs is killed first. */
  async restart(nth: number): Promise<void> {
    await this.kill(nth);
    const place = placeAt(this.places, nth);
    const host = await openMemberHost(this.settings, place);
    this.members[nth] = await startMember(host, this.settings, place, this.peers);
  }

  /** Stops all members. */
  async close(): Promise<void> {
    const members = this.members.splice(0);
    await Promise.all(members.map((member) => member?.close()));
  }
}

function placeAt(places: readonly KvMemberPlace[], nth: number): KvMemberPlace {
  const place = places[nth];
  if (place !== undefined) return place;
  throw new InvalidArgument('node', nth, `0 to ${places.length - 1}`);
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
