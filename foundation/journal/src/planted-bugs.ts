/**
 * Planted bugs: the mistakes that logs on disks are known for, each as a patch of the source.
 *
 * Experiments of the journal find each from outside, by the histories of clients; the journal as it
 * is passes the same seeds.
 */
import type { PlantedBug } from '@mangrove/experiment';

/**
 * Which experiment finds them: a majority of three, one replica whose disk rots nothing, or three
 * of which one rots where nobody else has what it forgets.
 */
const EXPERIMENT = 'journal';
const ALONE = 'journal-alone';
const ROT = 'journal-rot';

/** The bugs. */
export const journalBugs: readonly PlantedBug[] = Object.freeze([
  {
    name: 'journal-answers-before-sync',
    file: 'foundation/journal/src/store.ts',
    find: 'await this.file.writeDurably(this.durableEnd, pieces);',
    replace:
      'let at = this.durableEnd;\n' +
      '      for (const piece of pieces) {\n' +
      '        await this.file.writeAt(at, piece);\n' +
      '        at += piece.length;\n' +
      '      }',
    breaks: 'R1: what was acknowledged is gone after a power failure.',
    source: 'NATS 2.12.1; etcd #14370; the defaults of Kafka',
    experiment: EXPERIMENT,
    seedBudget: 200,
    difficulty: 'easy',
    minimum: { faults: ['loss of power at a lone replica'], operationCount: 2 },
  },
  {
    name: 'journal-appends-behind-a-torn-tail',
    file: 'foundation/journal/src/recovery.ts',
    find: [
      '    if (later !== undefined) {',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source.
      '      throw corrupt(`batch ${later.sequence} at ${later.offset} says that it was synced`);',
      '    }',
      '    this.cut = { file: file.path, offset, bytes: file.size() - offset, reason };',
      '    this.wasClosed = false;',
      '    // A segment of which not even the head is whole is left over, and removed.',
      '    if (offset > 0) this.sizes.set(segment, offset);',
    ].join('\n'),
    replace: [
      '    this.cut = { file: file.path, offset, bytes: later?.offset ?? 0, reason };',
      '    this.wasClosed = false;',
      '    if (offset > 0) this.sizes.set(segment, offset + 512 - (offset % 512));',
    ].join('\n'),
    breaks: 'R4: appends go behind a torn batch, where the next opening ends, or refuses.',
    source: 'cqlite #1390; amelie #17',
    experiment: ALONE,
    seedBudget: 200,
    difficulty: 'medium',
    minimum: { faults: ['loss of power in mid-write', 'one more crash'], operationCount: 3 },
  },
  {
    name: 'journal-ends-at-rot',
    file: 'foundation/journal/src/recovery.ts',
    find: 'if (later !== undefined) {',
    replace: 'if (later !== undefined && later.offset < offset) {',
    breaks: 'R3: a rotted batch in the middle is taken for the end, what follows it is cut off.',
    source: "Alagappan et al., Protocol-Aware Recovery (FAST'18); pebble #453",
    experiment: ROT,
    seedBudget: 100,
    difficulty: 'medium',
    minimum: { faults: ['a rotten bit below the last batch', 'a crash'], operationCount: 3 },
  },
  {
    name: 'message-without-checksum',
    file: 'foundation/wire/src/message.ts',
    find: 'if (stated !== found) {',
    replace: 'if (stated < 0) {',
    breaks: 'A message of which a bit was changed on the way is taken for what was sent.',
    source: 'Amazon S3, availability event of 20 July 2008',
    experiment: EXPERIMENT,
    seedBudget: 200,
    difficulty: 'easy',
    minimum: { faults: ['links that change bits'], operationCount: 2 },
  },
]);
