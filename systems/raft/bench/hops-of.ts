/**
 * The way of one proposal, hop by hop, out of what a leader and its followers noted.
 */

/** The bytes of a note. */
export const HOP_BYTES = 16;

/** What is noted. */
export const MARK = {
  proposed: 0,
  sending: 1,
  sent: 2,
  diskAsked: 3,
  written: 4,
  syncAsked: 5,
  synced: 6,
  heard: 7,
  resolved: 8,
} as const;

/** A note of one replica. */
export interface Note {
  readonly atUs: number;
  readonly mark: number;
}

/** How long the hops of one proposal took, in microseconds. */
export interface Hops {
  readonly 'proposed until the first message is written': number;
  readonly 'both messages, one write each': number;
  readonly 'until the disk of the leader is asked': number;
  readonly 'disk of the leader, thread and back': number;
  readonly 'first message written until a follower hears': number;
  readonly 'follower: heard until its disk is asked': number;
  readonly 'follower: disk, thread and back': number;
  readonly 'follower: disk done until the answer is written': number;
  readonly 'follower: one write': number;
  readonly 'leader: heard and own disk done, until it resolves': number;
  readonly all: number;
}

/** The notes in a file that `hop-marks.ts` left. */
export function readNotes(bytes: Buffer): Note[] {
  return Array.from({ length: bytes.length / HOP_BYTES }, (_, nth) => ({
    atUs: bytes.readDoubleLE(nth * HOP_BYTES),
    mark: bytes.readDoubleLE(nth * HOP_BYTES + 8),
  }));
}

/**
 * The hops of each proposal that went alone, by way of the follower whose answer was written first.
 *
 * @param diskDone what tells that a disk is done: with a write that is durable, or with a sync
 */
export function hopsOf(
  leader: readonly Note[],
  followers: readonly (readonly Note[])[],
  diskDone: number,
): Hops[] {
  const cursors = followers.map((notes) => new Cursor(notes));
  const all: Hops[] = [];
  for (const cycle of cyclesOf(leader)) {
    const begun = timesOf(cycle, MARK.sending)[0];
    if (begun === undefined) continue;
    const ways = cursors.flatMap((cursor) => wayOf(cursor.from(begun), diskDone) ?? []);
    const way = ways.toSorted((a, b) => a.sentUs - b.sentUs)[0];
    const hops = way === undefined ? undefined : hopsOfCycle(cycle, way, diskDone);
    if (hops !== undefined) all.push(hops);
  }
  return all;
}

/** When one follower did what it does for a proposal. */
interface Way {
  readonly heardUs: number;
  readonly askedUs: number;
  readonly doneUs: number;
  readonly sendingUs: number;
  readonly sentUs: number;
}

/** So many notes of a follower belong to one proposal at most. */
const WAY_NOTES_MAX = 14;

/** The notes of one follower, of which those that are past are passed over. */
class Cursor {
  private readonly notes: readonly Note[];
  private place = 0;

  constructor(notes: readonly Note[]) {
    this.notes = notes;
  }

  /** The next few from then on. */
  from(atUs: number): readonly Note[] {
    while ((this.notes[this.place]?.atUs ?? atUs) < atUs) this.place += 1;
    return this.notes.slice(this.place, this.place + WAY_NOTES_MAX);
  }
}

/** The notes from each proposal to its end. */
function* cyclesOf(leader: readonly Note[]): Generator<readonly Note[]> {
  let begin: number | undefined;
  for (const [nth, { mark }] of leader.entries()) {
    if (mark === MARK.proposed) begin = nth;
    if (mark !== MARK.resolved || begin === undefined) continue;
    yield leader.slice(begin, nth + 1);
    begin = undefined;
  }
}

function timesOf(notes: readonly Note[], mark: number): number[] {
  return notes.filter((note) => note.mark === mark).map(({ atUs }) => atUs);
}

function wayOf(notes: readonly Note[], diskDone: number): Way | undefined {
  const [heardUs] = timesOf(notes, MARK.heard);
  if (heardUs === undefined) return undefined;
  const after = (mark: number, beforeUs: number | undefined) =>
    timesOf(notes, mark).find((atUs) => beforeUs !== undefined && atUs >= beforeUs);
  const askedUs = after(MARK.diskAsked, heardUs);
  const doneUs = after(diskDone, askedUs);
  const sendingUs = after(MARK.sending, doneUs);
  const sentUs = after(MARK.sent, sendingUs);
  if (askedUs === undefined || doneUs === undefined) return undefined;
  if (sendingUs === undefined || sentUs === undefined) return undefined;
  return { heardUs, askedUs, doneUs, sendingUs, sentUs };
}

function hopsOfCycle(cycle: readonly Note[], way: Way, diskDone: number): Hops | undefined {
  const [proposedUs] = timesOf(cycle, MARK.proposed);
  const [resolvedUs] = timesOf(cycle, MARK.resolved);
  const [sendingUs] = timesOf(cycle, MARK.sending);
  const sentUs = timesOf(cycle, MARK.sent)[1];
  const [askedUs] = timesOf(cycle, MARK.diskAsked);
  const doneUs = timesOf(cycle, diskDone).find((atUs) => askedUs !== undefined && atUs > askedUs);
  const heardUs = timesOf(cycle, MARK.heard).find((atUs) => atUs >= way.sendingUs);
  if (proposedUs === undefined || resolvedUs === undefined || sendingUs === undefined) return;
  if (sentUs === undefined || askedUs === undefined || doneUs === undefined) return;
  // Its own disk and the other follower were enough.
  if (heardUs === undefined) return;
  return {
    'proposed until the first message is written': sendingUs - proposedUs,
    'both messages, one write each': sentUs - sendingUs,
    'until the disk of the leader is asked': askedUs - sentUs,
    'disk of the leader, thread and back': doneUs - askedUs,
    'first message written until a follower hears': way.heardUs - sendingUs,
    'follower: heard until its disk is asked': way.askedUs - way.heardUs,
    'follower: disk, thread and back': way.doneUs - way.askedUs,
    'follower: disk done until the answer is written': way.sendingUs - way.doneUs,
    'follower: one write': way.sentUs - way.sendingUs,
    'leader: heard and own disk done, until it resolves': resolvedUs - Math.max(heardUs, doneUs),
    all: resolvedUs - proposedUs,
  };
}
